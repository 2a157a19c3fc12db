"""What verdicts are called: every sentence about a single finding."""

from __future__ import annotations

from collections.abc import Callable

from engine.findings import Finding, Reason
from engine.outcomes import INFORMATIONAL
from engine.reports import figures
from engine.reports.escape import code, inline, word
from engine.units import axis_of
from engine.values import Better, Outcome, Side

Show = Callable[[str], str]

MARKS = {
    Outcome.PASS: "✅",
    Outcome.IMPROVEMENT: "✅",
    Outcome.REGRESSION: "❌",
    Outcome.INCONCLUSIVE: "❔",
    Outcome.NO_VERDICT: "⚠️",
    Outcome.ERROR: "❌",
}
_BOUNDED = frozenset({Reason.OVER_MAX_VALUE, Reason.AT_MAX_VALUE})
OUR_FAULT = frozenset({Reason.INFRASTRUCTURE, Reason.INVALID})
SIDES = {Side.BASE: "the merge base", Side.HEAD: "head"}

_METRICS = {"wall": "time", "cpu": "CPU time"}
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
    """Choose the sign in front of a row: red is said of the candidate alone."""
    return "⚠️" if finding.reason in OUR_FAULT else MARKS[finding.outcome]


def metric_name(finding: Finding, show: Show = word) -> str:
    """Name the metric as people say it."""
    return _METRICS.get(finding.metric) or show(finding.metric)


def what(finding: Finding, suite: str) -> str:
    """Name the case and its metric; a finding without a case is about *suite*."""
    name = code(finding.case or suite)
    return f"{name} {metric_name(finding)}" if finding.metric else name


def is_exact(finding: Finding) -> bool:
    """Whether the numbers were computed, not sampled: such a row has no interval."""
    return finding.change is not None and finding.low is None and finding.pairs is None


def rose(finding: Finding) -> bool:
    """Whether head's number is the larger one."""
    return (finding.change or 0.0) > 0


def is_worse(finding: Finding) -> bool:
    """Whether head lies in the metric's worse direction."""
    return rose(finding) is (finding.better is not Better.HIGHER)


def short(finding: Finding, suite: str, show: Show) -> str:
    """Say in a few words, without numbers, what became of a case."""
    name = show(finding.case or suite)
    special = {
        Reason.OVER_MAX_VALUE: f"{name} is over its max_value",
        Reason.SUCCESS_UNDER: f"{name} succeeds too rarely",
        Reason.P90_OVER: f"{name} takes too long",
        Reason.NOT_DETERMINISTIC: f"{name} is not deterministic",
    }
    if finding.reason in special:
        return special[finding.reason]
    verbs = _verbs(finding, _SHORT)
    if verbs is not None:
        return f"{name} {verbs[0 if is_worse(finding) else 1]}"
    metric = show(finding.metric)
    if is_exact(finding):
        return f"{metric} of {name} {'rose' if rose(finding) else 'dropped'}"
    return f"{metric} of {name} is {'higher' if rose(finding) else 'lower'}"


def sentence(finding: Finding, suite: str) -> str:
    """Say what became of a case with its numbers, their interval and the budget."""
    name = code(finding.case or suite)
    if finding.reason is Reason.SUCCEEDED:
        return f"{name} {why(finding)}."
    if finding.outcome is Outcome.PASS:
        return f"Largest change: {_pass_numbers(finding, suite)}; {why(finding)}."
    if finding.base is None or finding.head is None:
        return f"{name}: {why(finding)}."
    if is_exact(finding):
        return f"{_exact_sentence(finding, name)}."
    shown = figures.interval(finding)
    if shown is None or finding.reason in _BOUNDED:
        return f"{name} {metric_name(finding)}: {figures.from_to(finding)}; {why(finding)}."
    verbs = _verbs(finding, _LONG)
    size = figures.magnitude(finding)
    if verbs is not None:
        said = f"{name} {verbs[0 if is_worse(finding) else 1].format(size)}"
    else:
        moved = "higher" if rose(finding) else "lower"
        said = f"{metric_name(finding, code)} of {name} is {size} {moved}"
    return f"{said} (99 % interval {shown}; {_budget(finding)})."


def why(finding: Finding) -> str:
    """Say why a finding has its outcome."""
    text = _WHY[finding.reason](finding)
    caveats = "; ".join(inline(caveat) for caveat in finding.caveats)
    return f"{text}; {caveats}" if caveats else text


def is_change(finding: Finding) -> bool:
    """Whether a row belongs among the changed ones; the others are folded."""
    return finding.outcome is not Outcome.PASS


def matters(finding: Finding) -> bool:
    """Whether a row is something to say to people who did not ask."""
    return is_change(finding) and finding.reason not in INFORMATIONAL


def _pass_numbers(finding: Finding, suite: str) -> str:
    if is_exact(finding):
        return f"{what(finding, suite)} {figures.from_to(finding)}"
    return f"{what(finding, suite)} {figures.change_with_interval(finding)}"


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
    return f"{metric_name(finding, code)} of {name} {verb} by {by} ({numbers}; {_budget(finding)})"


def _budget(finding: Finding, *, of: bool = False) -> str:
    """Name the budget: as it was written and, where higher is better, as the fall that it is."""
    if finding.reason is Reason.OVER_MAX_VALUE and finding.bound is not None:
        return f"max_value {figures.amount(finding.bound, finding.unit)}"
    if finding.limit is None:
        return "no budget"
    if is_exact(finding):
        return f"allowed {figures.amount(finding.limit, finding.unit)}"
    name = "budget" if finding.budget_path else "default budget"
    written = f"{name} {'of ' if of else ''}{figures.allowance(finding.limit)}"
    if finding.better is Better.HIGHER:
        fall = figures.allowance(finding.limit / (1 + finding.limit))
        return f"{written}, a fall of {fall}"
    return written


def _over_budget(finding: Finding) -> str:
    return f"over the {_budget(finding, of=True)}"


def _drop(finding: Finding) -> str:
    return f"worse by more than the {_budget(finding, of=True)}"


def _within(finding: Finding) -> str:
    if finding.bound is not None and finding.limit is None:
        end = "under the minimum" if finding.better is Better.HIGHER else "over the maximum"
        return f"not {end} of {figures.amount(finding.bound, finding.unit)}"
    if is_exact(finding):
        return "unchanged" if not finding.change else f"within the {_budget(finding, of=True)}"
    return f"the interval lies within the {_budget(finding, of=True)}"


def _real_but_small(finding: Finding) -> str:
    return f"real but small: within the {_budget(finding, of=True)}"


def _better(finding: Finding) -> str:
    return f"better by more than the {_budget(finding, of=True)}"


def _cannot_tell(finding: Finding) -> str:
    return f"cannot tell: the interval reaches over the {_budget(finding, of=True)}"


def _at_the_budget(finding: Finding) -> str:
    if is_worse(finding):
        return f"at the budget: worse, but not clearly by more than the {_budget(finding, of=True)}"
    return f"better, but not clearly by more than the {_budget(finding, of=True)}"


def _bounded(finding: Finding) -> str:
    return "" if finding.bound is None else f" {figures.amount(finding.bound, finding.unit)}"


def _too_few(finding: Finding) -> str:
    return f"cannot tell: {finding.pairs or 0} pairs are too few to decide"


def _missing(finding: Finding) -> str:
    return f"measured on the merge base, not on head{_detail(finding)}"


def _new(finding: Finding) -> str:
    detail = f" ({inline(finding.detail)})" if finding.detail else ""
    return f"new in head: nothing to compare with, changes nothing{detail}"


def _not_measured(finding: Finding) -> str:
    return "expected, but not measured" if finding.case else "nothing was measured"


def _out_of_time(finding: Finding) -> str:
    place = SIDES[finding.side] if finding.side else "the merge base and head"
    return f"the time was up on {place} before these points were done{_detail(finding)}"


def _not_comparable(finding: Finding) -> str:
    if finding.detail:
        return f"cannot be compared{_detail(finding)}"
    return "cannot be compared" if finding.case else "nothing could be compared"


def _failed(finding: Finding) -> str:
    place = f" on {SIDES[finding.side]}" if finding.side else ""
    step = f"{code(finding.step)} failed" if finding.step else "failed"
    return f"{step}{place}{_detail(finding)}"


def _base_failed(finding: Finding) -> str:
    if finding.step:
        return f"{code(finding.step)} failed on the merge base: nothing to compare with"
    return f"the merge base gives nothing to compare with{_detail(finding)}"


def _invalid(finding: Finding) -> str:
    step = f"wrong input at {code(finding.step)}" if finding.step else "wrong input"
    return f"{step}{_detail(finding)}"


def _infrastructure(finding: Finding) -> str:
    return inline(finding.step) or "our own infrastructure failed"


def _detail(finding: Finding) -> str:
    return f": {inline(finding.detail).rstrip('.')}" if finding.detail else ""


_WHY: dict[Reason, Callable[[Finding], str]] = {
    Reason.OVER_BUDGET: _over_budget,
    Reason.OVER_MAX_VALUE: lambda finding: f"head is over max_value{_bounded(finding)}",
    Reason.AT_MAX_VALUE: lambda finding: f"cannot tell: head is at max_value{_bounded(finding)}",
    Reason.WITHIN_BUDGET: _within,
    Reason.SUCCEEDED: lambda _: "succeeded on head",
    Reason.REAL_BUT_SMALL: _real_but_small,
    Reason.BETTER: _better,
    Reason.CANNOT_TELL: _cannot_tell,
    Reason.AT_THE_BUDGET: _at_the_budget,
    Reason.TOO_FEW_PAIRS: _too_few,
    Reason.NEW_IN_HEAD: _new,
    Reason.MISSING_IN_HEAD: _missing,
    Reason.NOT_MEASURED: _not_measured,
    Reason.OUT_OF_TIME: _out_of_time,
    Reason.NOT_COMPARABLE: _not_comparable,
    Reason.METRIC_DROP: _drop,
    Reason.P90_OVER: lambda finding: f"over the maximum of{_bounded(finding)}",
    Reason.SUCCESS_UNDER: lambda finding: f"under the minimum of{_bounded(finding)}",
    Reason.NOT_DETERMINISTIC: lambda _: "the same seed gave another value",
    Reason.NO_BASELINE: lambda _: "no stored baseline",
    Reason.BASE_FAILED: _base_failed,
    Reason.FAILED: _failed,
    Reason.INVALID: _invalid,
    Reason.INFRASTRUCTURE: _infrastructure,
}
