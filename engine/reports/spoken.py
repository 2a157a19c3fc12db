"""Sentences about a finding of a suite whose kind, or whose leak, changes what is said of it."""

from __future__ import annotations

import msgspec

from engine.findings import Finding, Reason, SuiteVerdict
from engine.reports import wording
from engine.reports.escape import code
from engine.reports.wording import Show
from engine.values import Outcome, SuiteKind

_UNBELIEVED = "not to be believed: the strategy looks ahead"
_PRAISE = frozenset({Outcome.PASS, Outcome.IMPROVEMENT})


def is_overhead(suite: SuiteVerdict) -> bool:
    """Whether the two sides are head's own code, without its risk rules and with them."""
    return suite.kind is SuiteKind.OVERHEAD


def looks_ahead(suite: SuiteVerdict) -> bool:
    """Whether the suite's strategy was found to read later bars: its numbers are worth nothing."""
    return any(row.reason is Reason.LOOK_AHEAD for row in suite.findings)


def mark(suite: SuiteVerdict, finding: Finding) -> str:
    """Choose the sign in front of a row; numbers of a leak are not praised."""
    if finding.outcome in _PRAISE and _is_unbelieved(suite, finding):
        return "⚠️"
    return wording.mark(finding)


def what(suite: SuiteVerdict, finding: Finding, show: Show = code) -> str:
    """Name what a finding is about and its metric; of an overhead, its sides as columns have them.

    >>> from engine.values import Outcome
    >>> row = Finding(case="with_rules", metric="wall", outcome=Outcome.PASS,
    ...     reason=Reason.WITHIN_BUDGET)
    >>> what(SuiteVerdict(suite="stops", kind=SuiteKind.OVERHEAD, tags=(), run="r",
    ...     outcome=Outcome.PASS, findings=(row,)), row)
    '`stops` time, without → with risk rules'
    """
    if not is_overhead(suite) or not finding.metric:
        return wording.what(_about(suite, finding), suite.suite, show)
    named = f"{show(suite.suite)} {wording.metric_name(finding)}"
    return f"{named}, without → with risk rules"


def why(suite: SuiteVerdict, finding: Finding) -> str:
    """Say why a finding has its outcome; of a leaking strategy's quality, what it is worth."""
    said = wording.why(finding)
    if not _is_unbelieved(suite, finding):
        return said
    return _UNBELIEVED if finding.outcome in _PRAISE else f"{said}; {_UNBELIEVED}"


def short(suite: SuiteVerdict, finding: Finding, show: Show) -> str:
    """Say in a few words, without numbers, what became of a case."""
    if not is_overhead(suite) or not finding.metric:
        return wording.short(_about(suite, finding), suite.suite, show)
    if finding.outcome is Outcome.IMPROVEMENT:
        return f"{show(suite.suite)} costs less with its risk rules than without"
    return f"rules of {show(suite.suite)} cost too much"


def sentence(suite: SuiteVerdict, finding: Finding) -> str:
    """Say what became of a case with its numbers, their interval and the budget."""
    if not is_overhead(suite) or not finding.metric:
        return wording.sentence(_about(suite, finding), suite.suite)
    return wording.compared(finding, what(suite, finding), _costs(suite, finding))


def _about(suite: SuiteVerdict, finding: Finding) -> Finding:
    """Leave the one case of an overhead unnamed: the suite says it."""
    return msgspec.structs.replace(finding, case="") if is_overhead(suite) else finding


def _costs(suite: SuiteVerdict, finding: Finding) -> str:
    moved = wording.moved(finding, code(suite.suite))
    return f"With its risk rules {moved} than without"


def _is_unbelieved(suite: SuiteVerdict, finding: Finding) -> bool:
    quality = suite.quality
    return quality is not None and finding.metric == quality.metric and looks_ahead(suite)
