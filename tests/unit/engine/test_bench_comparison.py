from __future__ import annotations

import pytest

from engine.baselines import CaseBaseline
from engine.bench_comparison import (
    BenchComparison,
    BenchStatus,
    bench_exit_code,
    compare_bench,
    replaced,
    status_lines,
)

STORED = CaseBaseline(mean_ns=1000.0, std_dev_ns=10.0, sample_size=50)


def compared(current_ns: float, threshold: float = 0.05) -> BenchComparison:
    return compare_bench({"decay": current_ns}, {"decay": STORED}, threshold)[0]


@pytest.mark.parametrize(
    "current_ns,status",
    [
        (1050.0, BenchStatus.OK),
        (1050.001, BenchStatus.REGRESSION),
        (950.0, BenchStatus.OK),
        (949.999, BenchStatus.IMPROVEMENT),
    ],
)
def test_the_threshold_itself_is_acceptable(current_ns: float, status: BenchStatus) -> None:
    assert compared(current_ns).status is status


def test_the_threshold_can_be_set() -> None:
    assert compared(1100.0, threshold=0.1).status is BenchStatus.OK


@pytest.mark.parametrize(
    "current_ns,lines",
    [
        (976.6, ("✓ OK: decay within acceptable variance (-2.34% change)",)),
        (928.8, ("✓ IMPROVEMENT: decay is 7.12% faster than baseline",)),
        (
            1234.0,
            (
                "❌ REGRESSION DETECTED: decay",
                "   Current:    1.23 µs",
                "   Baseline:   1 µs",
                "   Regression: +23.40%",
            ),
        ),
    ],
)
def test_the_lines_are_those_of_the_source_document(
    current_ns: float, lines: tuple[str, ...]
) -> None:
    assert status_lines(compared(current_ns), recorded=False) == lines


@pytest.mark.parametrize(
    "recorded,line",
    [
        (True, "⚠ NO BASELINE: new recorded for future comparisons"),
        (False, "⚠ NO BASELINE: new not recorded (bench run records)"),
    ],
)
def test_a_missing_baseline_says_whether_it_was_recorded(recorded: bool, line: str) -> None:
    found = compare_bench({"new": 1.0}, {})[0]
    assert status_lines(found, recorded=recorded) == (line,)


def test_a_case_that_was_not_measured_is_named() -> None:
    found = compare_bench({}, {"decay": STORED})[0]
    assert status_lines(found, recorded=False) == (
        "⚠ NOT MEASURED: decay has a baseline but was not measured",
    )


def test_a_name_cannot_start_a_line_of_its_own() -> None:
    found = compare_bench({"a\n✓ OK: b": 1.0}, {})[0]
    assert "\n" not in status_lines(found, recorded=False)[0]


def test_a_name_cannot_steer_the_terminal() -> None:
    found = compare_bench({"a\x1b[2J\u202eb": 1.0}, {})[0]
    assert status_lines(found, recorded=False) == (
        "⚠ NO BASELINE: ab not recorded (bench run records)",
    )


def test_a_replaced_baseline_is_held_against_nobody() -> None:
    found = replaced(compare_bench({"decay": 2000.0}, {"decay": STORED}))
    assert status_lines(found[0], recorded=True) == (
        "✓ BASELINE REPLACED: decay 1 µs → 2 µs (+100.00% change)",
    )
    assert bench_exit_code(found) == 0


def test_a_case_that_was_not_measured_cannot_have_been_replaced() -> None:
    (found,) = replaced(compare_bench({}, {"decay": STORED}))
    assert found.status is BenchStatus.NOT_MEASURED


@pytest.mark.parametrize(
    "current_ns,code",
    [
        ({"decay": 1000.0}, 0),
        ({"decay": 900.0, "new": 5.0}, 0),
        ({"decay": 2000.0}, 1),
        ({"new": 5.0}, 4),
        ({}, 4),
    ],
)
def test_the_exit_code_is_the_worst_finding(current_ns: dict[str, float], code: int) -> None:
    assert bench_exit_code(compare_bench(current_ns, {"decay": STORED})) == code


def test_nothing_compared_is_no_verdict() -> None:
    assert bench_exit_code(compare_bench({"new": 5.0}, {})) == 4


def test_a_regression_outranks_a_gap() -> None:
    found = compare_bench({"decay": 2000.0}, {"decay": STORED, "gone": STORED})
    assert bench_exit_code(found) == 1


@pytest.mark.parametrize("time_ns", [0.0, -1.0, float("nan"), float("inf")])
def test_a_time_that_no_clock_gives_is_refused(time_ns: float) -> None:
    with pytest.raises(ValueError, match="decay: a time must be"):
        compare_bench({"decay": time_ns}, {"decay": STORED})


@pytest.mark.parametrize("threshold", [-0.01, float("nan"), float("inf")])
def test_a_threshold_that_is_no_fraction_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="threshold"):
        compare_bench({}, {}, threshold)


def test_a_case_that_was_not_measured_is_no_verdict_beside_one_that_is_fine() -> None:
    found = compare_bench({"a": 100.0}, {"a": STORED, "b": STORED})
    assert bench_exit_code(found) == 4
