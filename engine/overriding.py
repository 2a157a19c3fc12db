"""Overrides applied to what was judged: which rows they cover, and what is left to decide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import msgspec

from engine.findings import Finding, Reason, SuiteVerdict
from engine.gates import CLOCKS
from engine.outcomes import INFORMATIONAL, decisive
from engine.overrides import Override
from engine.values import Better, Outcome

_GREEN = frozenset({Outcome.PASS, Outcome.IMPROVEMENT})
# What people may accept: an effect that was measured, or a measurement that was changed.
_MEASURED = frozenset({Outcome.REGRESSION, Outcome.INCONCLUSIVE})
_MEAN = "mean "
_SPOKEN = frozenset({"CPU time", "wall time"})  # as reports name the clocks


def overridden(
    suites: Sequence[SuiteVerdict], overrides: Sequence[Override], head: str
) -> tuple[SuiteVerdict, ...]:
    """Mark the rows that *overrides* cover; each suite's outcome is that of its other rows.

    A suite all of whose rows that count are covered or green passes. What is covered keeps its
    own outcome and numbers, so that it stays visible.
    """
    return tuple(_overridden(suite, overrides, head) for suite in suites)


def covers(override: Override, suite: SuiteVerdict, finding: Finding, head: str) -> bool:
    """Whether *override* covers a row of a check of *head*.

    Strategies that look ahead are covered by nothing: that is no effect which one may want.
    """
    if override.suite != suite.suite or finding.reason is Reason.LOOK_AHEAD:
        return False
    if finding.outcome in _GREEN or finding.reason in INFORMATIONAL:
        return False
    if override.kind == "mute":
        return _mutes(override, finding)
    same = (override.case, quantity(override.metric)) == (finding.case, quantity(finding.metric))
    return same and is_acceptable(finding) and _is_no_worse(override, finding, head)


def is_acceptable(finding: Finding) -> bool:
    """Whether a row is one that ``accept`` may cover."""
    if finding.reason is Reason.LOOK_AHEAD:
        return False
    return finding.outcome in _MEASURED or finding.reason is Reason.MEASUREMENT_CHANGED


def is_blocking(finding: Finding) -> bool:
    """Whether a row is one that a person would accept: red, or set aside until somebody does."""
    red = finding.outcome is Outcome.REGRESSION
    return is_acceptable(finding) and (red or finding.reason is Reason.MEASUREMENT_CHANGED)


def quantity(metric: str) -> str:
    """Name what a metric measures: which of two clocks decides may change from check to check.

    >>> quantity("cpu"), quantity("mean wall"), quantity("CPU time"), quantity("sharpe")
    ('time', 'mean time', 'time', 'sharpe')
    """
    prefix = _MEAN if metric.startswith(_MEAN) else ""
    name = metric.removeprefix(_MEAN)
    return f"{prefix}{'time' if name in CLOCKS or name in _SPOKEN else name}"


def concerned(
    overrides: Iterable[Override], suites: Iterable[SuiteVerdict]
) -> tuple[Override, ...]:
    """Leave out what is about suites that the check does not have, in an order of its own."""
    names = {suite.suite for suite in suites}
    known = (one for one in overrides if one.suite in names)
    return tuple(sorted(known, key=_order))


def _order(override: Override) -> tuple[str, ...]:
    return (
        *(override.suite, override.case, override.metric, override.kind),
        *(override.created_utc, override.by, override.reason, repr(override.change)),
    )


def _overridden(suite: SuiteVerdict, overrides: Sequence[Override], head: str) -> SuiteVerdict:
    findings = tuple(_marked(suite, finding, overrides, head) for finding in suite.findings)
    if all(finding.override is None for finding in findings):
        return suite
    worst = decisive(finding for finding in findings if finding.override is None)
    return msgspec.structs.replace(
        suite,
        findings=findings,
        outcome=Outcome.PASS if worst is None else worst.outcome,
        reason=None if worst is None else worst.reason,
    )


def _marked(
    suite: SuiteVerdict, finding: Finding, overrides: Sequence[Override], head: str
) -> Finding:
    """Say which kind covers a row; what was accepted is said first, as it names this change."""
    kinds = {one.kind for one in overrides if covers(one, suite, finding, head)}
    if not kinds:
        return finding
    kind = "accept" if "accept" in kinds else "mute"
    return msgspec.structs.replace(finding, override=kind)


def _mutes(override: Override, finding: Finding) -> bool:
    """Whether a row is about what is muted; a suite that fails as a whole is about no case."""
    if override.metric and quantity(override.metric) != quantity(finding.metric):
        return False
    if override.case:
        return finding.case == override.case
    return bool(finding.case) or finding.whole_suite


def _is_no_worse(override: Override, finding: Finding, head: str) -> bool:
    """Whether the effect is not confirmed worse than when it was accepted.

    Two measurements differ by the noise of both: half widths of intervals add in squares. Numbers
    without intervals are exact. Where nothing was measured, only the commit itself is accepted.
    """
    if override.change is None or finding.change is None:
        undecided = finding.outcome is Outcome.INCONCLUSIVE and override.change is not None
        return undecided or override.head == head
    now, best = _worsening(finding, finding.better)
    then, worst = _worsening(override, finding.better, at_its_worst=True)
    noise = math.hypot(now - best, worst - then)
    return now - then <= noise + 1e-12 * max(1.0, abs(then))


def _worsening(
    measured: Finding | Override, better: Better | None, *, at_its_worst: bool = False
) -> tuple[float, float]:
    """Give how much worse it was measured to be, and one end of the interval of that."""
    sign = -1.0 if better is Better.HIGHER else 1.0
    change = sign * (measured.change or 0.0)
    ends = [sign * end for end in (measured.low, measured.high) if end is not None]
    return change, (max if at_its_worst else min)([change, *ends])
