from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.sweep.reproducibility import Reproduced, reproduced
from engine.sweep.rows import PointResult
from tests.fakes.evidence import late, points

ROW = points((1.5,))[0]


def again(metrics: dict[str, Any], first: dict[str, Any]) -> Reproduced | None:
    return reproduced([_with(first)], [_with(metrics)])


def _with(metrics: dict[str, Any]) -> PointResult:
    return msgspec.structs.replace(ROW, metrics=metrics)


@pytest.mark.parametrize(
    "first, second, same",
    [
        (1.0, 1.0 + 0.9e-9, True),
        (1.0, 1.0 + 1.1e-9, False),
        (1e6, 1e6 + 0.9e-3, True),  # relative above 1
        (1e-12, 2e-12, True),  # absolute below
        ("nan", "nan", True),
        ("nan", 1.0, False),
        (10**400, 10**400, True),
        (10**400, 1.0, False),
        ({"deep": [1]}, {"deep": [2]}, False),
    ],
)
def test_numbers_are_the_same_within_1e_9_relative_to_1_or_more(
    first: Any, second: Any, *, same: bool
) -> None:
    found = again({"is": {"sharpe": second}}, {"is": {"sharpe": first}})

    assert found is not None
    assert found.same is same


def test_the_largest_difference_of_all_metrics_counts() -> None:
    first = {"is": {"a": 1.0, "b": 2.0}, "oos": {"a": 3.0}}
    second = {"is": {"a": 1.0, "b": 2.5}, "oos": {"a": 3.0}}

    assert again(second, first) == Reproduced(same=False, largest=0.25)


@pytest.mark.parametrize("second", [{}, {"is": {}}, {"is": {"a": 1.0, "b": 1.0}}])
def test_a_metric_that_is_there_once_is_another_result(second: dict[str, Any]) -> None:
    assert again(second, {"is": {"a": 1.0}}) == Reproduced(same=False, largest=None)


def test_a_second_run_that_fails_is_another_result() -> None:
    failed = points((None,))

    assert reproduced([ROW], failed) == Reproduced(same=False, largest=None)


def test_a_second_run_with_numbers_that_failed_is_another_result() -> None:
    failed = msgspec.structs.replace(ROW, status="error")

    assert reproduced([ROW], [failed]) == Reproduced(same=False, largest=None)


def test_a_fold_that_was_not_run_again_is_another_result() -> None:
    folds = [msgspec.structs.replace(ROW, fold=fold) for fold in range(2)]

    assert reproduced(folds, folds[:1]) == Reproduced(same=False, largest=None)


@pytest.mark.parametrize("rerun", [(), late((ROW,), 0)])
def test_what_was_not_run_again_is_not_known(rerun: tuple[PointResult, ...]) -> None:
    assert reproduced([ROW], rerun) is None
