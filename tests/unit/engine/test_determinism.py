from __future__ import annotations

import json

import msgspec
import pytest

from engine.determinism import Determinism, judge_determinism


def test_equal_values_are_deterministic() -> None:
    assert judge_determinism("sharpe", 1.5, (1.5, 1.5)).is_deterministic


@pytest.mark.parametrize("again, same", [(9e-10, True), (1e-9, False)])
def test_the_limit_is_a_difference_below_a_billionth(again: float, same: bool) -> None:
    assert judge_determinism("sharpe", 0.0, (again,)).is_deterministic is same


def test_a_failed_rerun_is_not_deterministic() -> None:
    found = judge_determinism("sharpe", 1.5, (1.5, None))
    assert (found.is_deterministic, found.max_abs_diff, found.mean) == (False, None, None)


def test_one_value_has_no_deviation() -> None:
    assert judge_determinism("sharpe", 1.5, (1.5,)).std is None


def test_mean_and_deviation_are_over_the_reruns() -> None:
    found = judge_determinism("sharpe", 9.0, (1.0, 2.0, 3.0))
    assert (found.mean, found.std, found.max_abs_diff) == (2.0, 1.0, 8.0)


def test_equal_reruns_have_exactly_no_deviation() -> None:
    found = judge_determinism("sharpe", 0.1, (0.1, 0.1, 0.1))
    assert (found.mean, found.std) == (0.1, 0.0)


def test_no_rerun_proves_nothing() -> None:
    with pytest.raises(ValueError, match="at least one"):
        judge_determinism("sharpe", 1.5, ())


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        judge_determinism("sharpe", 1.5, (float("nan"),))


DOCUMENT = {
    "metric": "sharpe",
    "original_value": 1.0,
    "n_reruns": 2,
    "rerun_values": [1.0, 1.0],
    "max_abs_diff": 0.0,
    "mean": 1.0,
    "std": 0.0,
    "is_deterministic": True,
}


@pytest.mark.parametrize(
    "change",
    [
        {"rerun_values": [1.0, 1.1]},
        {"rerun_values": [1.0, None]},
        {"n_reruns": 3},
        {"n_reruns": 0, "rerun_values": []},
        {"is_deterministic": False},
        {"max_abs_diff": 0.5},
        {"max_abs_diff": None},
        {"mean": 1.5},
        {"mean": None},
        {"std": 0.5},
        {"rerun_values": [1e200, 1e200]},
        {
            "rerun_values": [1.0, None],
            "is_deterministic": False,
            "max_abs_diff": None,
            "std": None,
        },
    ],
)
def test_a_document_that_claims_more_than_its_values_show_is_refused(
    change: dict[str, object],
) -> None:
    data = json.dumps({**DOCUMENT, **change})
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(data, type=Determinism)


@pytest.mark.parametrize("key", [key for key in DOCUMENT if key != "std"])
def test_a_document_without_a_key_is_refused(key: str) -> None:
    data = json.dumps({name: value for name, value in DOCUMENT.items() if name != key})
    with pytest.raises(msgspec.ValidationError, match=key):
        msgspec.json.decode(data, type=Determinism)


def test_a_document_survives_being_written_and_read() -> None:
    for reruns in ((1.5,), (1.5, 1.6, 0.1), (1.5, None)):
        found = judge_determinism("sharpe", 1.5, reruns)
        assert msgspec.json.decode(msgspec.json.encode(found), type=Determinism) == found
