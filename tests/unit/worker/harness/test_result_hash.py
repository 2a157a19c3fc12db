from __future__ import annotations

import array
import dataclasses
import datetime as dt
import decimal
import enum
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from worker.harness.result_hash import result_hash


@dataclasses.dataclass
class Row:
    name: str
    values: list[float]


class Colour(enum.Enum):
    RED = 1


class Plain:
    pass


class Raises:
    def __repr__(self) -> str:
        message = "no text"
        raise RuntimeError(message)


def looped() -> list[Any]:
    values: list[Any] = []
    values.append(values)
    return values


EQUAL: list[tuple[Any, Any]] = [
    ({"a": 1, "b": [2.0]}, {"b": [2.0], "a": 1}),
    ({3, 1, 2}, {1, 2, 3}),
    (0.0, -0.0),
    ([1, 2], (1, 2)),
    (float("nan"), float("nan")),
    (np.arange(6).reshape(2, 3), np.arange(6).reshape(2, 3).copy(order="F")),
    (np.float64(1.5), 1.5),
    ([0.0, 1.5, float("nan")], [-0.0, np.float64(1.5), -float("nan")]),
    ([1.5, 0.25], (np.float32(1.5), np.float64(0.25))),
    ([1, 2], [np.int64(1), np.uint8(2)]),
    (["a", "b"], (np.str_("a"), "b")),
    (None, None),
    (Row("a", [1.0]), Row("a", [1.0])),
    (np.array([{"a": 1}], dtype=object), np.array([{"a": 1}], dtype=object)),
]
DIFFERENT: list[tuple[Any, Any]] = [
    (1, 1.0),
    (1, True),
    ("1", 1),
    ("a", b"a"),
    ([1, [2]], [[1], 2]),
    (["ab", "c"], ["a", "bc"]),
    (["a,b"], ["a", "b"]),
    ([1.0, 2.0], [1, 2]),
    ([1, 23], [12, 3]),
    ([True, False], [1, 0]),
    ([10**5000], [10**5000 + 1]),
    ([], [[]]),
    (None, 0),
    (None, "None"),
    (None, []),
    ({1: 2}, {2: 1}),
    (1.0, 1.0000000000000002),
    (np.zeros(4), np.zeros((2, 2))),
    (np.zeros(4), np.zeros(4, dtype=np.float32)),
    (Row("a", [1.0]), Row("b", [1.0])),
    (array.array("d", [1.0]), array.array("d", [2.0])),
    (dt.date(2026, 1, 1), dt.date(2026, 1, 2)),
    (decimal.Decimal("1.0"), decimal.Decimal("1.1")),
    (Colour.RED, 1),
]


@pytest.mark.parametrize("first, second", EQUAL)
def test_equal_results_have_equal_hashes(first: Any, second: Any) -> None:
    assert result_hash(first) == result_hash(second) is not None


@pytest.mark.parametrize("first, second", DIFFERENT)
def test_different_results_have_different_hashes(first: Any, second: Any) -> None:
    hashes = result_hash(first), result_hash(second)
    assert None not in hashes
    assert len(set(hashes)) == 2


@pytest.mark.parametrize(
    "value", [Plain(), [Plain()], Raises(), looped(), (one for one in "a"), lambda: 0]
)
def test_what_has_no_stable_form_has_no_hash(value: Any) -> None:
    assert result_hash(value) is None


@pytest.mark.parametrize("kind", [float, int, str])
def test_a_million_plain_values_are_hashed_in_bulk(kind: Callable[[int], Any]) -> None:
    values = [kind(number) for number in range(1_100_000)]
    started = time.process_time()

    assert result_hash(values) is not None
    assert time.process_time() - started < 1.0  # one by one it takes longer, and has no hash


class Column(list[Any]):
    """One column or axis of a table, as pandas has it."""

    def to_numpy(self) -> Any:
        return np.array(self)


class Table:
    """What of a pandas table is looked at."""

    __module__ = "pandas.core.frame"

    def __init__(self, columns: dict[str, list[Any]], index: list[int]) -> None:
        self.columns, self.index = Column(columns), Column(index)
        self.shape = (len(index), len(columns))
        self._values = list(columns.values())

    @property
    def iloc(self) -> Table:
        return self

    def __getitem__(self, place: tuple[slice, int]) -> Column:
        return Column(self._values[place[1]])


def test_tables_are_hashed_by_labels_and_values() -> None:
    tables = [
        Table({"a": [1, 2], "b": ["x", "y"]}, [0, 1]),
        Table({"a": [1, 3], "b": ["x", "y"]}, [0, 1]),
        Table({"a": [1, 2], "b": ["x", "y"]}, [1, 2]),
        Table({"a": [1, 2], "c": ["x", "y"]}, [0, 1]),
    ]
    hashes = {result_hash(table) for table in tables}
    assert None not in hashes
    assert len(hashes) == len(tables)
    assert result_hash(tables[0]) == result_hash(Table({"a": [1, 2], "b": ["x", "y"]}, [0, 1]))
