"""Why a finding has its outcome, in words, and the budget that it was held to."""

from __future__ import annotations

from collections.abc import Callable

from engine.findings import Finding, Reason
from engine.reports import figures
from engine.reports.escape import code, inline
from engine.reports.figures import is_exact
from engine.values import Better, Side

SIDES = {Side.BASE: "the merge base", Side.HEAD: "head"}
_PLACE = 160  # characters of a file's place, which people look up


def why(finding: Finding) -> str:
    """Say why a finding has its outcome."""
    text = _WHY[finding.reason](finding)
    caveats = "; ".join(inline(caveat) for caveat in finding.caveats)
    return f"{text}; {caveats}" if caveats else text


def rose(finding: Finding) -> bool:
    """Whether head's number is the larger one."""
    return (finding.change or 0.0) > 0


def is_worse(finding: Finding) -> bool:
    """Whether head lies in the metric's worse direction."""
    return rose(finding) is (finding.better is not Better.HIGHER)


def beyond(finding: Finding) -> str:
    """Say on which side of an absolute bound the worse values lie."""
    return "under" if finding.better is Better.HIGHER else "over"


def budget(finding: Finding, *, of: bool = False) -> str:
    """Name the budget: as it was written and, where higher is better, as the fall that it is."""
    if finding.reason is Reason.OVER_MAX_VALUE and finding.bound is not None:
        return f"max_value {figures.written(finding.bound, finding.unit)}"
    if finding.limit is None:
        return "no budget"
    if is_exact(finding):
        return f"allowed {figures.written(finding.limit, finding.unit)}"
    name = "budget" if finding.budget_path else "default budget"
    written = f"{name} {'of ' if of else ''}{figures.allowance(finding.limit)}"
    if finding.better is Better.HIGHER:
        fall = figures.allowance(finding.limit / (1 + finding.limit))
        return f"{written}, a fall of {fall}"
    return written


def _over_budget(finding: Finding) -> str:
    return f"over the {budget(finding, of=True)}"


def _drop(finding: Finding) -> str:
    return f"worse by more than the {budget(finding, of=True)}"


def _within(finding: Finding) -> str:
    if finding.bound is not None and finding.limit is None:
        end = "minimum" if finding.better is Better.HIGHER else "maximum"
        return f"not {beyond(finding)} the {end} of {figures.written(finding.bound, finding.unit)}"
    if is_exact(finding):
        return "unchanged" if not finding.change else f"within the {budget(finding, of=True)}"
    return f"the interval lies within the {budget(finding, of=True)}"


def _real_but_small(finding: Finding) -> str:
    return f"real but small: within the {budget(finding, of=True)}"


def _better(finding: Finding) -> str:
    return f"better by more than the {budget(finding, of=True)}"


def _cannot_tell(finding: Finding) -> str:
    return f"cannot tell: the interval reaches over the {budget(finding, of=True)}"


def _at_the_budget(finding: Finding) -> str:
    if is_worse(finding):
        return f"at the budget: worse, but not clearly by more than the {budget(finding, of=True)}"
    return f"better, but not clearly by more than the {budget(finding, of=True)}"


def _bounded(finding: Finding) -> str:
    return "" if finding.bound is None else f" {figures.written(finding.bound, finding.unit)}"


def _too_few(finding: Finding) -> str:
    return f"cannot tell: {finding.pairs or 0} pairs are too few to decide"


def _missing(finding: Finding) -> str:
    return f"measured on the merge base, not on head{_detail(finding)}"


def _new(finding: Finding) -> str:
    detail = f" ({inline(finding.detail)})" if finding.detail else ""
    if finding.selected:
        fate = f"head's sweep selected {code(finding.selected)}, which is one of them"
    else:
        fate = "changes nothing"
    return f"new in head: nothing to compare with, {fate}{detail}"


def _not_measured(finding: Finding) -> str:
    return "expected, but not measured" if finding.case else "nothing was measured"


def _out_of_time(finding: Finding) -> str:
    place = SIDES[finding.side] if finding.side else "the merge base and head"
    these = "this point was" if finding.points == 1 else "these points were"
    return f"the time was up on {place} before {these} done{_detail(finding)}"


def _not_comparable(finding: Finding) -> str:
    if finding.detail:
        return f"cannot be compared{_detail(finding)}"
    return "cannot be compared" if finding.case else "nothing could be compared"


def _failed(finding: Finding) -> str:
    place = f" on {SIDES[finding.side]}" if finding.side else ""
    said = "gave no usable number" if finding.metric else _ended(finding)
    return f"{said}{place}{_detail(finding)}"


def _ended(finding: Finding) -> str:
    ending = finding.ending or "failed"
    return f"{code(finding.step)} {ending}" if finding.step else ending


def _base_failed(finding: Finding) -> str:
    if finding.step:
        return f"{_ended(finding)} on the merge base: nothing to compare with"
    return f"the merge base gives nothing to compare with{_detail(finding)}"


def _invalid(finding: Finding) -> str:
    step = f"wrong input: {code(finding.step, _PLACE)}" if finding.step else "wrong input"
    return f"{step}{_detail(finding)}"


def _infrastructure(finding: Finding) -> str:
    return inline(finding.step) or "our own infrastructure failed"


def _detail(finding: Finding) -> str:
    return f": {inline(finding.detail).rstrip('.')}" if finding.detail else ""


_WHY: dict[Reason, Callable[[Finding], str]] = {
    Reason.OVER_BUDGET: _over_budget,
    Reason.OVER_MAX_VALUE: lambda finding: (
        f"head is {beyond(finding)} max_value{_bounded(finding)}"
    ),
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
    Reason.BASE_FAILED: _base_failed,
    Reason.FAILED: _failed,
    Reason.INVALID: _invalid,
    Reason.INFRASTRUCTURE: _infrastructure,
}
