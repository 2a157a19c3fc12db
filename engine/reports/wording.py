"""What verdicts are called: every sentence about a single finding."""

from __future__ import annotations

from collections.abc import Callable

from engine.findings import Finding, Reason
from engine.outcomes import INFORMATIONAL
from engine.reports import figures
from engine.reports.escape import code, word
from engine.reports.figures import is_exact
from engine.reports.reasons import SIDES, beyond, budget, is_worse, rose, why
from engine.units import axis_of
from engine.values import Better, Outcome

Show = Callable[[str], str]

MARKS = {
    Outcome.PASS: "✅",
    Outcome.IMPROVEMENT: "✅",
    Outcome.REGRESSION: "❌",
    Outcome.INCONCLUSIVE: "❔",
    Outcome.NO_VERDICT: "⚠️",
    Outcome.ERROR: "❌",
}
SHA = 10  # characters of a commit's name in every text
_BOUNDED = frozenset({Reason.OVER_MAX_VALUE, Reason.AT_MAX_VALUE})
_NUMBERLESS = frozenset({Reason.NOT_REPRODUCIBLE})  # numbers are there, and say nothing
# What a change, its interval and the budget say by themselves.
_SELF_EXPLAINING = frozenset(
    {
        Reason.OVER_BUDGET,
        Reason.BETTER,
        Reason.CANNOT_TELL,
        Reason.AT_THE_BUDGET,
        Reason.TOO_FEW_PAIRS,
        Reason.METRIC_DROP,
    }
)
OUR_FAULT = frozenset({Reason.INFRASTRUCTURE, Reason.INVALID})

_METRICS = {"wall": "time", "cpu": "CPU time"}
_CLOCKS = {"wall": "wall time", "cpu": "CPU time"}
# (worse, better) by the axis of a metric whose lower is better
_SHORT = {
    "time": ("is slower", "is faster"),
    "memory": ("needs more memory", "needs less memory"),
    "instructions": ("executes more instructions", "executes fewer instructions"),
}
_LONG = {
    "time": ("takes {0} longer", "takes {0} less time"),
    "memory": ("needs {0} more memory", "needs {0} less memory"),
    "instructions": ("executes {0} more instructions", "executes {0} fewer instructions"),
}


def mark(finding: Finding) -> str:
    """Choose the sign in front of a row: red is said of the candidate alone, and of what counts."""
    beside = finding.reason in OUR_FAULT or finding.reason in INFORMATIONAL
    return "⚠️" if beside else MARKS[finding.outcome]


def metric_name(finding: Finding, show: Show = word) -> str:
    """Name the metric as people say it; of two clocks, the one that decided."""
    if finding.statistic == "mean":
        own = finding.metric.removeprefix("mean ")
        return f"mean {_metric_name(finding, own, show)}"
    name = _metric_name(finding, finding.metric, show)
    return f"median {name}" if finding.reason is Reason.MEDIAN_DROP else name


def _metric_name(finding: Finding, metric: str, show: Show) -> str:
    if finding.clock == metric:
        return _CLOCKS[metric]
    return _METRICS.get(metric) or show(metric)


def subject(finding: Finding, suite: str, show: Show = code) -> str:
    """Name what a finding is about: its case, some points of *suite*, or *suite* as a whole."""
    if finding.whole_suite:
        cases = f"{finding.points} cases" if finding.points else "cases"
        return f"all {cases} of {show(suite)} together"
    if finding.points is not None:
        return f"{points(finding)} of {show(suite)}"
    return show(finding.case or suite)


def points(finding: Finding) -> str:
    """Count the points that a finding is about.

    >>> finding = Finding(case="", metric="", outcome=Outcome.NO_VERDICT,
    ...     reason=Reason.OUT_OF_TIME, points=2, points_of=24)
    >>> points(finding)
    '2 of 24 points'
    """
    return f"{finding.points} of {plural(finding.points_of or 0, 'point')}"


def plural(number: int, noun: str) -> str:
    """Count a noun.

    >>> plural(1, "case"), plural(3, "case")
    ('1 case', '3 cases')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def what(finding: Finding, suite: str, show: Show = code) -> str:
    """Name what a finding is about and its metric."""
    name = subject(finding, suite, show)
    if finding.whole_suite:
        return f"{metric_name(finding)} of {name}"
    counted = finding.points is not None
    return f"{name} {metric_name(finding)}" if finding.metric and not counted else name


def short(finding: Finding, suite: str, show: Show) -> str:
    """Say in a few words, without numbers, what became of a case."""
    name = f"{show(suite)} as a whole" if finding.whole_suite else show(finding.case or suite)
    special = {
        Reason.OVER_MAX_VALUE: f"{name} is {beyond(finding)} its max_value",
        Reason.SUCCESS_UNDER: f"{name} succeeds too rarely",
        Reason.P90_OVER: f"{name} takes too long",
        Reason.NOT_DETERMINISTIC: f"{name} is not deterministic",
        Reason.NOT_REPRODUCIBLE: f"{name} is not reproducible",
        Reason.LOOK_AHEAD: f"{name} looks ahead",
        Reason.DATA_CHANGED: f"{name} was measured on other data than its baseline",
    }
    if finding.reason in special:
        return special[finding.reason]
    verbs = _verbs(finding, _SHORT)
    if verbs is not None:
        return f"{name} {verbs[0 if is_worse(finding) else 1]}{_average(finding)}"
    metric = show(finding.metric)
    if finding.reason is Reason.MEDIAN_DROP:
        return f"median {metric} of {name} is worse"
    if is_exact(finding):
        return f"{metric} of {name} {'rose' if rose(finding) else 'dropped'}"
    return f"{metric} of {name} is {'higher' if rose(finding) else 'lower'}"


def sentence(finding: Finding, suite: str) -> str:
    """Say what became of a case with its numbers, their interval and the budget."""
    name = subject(finding, suite)
    if finding.reason is Reason.SUCCEEDED:
        return _stopped(f"{name} {why(finding)}")
    if finding.outcome is Outcome.PASS:
        return _stopped(f"Largest change: {_pass_numbers(finding, suite)}; {why(finding)}")
    if finding.reason in _NUMBERLESS or not _has_numbers(finding):
        return _stopped(f"{name}: {why(finding)}")
    if is_exact(finding):
        return _stopped(_exact_sentence(finding, name))
    whole = f"{code(suite)} as a whole" if finding.whole_suite else name
    return compared(finding, f"{name} {metric_name(finding)}", moved(finding, whole))


def compared(finding: Finding, name: str, change: str) -> str:
    """Say of sampled numbers what changed, with interval and budget, or what they are.

    *change* says by how much, *name* whose numbers they are where there is no interval.
    """
    shown = figures.interval(finding)
    if shown is None or finding.reason in _BOUNDED:
        numbers = f"{figures.from_to(finding)}; " if _has_numbers(finding) else ""
        return _stopped(f"{name}: {numbers}{why(finding)}")
    said = f"{change} (99 % interval {shown}; {budget(finding)})."
    if finding.reason in _SELF_EXPLAINING and finding.elsewhere is None:
        return said
    return f"{said} {_stopped(_capital(why(finding)))}"


def _has_numbers(finding: Finding) -> bool:
    levels = finding.base is not None and finding.head is not None
    return levels or figures.interval(finding) is not None


def moved(finding: Finding, name: str) -> str:
    """Say by how much a metric of what is called *name* moved."""
    verbs = _verbs(finding, _LONG)
    size = figures.magnitude(finding)
    if verbs is not None:
        return f"{name} {verbs[0 if is_worse(finding) else 1].format(size)}{_average(finding)}"
    way = "higher" if rose(finding) else "lower"
    return f"{metric_name(finding, code)} of {name} is {size} {way}"


def _average(finding: Finding) -> str:
    return " on average" if finding.statistic == "mean" else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _stopped(text: str) -> str:
    """End a sentence with one stop, whether or not a quoted text brought its own."""
    return text if text.endswith("?") else text.rstrip(".") + "."


def is_change(finding: Finding) -> bool:
    """Whether a row belongs among the changed ones; the others are folded."""
    return finding.outcome is not Outcome.PASS or finding.reason is Reason.OWN_COPY


def matters(finding: Finding) -> bool:
    """Whether a row is something to say to people who did not ask."""
    return is_change(finding) and finding.reason not in INFORMATIONAL


def _pass_numbers(finding: Finding, suite: str) -> str:
    if is_exact(finding):
        return f"{what(finding, suite)} {figures.from_to(finding)}"
    numbers = figures.change_with_interval(finding)
    name = what(finding, suite)
    return name if numbers == figures.ABSENT else f"{name} {numbers}"


def _verbs(finding: Finding, table: dict[str, tuple[str, str]]) -> tuple[str, str] | None:
    if is_exact(finding) or finding.better is Better.HIGHER:
        return None
    return table.get(axis_of(finding.metric, finding.unit))


def _exact_sentence(finding: Finding, name: str) -> str:
    verb = "rises" if rose(finding) else "falls"
    numbers = figures.from_to(finding)
    if finding.limit is None:
        return f"{metric_name(finding)} of {name}: {numbers}; {why(finding)}"
    by = figures.distance(finding)
    return f"{metric_name(finding, code)} of {name} {verb} by {by} ({numbers}; {budget(finding)})"


__all__ = [
    "MARKS",
    "OUR_FAULT",
    "SHA",
    "SIDES",
    "compared",
    "is_change",
    "is_worse",
    "mark",
    "matters",
    "metric_name",
    "moved",
    "plural",
    "points",
    "sentence",
    "short",
    "subject",
    "what",
    "why",
]
