"""The findings of a whole check as one list, the weightiest first."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from engine.findings import Finding, Reason, SuiteVerdict, Verdict
from engine.outcomes import COMPARED, INFORMATIONAL, severity
from engine.reports.figures import is_exact
from engine.reports.wording import plural
from engine.values import PAIRED_KINDS, Outcome, SuiteKind

UNMEASURED = frozenset({Reason.MISSING_IN_HEAD, Reason.NOT_MEASURED, Reason.OUT_OF_TIME})


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding together with the suite that it belongs to."""

    suite: SuiteVerdict
    finding: Finding


def entries(verdict: Verdict) -> tuple[Entry, ...]:
    """List all findings: worst outcome first, then by how many budgets large the effect is."""
    found = [Entry(suite, finding) for suite in verdict.suites for finding in suite.findings]
    return tuple(sorted(found, key=_order))


def sorted_findings(suite: SuiteVerdict) -> tuple[Finding, ...]:
    """List the findings of one suite in that same order."""
    found = sorted((Entry(suite, finding) for finding in suite.findings), key=_order)
    return tuple(entry.finding for entry in found)


def with_outcome(items: Iterable[Entry], outcome: Outcome) -> tuple[Entry, ...]:
    """Keep the rows of one outcome that count, in their order: none that people took out."""
    return tuple(
        item
        for item in items
        if item.finding.outcome is outcome
        and item.finding.override is None
        and item.finding.reason not in INFORMATIONAL
    )


def unechoed(items: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Leave out suites as a whole of which a case is there, too: one slow case moves the mean."""
    told = {item.suite.run for item in items if not item.finding.whole_suite}
    return tuple(
        item for item in items if not item.finding.whole_suite or item.suite.run not in told
    )


def count(items: Iterable[Entry], holds: Callable[[Finding], bool]) -> int:
    """Count the findings of which something holds."""
    return sum(holds(item.finding) for item in items)


def is_compared(finding: Finding) -> bool:
    """Whether a finding compared two numbers, and counts."""
    return finding.outcome in COMPARED and finding.reason not in INFORMATIONAL


def is_unmeasured(finding: Finding) -> bool:
    """Whether something expected was not measured."""
    return finding.reason in UNMEASURED


def missing(verdict: Verdict) -> int:
    """Count what was expected and not measured: cases of benchmarks, points of sweeps."""
    return sum(map(_missing, verdict.suites))


def expected_things(verdict: Verdict) -> str:
    """Name what was expected: cases of benchmarks, points of sweeps.

    The empty string where no suite knows.
    """
    cases = _expected(verdict, PAIRED_KINDS)
    points = _expected(verdict, {SuiteKind.SWEEP})
    named = [plural(cases, "expected case")] if cases else []
    return " and ".join(named + ([plural(points, "expected point")] if points else []))


def _missing(suite: SuiteVerdict) -> int:
    lacking = [finding for finding in suite.findings if is_unmeasured(finding)]
    late = any(finding.reason is Reason.OUT_OF_TIME and finding.points for finding in lacking)
    if suite.expected is not None and late:  # both sides may lack the same point
        return suite.expected - suite.measured
    return sum(finding.points or 1 for finding in lacking)


def _expected(verdict: Verdict, kinds: Collection[SuiteKind]) -> int:
    return sum(suite.expected or 0 for suite in verdict.suites if suite.kind in kinds)


def _order(entry: Entry) -> tuple[float, float, bool, str, str, str]:
    finding = entry.finding
    beside = finding.reason in INFORMATIONAL or finding.override is not None
    rank = -1 if beside else severity(finding)
    place = (entry.suite.suite, finding.case, finding.metric)
    return (-rank, -_budgets(finding), finding.limit is None, *place)


def _budgets(finding: Finding) -> float:
    """How many budgets large an effect is, so that rows of different scales can be ordered."""
    if finding.change is None or finding.limit is None:
        return 0.0
    if is_exact(finding):
        return _ratio(abs(finding.change), finding.limit)
    size = abs(math.log1p(finding.change)) if finding.change > -1 else math.inf
    return _ratio(size, math.log1p(finding.limit))


def _ratio(size: float, allowed: float) -> float:
    """Divide; where nothing is allowed, no change is no budget large and any other endlessly."""
    if allowed:
        return size / allowed
    return math.inf if size else 0.0
