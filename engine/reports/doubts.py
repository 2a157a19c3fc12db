"""Why a row is undecided although it was measured, in words, and what would settle it."""

from __future__ import annotations

from collections.abc import Callable

from engine.findings import Finding, Reason
from engine.reports import figures
from engine.reports.direction import beyond, is_worse
from engine.reports.escape import code, inline
from engine.stats import constants as c
from engine.units import axis_of
from engine.values import Better

_BRIEF = {
    Reason.AT_MAX_VALUE: "is at its max_value",
    Reason.TOO_FEW_PAIRS: "has too few pairs",
    Reason.TIME_CAP: "ran out of time",
    Reason.NOISY: "is far noisier than before",
    Reason.UNSTEADY: "reaches no steady state",
    Reason.STOLEN: "was disturbed by the hypervisor",
    Reason.QUARANTINED: "is of a quarantined runner",
    Reason.HALVES_DIFFER: "changed its sign half-way",
    Reason.NOT_REPRODUCIBLE: "is not reproducible",
    Reason.FAMILY: "may be chance among so many",
    Reason.HOSTS_DISAGREE: "differs between two machines",
    Reason.TIME_ELSEWHERE: "is faster in its samples alone",
}
# What settles a row that no number of pairs does.
_REMEDIES = {
    Reason.NOISY: (
        "Measure again once the machine is as quiet as in its earlier sessions; "
        "more pairs on a machine as restless as this settle nothing."
    ),
    Reason.UNSTEADY: (
        "More pairs do not settle it: the case has to reach a steady state, by more warm-up "
        "(`measure: {warmup: 30}`) or by less state that it carries from call to call."
    ),
    Reason.STOLEN: "Measure again when the machine's hypervisor leaves it its CPUs.",
    Reason.QUARANTINED: (
        "Another runner settles it, or this one once its null runs raise few enough alarms."
    ),
    Reason.HOSTS_DISAGREE: (
        "More pairs do not settle it: find out what differs between the two machines, "
        "and which of them is like the one that matters."
    ),
    Reason.NOT_REPRODUCIBLE: (
        f"Give each configuration several seeds ({c.MIN_ALARM_PAIRS} or more), the same on both "
        "sides: pairs of seeds decide then. Or make the same seed give the same numbers."
    ),
    Reason.RESULT_CHANGED: (
        "More pairs do not settle it: look at what head computes. Is the new result meant, "
        "or was work left out?"
    ),
    Reason.TIME_ELSEWHERE: (
        "More pairs do not settle it: look at what head does at import, at exit and in threads, "
        "and at who touches the clocks."
    ),
    Reason.AT_MAX_VALUE: (
        "Head's 99 % interval reaches across its absolute bound: quieter or more pairs, "
        "a better head or another bound settle it."
    ),
}
REPEATABLE = frozenset(
    {Reason.NOISY, Reason.STOLEN, Reason.TIME_CAP, Reason.AT_MAX_VALUE}
)  # another session may


def in_brief(finding: Finding) -> str:
    """Say in a few words, as a verb, what keeps a row from being decided."""
    if finding.reason is Reason.AT_THE_BUDGET:
        return "is at its budget" if is_worse(finding) else "is better by about its budget"
    if is_bounded(finding):
        return f"is {beyond(finding)} its bound, maybe by chance"
    return _BRIEF.get(finding.reason, "is too noisy for its budget")


def remedy(finding: Finding) -> str | None:
    """Say what settles a row that pairs alone do not; None where pairs do."""
    if is_bounded(finding):
        return "More runs settle it (more configurations, folds or seeds): look at those beyond it."
    if finding.seeds is not None:
        return _more_seeds(finding)
    if finding.reason is Reason.TIME_CAP:
        return _more_time(finding)
    return _REMEDIES.get(finding.reason)


def is_bounded(finding: Finding) -> bool:
    """Whether a sweep's own number lies beyond an absolute bound, maybe by chance."""
    cannot_tell = finding.reason is Reason.CANNOT_TELL
    return cannot_tell and finding.bound is not None and finding.limit is None


def _more_seeds(finding: Finding) -> str:
    if finding.further_pairs is None:
        return "More seeds settle it only if the effect is not at the budget."
    return f"About {finding.further_pairs:,} more seeds for each configuration would settle it."


def _more_time(finding: Finding) -> str:
    key = finding.detail.partition(":")[0] or "max_minutes"
    return (
        f"More time settles it, not `max_pairs`: raise {code(key)}, read at the target branch. "
        "Another check of the same commits goes on with these pairs."
    )


def gained(finding: Finding) -> str:
    """Name a change for the better by its kind.

    >>> from engine.values import Outcome
    >>> gained(Finding(case="c", metric="wall", unit="s", better=Better.LOWER,
    ...     outcome=Outcome.INCONCLUSIVE, reason=Reason.RESULT_CHANGED))
    'faster'
    """
    lower = finding.better is not Better.HIGHER
    return "faster" if lower and axis_of(finding.metric, finding.unit) == "time" else "better"


def elsewhere(finding: Finding) -> str:
    """Give what a second machine measured of the same case; the empty string without one."""
    other = finding.elsewhere
    if other is None:
        return ""
    machine = f"{code(other.runner)} ({inline(other.cpu, 80)})"
    numbers = figures.alongside(finding, other)
    pairs = f" in {other.pairs} pairs" if other.pairs else ""
    return f"{machine} measured {numbers}{pairs}" if numbers else f"{machine} has no number for it"


def _halves(_: Finding) -> str:
    return "cannot tell: the first half of the pairs says the opposite of the second"


def _family(finding: Finding) -> str:
    among = f"{finding.family} comparisons" if finding.family else "so many comparisons"
    return (
        f"over the budget by itself, yet among {among} of this check chance could do it: "
        "more pairs settle it"
    )


def _hosts(finding: Finding) -> str:
    second = elsewhere(finding)
    return f"two machines disagree: {second}" if second else "two machines disagree"


WHY: dict[Reason, Callable[[Finding], str]] = {
    Reason.NOISY: lambda _: (
        "cannot tell: the pairs spread more than three times as widely as in earlier sessions"
    ),
    Reason.UNSTEADY: lambda _: "cannot tell: no steady state within a launch",
    Reason.STOLEN: lambda _: (
        "cannot tell: the hypervisor took more than 5 % of the machine's CPU time (steal)"
    ),
    Reason.QUARANTINED: lambda _: (
        "cannot tell: this runner's null runs, base against base, raise too many false alarms"
    ),
    Reason.HALVES_DIFFER: _halves,
    Reason.TIME_CAP: lambda finding: f"cannot tell: {inline(finding.detail) or 'the time was up'}",
    Reason.FAMILY: _family,
    Reason.HOSTS_DISAGREE: _hosts,
    Reason.RESULT_CHANGED: lambda finding: (
        f"{gained(finding)}, but the result differs: did the work happen?"
    ),
    Reason.TIME_ELSEWHERE: lambda finding: (
        f"{gained(finding)} by its samples, yet head's process takes the time outside them"
    ),
}
"""By the reasons of rows that the numbers alone would decide."""
