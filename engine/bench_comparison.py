"""Benchmarks against stored levels: the threshold rule, for want of samples of both sides."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from engine.baselines import CaseBaseline
from engine.comparison import decimal
from engine.reports.escape import MAX_TEXT, plain
from engine.units import readable
from engine.values import ExitCode

DEFAULT_THRESHOLD = 0.05
NANOSECOND = 1e-9
WEAK_RULE = (
    "Decided by the weak rule: a stored mean and a fixed threshold, without samples of both sides. "
    "`highwater check` decides from interleaved pairs."
)
WEAK_RULE_OF_SAMPLES = (
    "Decided by the weak rule: two means and a fixed threshold, from samples that were taken one "
    "side after the other. `highwater check` decides from interleaved pairs."
)


class BenchStatus(StrEnum):
    """What the threshold rule says of one case."""

    OK = "ok"
    IMPROVEMENT = "improvement"
    REGRESSION = "regression"
    NO_BASELINE = "no_baseline"
    NOT_MEASURED = "not_measured"
    REPLACED = "replaced"  # its baseline is the new level now, so nothing is held against it


class BenchComparison(msgspec.Struct, frozen=True, kw_only=True):
    """One case compared; times in nanoseconds, ``change`` a fraction of the baseline."""

    case: str
    status: BenchStatus
    current_ns: float | None = None
    baseline_ns: float | None = None
    change: float | None = None


def compare_bench(
    current_ns: Mapping[str, float],
    baselines: Mapping[str, CaseBaseline],
    threshold: float = DEFAULT_THRESHOLD,
) -> tuple[BenchComparison, ...]:
    """Compare each case's mean with its stored one, cases by name; ±*threshold* is acceptable.

    >>> stored = {"a": CaseBaseline(mean_ns=100.0, std_dev_ns=1.0, sample_size=9)}
    >>> [found.status.value for found in compare_bench({"a": 105.0, "b": 1.0}, stored)]
    ['ok', 'no_baseline']

    Raises:
        ValueError: a threshold below 0, or a current time that is not above 0 and finite.
    """
    if not 0 <= threshold < float("inf"):
        message = f"the threshold must be a fraction such as 0.05, found {threshold!r}"
        raise ValueError(message)
    for case, time_ns in current_ns.items():
        if not 0 < time_ns < float("inf"):
            message = f"{case}: a time must be above 0 and finite, found {time_ns!r}"
            raise ValueError(message)
    names = sorted({*current_ns, *baselines})
    return tuple(
        _compared(name, current_ns.get(name), baselines.get(name), threshold) for name in names
    )


def replaced(found: tuple[BenchComparison, ...]) -> tuple[BenchComparison, ...]:
    """Give the comparisons after the baselines of all measured cases were replaced.

    >>> stored = {"a": CaseBaseline(mean_ns=100.0, std_dev_ns=1.0, sample_size=9)}
    >>> [one.status.value for one in replaced(compare_bench({"a": 120.0, "b": 1.0}, stored))]
    ['replaced', 'no_baseline']
    """
    return tuple(
        one if one.change is None else msgspec.structs.replace(one, status=BenchStatus.REPLACED)
        for one in found
    )


def status_lines(found: BenchComparison, *, recorded: bool) -> tuple[str, ...]:
    """Word one case as scripts read it; *recorded*: a missing baseline was written.

    >>> gone = BenchComparison(case="a", status=BenchStatus.NO_BASELINE, current_ns=1.0)
    >>> status_lines(gone, recorded=False)
    ('⚠ NO BASELINE: a not recorded (bench run records)',)
    """
    case = plain(found.case, MAX_TEXT)
    if found.status is BenchStatus.NO_BASELINE:
        fate = "recorded for future comparisons" if recorded else "not recorded (bench run records)"
        return (f"⚠ NO BASELINE: {case} {fate}",)
    if found.current_ns is None or found.baseline_ns is None or found.change is None:
        return (f"⚠ NOT MEASURED: {case} has a baseline but was not measured",)
    percent = found.change * 100
    if found.status is BenchStatus.REPLACED:
        levels = (
            readable(level * NANOSECOND, "s") for level in (found.baseline_ns, found.current_ns)
        )
        return (f"✓ BASELINE REPLACED: {case} {' → '.join(levels)} ({percent:+.2f}% change)",)
    if found.status is BenchStatus.OK:
        return (f"✓ OK: {case} within acceptable variance ({percent:+.2f}% change)",)
    if found.status is BenchStatus.IMPROVEMENT:
        return (f"✓ IMPROVEMENT: {case} is {-percent:.2f}% faster than baseline",)
    return (
        f"❌ REGRESSION DETECTED: {case}",
        f"   Current:    {readable(found.current_ns * NANOSECOND, 's')}",
        f"   Baseline:   {readable(found.baseline_ns * NANOSECOND, 's')}",
        f"   Regression: {percent:+.2f}%",
    )


def bench_exit_code(found: tuple[BenchComparison, ...]) -> int:
    """Give the exit code: 1 for a regression, 4 for a gap or nothing compared, else 0."""
    statuses = {one.status for one in found}
    if BenchStatus.REGRESSION in statuses:
        return ExitCode.REGRESSION
    compared = statuses & {BenchStatus.OK, BenchStatus.IMPROVEMENT, BenchStatus.REPLACED}
    if BenchStatus.NOT_MEASURED in statuses or not compared:
        return ExitCode.NO_VERDICT
    return ExitCode.WITHIN_BUDGET


def _compared(
    case: str, current_ns: float | None, stored: CaseBaseline | None, threshold: float
) -> BenchComparison:
    if stored is None:
        return BenchComparison(case=case, status=BenchStatus.NO_BASELINE, current_ns=current_ns)
    if current_ns is None:
        status = BenchStatus.NOT_MEASURED
        return BenchComparison(case=case, status=status, baseline_ns=stored.mean_ns)
    change = decimal(current_ns) / decimal(stored.mean_ns) - 1
    limit = decimal(threshold)
    if change > limit:
        status = BenchStatus.REGRESSION
    else:
        status = BenchStatus.IMPROVEMENT if change < -limit else BenchStatus.OK
    return BenchComparison(
        case=case,
        status=status,
        current_ns=current_ns,
        baseline_ns=stored.mean_ns,
        change=float(change),
    )
