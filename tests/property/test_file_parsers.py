from __future__ import annotations

import contextlib
import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.baseline_files import parse_baseline, parse_platform_baseline
from engine.configuration_file import parse_configuration
from engine.errors import UserError
from engine.json_text import parse_json, write_json
from engine.perf_budgets import parse_perf_budget
from engine.sweep.row_files import encode_rows, parse_rows
from engine.sweep.rows import SweepRow
from engine.sweep.spec import parse_sweep_spec
from engine.yaml12 import parse_yaml
from tests.fakes.sweeps import D0_1_BUDGET, SEED_BASELINE

Parser = Callable[[bytes, str], object]

PARSERS: list[Parser] = [
    parse_yaml,
    parse_json,
    parse_configuration,
    parse_perf_budget,
    parse_baseline,
    parse_platform_baseline,
    parse_sweep_spec,
    parse_rows,
]
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
NUMBERS = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize("parse", PARSERS)
@given(data=st.binary(max_size=200))
def test_parsers_raise_nothing_but_their_own_error_on_any_bytes(parse: Parser, data: bytes) -> None:
    with contextlib.suppress(UserError):
        parse(data, "file")


@pytest.mark.parametrize("parse", PARSERS)
@given(data=st.text('{}[]:,"\\ud8-?&*!|>%@ \n\t#ae01.', max_size=80))
def test_parsers_raise_nothing_but_their_own_error_on_near_misses(parse: Parser, data: str) -> None:
    with contextlib.suppress(UserError):
        parse(data.encode(), "file")


@pytest.mark.parametrize("parse", PARSERS)
@given(value=VALUES)
def test_parsers_raise_nothing_but_their_own_error_on_any_json(
    parse: Parser, value: object
) -> None:
    with contextlib.suppress(UserError):
        parse(json.dumps(value).encode(), "file")


@given(key=st.sampled_from(list(SEED_BASELINE)), value=VALUES)
def test_any_value_in_a_baselines_field_is_read_or_refused(key: str, value: object) -> None:
    with contextlib.suppress(UserError):
        found = parse_baseline(json.dumps({**SEED_BASELINE, key: value}).encode(), "file")
        assert found.summary.total_runs > 0


@given(cut=st.integers(0, len(D0_1_BUDGET)), size=st.integers(0, 9), new=st.binary(max_size=6))
def test_any_edit_of_a_budget_is_read_or_refused(cut: int, size: int, new: bytes) -> None:
    with contextlib.suppress(UserError):
        found = parse_perf_budget(D0_1_BUDGET[:cut] + new + D0_1_BUDGET[cut + size :], "file")
        assert found.max_drop >= 0


@given(VALUES)
def test_json_survives_writing_and_reading(value: object) -> None:
    assert parse_json(write_json(value), "file").value == value


@given(VALUES)
def test_every_value_of_a_json_file_has_a_line(value: object) -> None:
    document = parse_json(write_json({"root": value}), "file")
    assert all(document.line(path) is not None for path in paths({"root": value}))


@given(VALUES)
def test_json_is_yaml(value: object) -> None:
    data = json.dumps({"root": value}).encode()
    assert parse_yaml(data, "file").value == parse_json(data, "file").value


def _days(returns: dict[str, float]) -> tuple[tuple[str, float], ...]:
    """Give one return a day."""
    return tuple(returns.items())


@given(
    st.lists(
        st.builds(
            SweepRow,
            id=st.text("abc", min_size=1, max_size=5),
            params=st.dictionaries(TEXTS, VALUES, max_size=3),
            seed=st.integers(0, 2**63 - 1),
            metrics=st.dictionaries(TEXTS, NUMBERS, max_size=3),
            status=st.sampled_from(("ok", "error")),
            elapsed_s=st.floats(0, 1e6),
            error=st.none() | TEXTS,
            returns=st.none() | st.dictionaries(TEXTS, st.floats(-1, 1), max_size=3).map(_days),
            trades=st.none() | st.lists(VALUES, max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_rows_survive_writing_and_reading(rows: list[SweepRow]) -> None:
    assert parse_rows(encode_rows(rows), "file") == tuple(rows)


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(p for key, inner in items for p in paths(inner, (*path, key)))]
