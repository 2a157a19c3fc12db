"""``regression_report.md`` and ``baseline_diff.json`` of one comparison."""

from __future__ import annotations

from typing import Any

from engine.comparison import BaselineData, ComparisonVerdict, CurrentData, PerfBudget
from engine.current import Timing
from engine.findings import Reason
from engine.reports.escape import code, inline
from engine.reports.wording import plural

NONE = "none"

_RECOMMENDATIONS = {
    Reason.METRIC_DROP: (
        "Find the commit that moved the metric: run the sweep on the commit before and compare.",
        "If the change is intended, accept it: `highwater update-baseline`, the reason committed.",
    ),
    Reason.P90_OVER: (
        "Run the sweep again on a quiet machine; if it stays slow, profile the slowest point.",
    ),
    Reason.SUCCESS_UNDER: ("Read `errors.jsonl`: it names every run that failed and why.",),
    Reason.NOT_DETERMINISTIC: (
        "Look for a random source that is not seeded with the `seed` given to the strategy.",
    ),
    Reason.NOT_MEASURED: (
        "Read `errors.jsonl`: without one successful run there is nothing to compare.",
    ),
}
_ALL_WELL = ("Nothing to do: every rule of the budget holds.",)


def generate_regression_report(
    verdict: ComparisonVerdict,
    current: CurrentData,
    baseline: BaselineData,
    budget: PerfBudget,
) -> str:
    """Render a comparison as Markdown: status, comparisons, failure reasons, recommendations."""
    parts = (
        "# Regression report",
        f"**Status: {'PASSED' if verdict.passed else 'FAILED'}**",
        _origin(baseline),
        "## Metric",
        _metric_table(verdict, current, baseline, budget),
        "## Timing",
        _timing_table(verdict, current, baseline, budget),
        "## Success rate",
        _success_table(verdict, current, baseline, budget),
        "## Determinism",
        _determinism_line(current),
        "## Failure reasons",
        _bullets(tuple(inline(failure.message) for failure in verdict.failures) or ("None.",)),
        "## Recommendations",
        _bullets(_recommendations(verdict)),
    )
    return "\n\n".join(parts) + "\n"


def generate_baseline_diff(verdict: ComparisonVerdict) -> dict[str, Any]:
    """Give the content of ``baseline_diff.json``; deltas are current minus baseline."""
    timing = verdict.timing_delta
    return {
        "passed": verdict.passed,
        "metric_delta": verdict.metric_delta,
        "timing_delta": {"p50": timing.p50, "p90": timing.p90},
        "success_rate_delta": verdict.success_rate_delta,
        "failures": [failure.message for failure in verdict.failures],
    }


def _origin(baseline: BaselineData) -> str:
    return f"Baseline: commit {code(baseline.git_sha)}, {inline(baseline.created_utc)}."


def _metric_table(
    verdict: ComparisonVerdict,
    current: CurrentData,
    baseline: BaselineData,
    budget: PerfBudget,
) -> str:
    before, now = baseline.summary.best_metric, current.summary.best_metric
    limit = f"{budget.drop_key} {budget.max_drop:.9g}"
    row = (
        f"{inline(budget.metric)} ({budget.mode.value})",
        _number(before),
        _number(now),
        _signed(verdict.metric_delta),
        f"{inline(limit)} (epsilon_abs {budget.epsilon_abs:.9g})",
    )
    return _table(("Metric", "Baseline", "Current", "Change", "Budget"), (row,))


def _timing_table(
    verdict: ComparisonVerdict,
    current: CurrentData,
    baseline: BaselineData,
    budget: PerfBudget,
) -> str:
    now: Timing | None = current.timing
    bound = budget.max_p90_elapsed_s
    p50 = (
        "p50",
        _seconds(baseline.timing.p50),
        _seconds(None if now is None else now.p50),
        _seconds(verdict.timing_delta.p50, sign="+"),
        NONE,
    )
    p90 = (
        "p90",
        _seconds(baseline.timing.p90),
        _seconds(None if now is None else now.p90),
        _seconds(verdict.timing_delta.p90, sign="+"),
        NONE if bound is None else f"max_p90_elapsed_s {bound:.9g}",
    )
    return _table(("Time of a run", "Baseline", "Current", "Change", "Budget"), (p50, p90))


def _success_table(
    verdict: ComparisonVerdict,
    current: CurrentData,
    baseline: BaselineData,
    budget: PerfBudget,
) -> str:
    bound = budget.min_success_rate
    row = (
        f"{_rate(baseline.summary.success_rate)} of {plural(baseline.summary.total_runs, 'run')}",
        f"{_rate(current.summary.success_rate)} of {plural(current.summary.total_runs, 'run')}",
        f"{verdict.success_rate_delta * 100:+.9g} percentage points",
        NONE if bound is None else f"min_success_rate {bound:.9g}",
    )
    return _table(("Baseline", "Current", "Change", "Budget"), (row,))


def _determinism_line(current: CurrentData) -> str:
    found = current.determinism
    if found is None:
        return "Not checked (`highwater sweep --rerun-best N` checks it)."
    state = "Deterministic" if found.is_deterministic else "Not deterministic"
    largest = _number(found.max_abs_diff)
    return f"{state}: {plural(found.n_reruns, 're-run')}, largest difference {largest}."


def _recommendations(verdict: ComparisonVerdict) -> tuple[str, ...]:
    reasons = dict.fromkeys(failure.reason for failure in verdict.failures)
    lines = [line for reason in reasons for line in _RECOMMENDATIONS.get(reason, ())]
    return tuple(lines) or _ALL_WELL


def _table(titles: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    rule = ("---",) * len(titles)
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (titles, rule, *rows))


def _bullets(lines: tuple[str, ...]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.9g}"


def _rate(share: float) -> str:
    return f"{share * 100:.9g} %"


def _signed(value: float | None) -> str:
    return NONE if value is None else f"{value:+.9g}"


def _seconds(value: float | None, *, sign: str = "") -> str:
    return NONE if value is None else f"{value:{sign}.9g} s"
