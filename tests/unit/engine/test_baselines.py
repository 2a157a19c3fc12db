from __future__ import annotations

import json
from typing import Any

import pytest

from engine import create_new_baseline
from engine.baseline_files import (
    encode_baseline,
    encode_platform_baseline,
    parse_baseline,
    parse_platform_baseline,
)
from engine.baselines import CaseBaseline, PlatformBaseline
from engine.errors import UserError
from tests.fakes.sweeps import SEED_BASELINE, baseline, current

CASE = {"mean_ns": 1000.0, "std_dev_ns": 10.0, "sample_size": 50}
PLATFORM: dict[str, Any] = {
    "version": "1.0",
    "platform": "x86_64-linux-gnu",
    "cpu": "Some CPU",
    "timestamp": "2026-01-05T12:00:00Z",
    "baselines": {"decay": CASE},
}


def changed(document: dict[str, Any], path: str, value: Any) -> bytes:
    copy = json.loads(json.dumps(document))
    *parents, last = path.split(".")
    target = copy
    for part in parents:
        target = target[part]
    target[last] = value
    return json.dumps(copy).encode()


def without(path: str) -> bytes:
    copy = json.loads(json.dumps(SEED_BASELINE))
    *parents, last = path.split(".")
    target = copy
    for part in parents:
        target = target[part]
    del target[last]
    return json.dumps(copy).encode()


FIELDS = [
    *SEED_BASELINE,
    "timing.p50",
    "timing.p90",
    "summary.best_metric",
    "summary.success_rate",
    "summary.total_runs",
]


def test_a_file_with_only_the_source_documents_fields_is_accepted() -> None:
    found = parse_baseline(json.dumps(SEED_BASELINE).encode(), "baseline.json")
    assert (found.summary.best_metric, found.timing.p90, found.platform) == (1.25, 2.5, None)


@pytest.mark.parametrize("path", FIELDS)
def test_a_missing_field_is_an_error_that_names_it(path: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_baseline(without(path), "baseline.json")
    assert caught.value.where is not None
    assert caught.value.where.field == path


@pytest.mark.parametrize("path", FIELDS)
def test_a_null_is_an_error_that_names_its_field(path: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_baseline(changed(SEED_BASELINE, path, None), "baseline.json")
    assert caught.value.where is not None
    assert caught.value.where.field == path


@pytest.mark.parametrize("path", [name for name in FIELDS if "." in name])
def test_nan_is_an_error(path: str) -> None:
    with pytest.raises(UserError, match="finite number"):
        parse_baseline(changed(SEED_BASELINE, path, float("nan")), "baseline.json")


@pytest.mark.parametrize(
    "summary",
    [
        {"best_metric": 0.0, "success_rate": 0.0, "total_runs": 0},
        {"best_metric": 1.25, "success_rate": 0.0, "total_runs": 4},
        {"best_metric": 1.25, "success_rate": 1.0, "total_runs": 0},
    ],
)
def test_a_baseline_of_no_run_or_no_success_is_an_error(summary: dict[str, float]) -> None:
    with pytest.raises(UserError, match=r"total_runs|success_rate"):
        parse_baseline(changed(SEED_BASELINE, "summary", summary), "baseline.json")


@pytest.mark.parametrize("board", [[], [{"metric": "sharpe", "oos": 0.0}], [{"metric": 0.0}]])
@pytest.mark.parametrize("p90", [0.0, 2.5])
def test_an_all_zero_baseline_is_an_error(board: list[Any], p90: float) -> None:
    zero = {
        **SEED_BASELINE,
        "leaderboard": board,
        "timing": {"p50": 0.0, "p90": p90},
        "summary": {"best_metric": 0.0, "success_rate": 1.0, "total_runs": 4},
    }
    with pytest.raises(UserError, match="every value is 0"):
        parse_baseline(json.dumps(zero).encode(), "baseline.json")


def test_a_minimised_metric_may_be_zero_at_its_best() -> None:
    zero = {
        **SEED_BASELINE,
        "mode": "min",
        "leaderboard": [],
        "summary": {"best_metric": 0.0, "success_rate": 1.0, "total_runs": 4},
    }
    assert parse_baseline(json.dumps(zero).encode(), "b").summary.best_metric == 0.0


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"{", b"\xff{}", b"0"])
def test_what_is_no_baseline_at_all_is_an_error(data: bytes) -> None:
    with pytest.raises(UserError):
        parse_baseline(data, "baseline.json")


def test_a_baseline_survives_writing_and_reading() -> None:
    value = create_new_baseline(
        current(leaderboard=({"rank": 1, "is": 1.5},)),
        git_sha="4f2d1c9",
        created_utc="2026-01-05T12:00:00Z",
        platform="x86_64-linux-gnu",
        spec_hash="ab",
        evidence=({"run": "r1"},),
    )
    assert parse_baseline(encode_baseline(value), "baseline.json") == value


def test_a_sweep_without_a_value_cannot_become_a_baseline() -> None:
    with pytest.raises(UserError, match="no run of the sweep gave a value"):
        create_new_baseline(current(None, rate=0.0), git_sha="a", created_utc="now")


def test_a_sweep_of_zeros_cannot_become_a_baseline() -> None:
    with pytest.raises(UserError, match="every value is 0"):
        create_new_baseline(current(0.0), git_sha="a", created_utc="now")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_baseline_that_is_no_number_cannot_be_made(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        baseline(value)


def test_a_platform_baseline_of_the_source_documents_form_is_accepted() -> None:
    found = parse_platform_baseline(json.dumps(PLATFORM).encode(), "p.json")
    assert (found.fingerprint, found.baselines["decay"].mean_ns) == (None, 1000.0)


@pytest.mark.parametrize("key", ["mean_ns", "std_dev_ns", "sample_size"])
@pytest.mark.parametrize("value", [None, float("nan"), -1, "1"])
def test_a_case_with_a_wrong_number_is_an_error_that_names_case_and_field(
    key: str, value: Any
) -> None:
    data = changed(PLATFORM, "baselines.decay", {**CASE, key: value})
    with pytest.raises(UserError) as caught:
        parse_platform_baseline(data, "p.json")
    assert caught.value.where is not None
    assert caught.value.where.field == f"baselines.decay.{key}"


def test_a_case_that_took_no_time_is_an_error() -> None:
    data = changed(PLATFORM, "baselines.decay", {**CASE, "mean_ns": 0.0})
    with pytest.raises(UserError, match="a number > 0"):
        parse_platform_baseline(data, "p.json")


def test_a_platform_baseline_without_a_case_is_an_error() -> None:
    with pytest.raises(UserError, match="holds no case"):
        parse_platform_baseline(changed(PLATFORM, "baselines", {}), "p.json")


def test_a_platform_baseline_survives_writing_and_reading() -> None:
    value = PlatformBaseline(
        version=1,
        platform="x86_64-linux-gnu",
        cpu="Some CPU",
        timestamp="2026-01-05T12:00:00Z",
        fingerprint="0123456789abcdef",
        baselines={
            "b": CaseBaseline(mean_ns=2.0, std_dev_ns=0.0, sample_size=1, launches=(1.5, 2.5)),
            "a": CaseBaseline(mean_ns=1.0, std_dev_ns=0.1, sample_size=9, instructions=12.0),
        },
    )
    assert parse_platform_baseline(encode_platform_baseline(value), "p.json") == value


@pytest.mark.parametrize(
    "path, value",
    [
        ("summary.best_metric", 1.7e308),
        ("summary.best_metric", -1.7e308),
    ],
)
def test_a_baseline_beyond_all_scale_is_refused(path: str, value: float) -> None:
    with pytest.raises(UserError, match="from -1e\\+150 to 1e\\+150"):
        parse_baseline(changed(SEED_BASELINE, path, value), "baseline.json")


@pytest.mark.parametrize(
    "fields",
    [
        {"mean_ns": 0.0},
        {"std_dev_ns": -1.0},
        {"sample_size": 0},
        {"launches": (1.0, 0.0)},
        {"instructions": -1.0},
        {"quantiles_ns": {"p50": float("inf")}},
    ],
)
def test_a_level_that_no_file_can_hold_cannot_be_made(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        CaseBaseline(**{**CASE, **fields})
