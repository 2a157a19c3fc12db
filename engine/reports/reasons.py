"""Why a finding has its outcome, in words, and the budget that it was held to."""

from __future__ import annotations

from collections.abc import Callable

from engine.findings import Finding, Reason
from engine.reports import doubts, figures
from engine.reports.direction import beyond, is_worse, rose, wholly_beyond, wholly_within
from engine.reports.escape import code, inline
from engine.reports.figures import is_exact
from engine.values import Better, Outcome, Side

__all__ = ["SIDES", "beyond", "budget", "is_worse", "rose", "why"]

SIDES = {Side.BASE: "the merge base", Side.HEAD: "head"}
_PLACE = 160  # characters of a file's place, which people look up


def why(finding: Finding) -> str:
    """Say why a finding has its outcome, what a second machine found, and what weakens it."""
    caveats = (inline(caveat) for caveat in finding.caveats)
    return "; ".join(
        part for part in (_WHY[finding.reason](finding), _second(finding), *caveats) if part
    )


def _second(finding: Finding) -> str:
    """Say what a second machine found, where the reason itself does not."""
    other = finding.elsewhere
    if other is None or finding.reason is Reason.HOSTS_DISAGREE:
        return ""
    said = "confirmed: " if other.outcome is finding.outcome else ""
    return f"{said}{doubts.elsewhere(finding)}"


def budget(finding: Finding, *, of: bool = False) -> str:
    """Name the budget: as it was written and, where higher is better, as the fall that it is."""
    if finding.reason is Reason.OVER_MAX_VALUE and finding.bound is not None:
        return f"max_value {figures.written(finding.bound, finding.unit)}"
    if finding.limit is None:
        return "no budget"
    if is_exact(finding):
        return f"allowed {figures.written(finding.limit, finding.unit)}"
    name = _budget_name(finding)
    written = f"{name} {'of ' if of else ''}{figures.allowance(finding.limit)}"
    if finding.better is Better.HIGHER:
        fall = figures.allowance(finding.limit / (1 + finding.limit))
        return f"{written}, a fall of {fall}"
    return written


def _budget_name(finding: Finding) -> str:
    if finding.whole_suite:
        return "mean budget"
    return "budget" if finding.budget_path else "default budget"


def _over_budget(finding: Finding) -> str:
    if wholly_beyond(finding):
        return f"over the {budget(finding, of=True)}"
    return f"clearly worse, by an estimate over the {budget(finding, of=True)}"


def _drop(finding: Finding) -> str:
    return f"worse by more than the {budget(finding, of=True)}"


def _within(finding: Finding) -> str:
    if finding.bound is not None and finding.limit is None:
        return f"not {_beyond_its_bound(finding)}"
    if is_exact(finding):
        return "unchanged" if not finding.change else _nearly(finding)
    return _lies_within(finding)


def _nearly(finding: Finding) -> str:
    if finding.seeds is not None:
        return f"the interval lies within the {budget(finding, of=True)}"
    return "unchanged, but for rounding"


def _lies_within(finding: Finding) -> str:
    """Say which interval lies within the budget: a pass is decided by a narrower one."""
    if finding.low is None or wholly_within(finding):
        return f"the interval lies within the {budget(finding, of=True)}"
    decided = figures.deciding(finding)
    if decided:
        said = f"a change as large as the {budget(finding, of=True)} is excluded"
        return f"{said} (the interval that decides: {decided})"
    return f"within the {budget(finding, of=True)} at the level of a pass"


def _real_but_small(finding: Finding) -> str:
    return f"real but small: {_lies_within(finding)}"


def _better(finding: Finding) -> str:
    if wholly_beyond(finding):
        return f"better by more than the {budget(finding, of=True)}"
    return f"clearly better, by an estimate of more than the {budget(finding, of=True)}"


def _not_worse(finding: Finding) -> str:
    return f"no regression: better, if not clearly by more than the {budget(finding, of=True)}"


def _cannot_tell(finding: Finding) -> str:
    if finding.bound is not None and finding.limit is None:
        bound = _beyond_its_bound(finding)
        return f"cannot tell: {bound}, which chance could do{_detail(finding)}"
    return f"cannot tell: the interval reaches over the {budget(finding, of=True)}"


def _at_the_budget(finding: Finding) -> str:
    if is_worse(finding):
        return f"at the budget: worse, but not clearly by more than the {budget(finding, of=True)}"
    return f"better, but not clearly by more than the {budget(finding, of=True)}"


def _beyond_its_bound(finding: Finding) -> str:
    end = "minimum" if finding.better is Better.HIGHER else "maximum"
    return f"{beyond(finding)} the {end} of{_bounded(finding)}"


def _bounded(finding: Finding) -> str:
    return "" if finding.bound is None else f" {figures.written(finding.bound, finding.unit)}"


def _too_few(finding: Finding) -> str:
    pairs = f"{finding.pairs or 0} pairs" if finding.seeds is None else _seed_pairs(finding)
    return f"cannot tell: {pairs} are too few to decide"


def _seed_pairs(finding: Finding) -> str:
    return f"{finding.seeds} pairs of seeds"


def _missing(finding: Finding) -> str:
    chosen = f"; the merge base's sweep selected {code(finding.selected)}, which is among them"
    return f"measured on the merge base, not on head{_detail(finding)}" + (
        chosen if finding.selected else ""
    )


def _new(finding: Finding) -> str:
    detail = f" ({inline(finding.detail)})" if finding.detail else ""
    if finding.selected:
        fate = f"head's sweep selected {code(finding.selected)}, which is one of them"
    else:
        fate = "changes nothing"
    return f"new in head: nothing to compare with, {fate}{detail}"


def _not_measured(finding: Finding) -> str:
    if finding.case:
        return f"expected, but not measured{_detail(finding)}"
    return "nothing was measured"


def _out_of_time(finding: Finding) -> str:
    if finding.points is None:
        return f"the time was up before one pair of launches was done{_detail(finding)}"
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
    ending = inline(finding.ending) or "failed"
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


def _measurement_changed(finding: Finding) -> str:
    files = f" ({inline(finding.detail)})" if finding.detail else ""
    said = f"head changes the files that measure it{files}, so no verdict"
    if finding.change is None:
        return f"{said}: the merge base's copy gave no number"
    return f"{said}: the numbers are by the merge base's copy"


def _behaviour_changed(finding: Finding) -> str:
    if finding.limit is None or not finding.change:
        return f"behaviour changed: a fact, no fault by itself{_detail(finding)}"
    end = "within" if is_worse(finding) else "and not worse: within"
    return f"behaviour changed, {end} the {budget(finding, of=True)}{_detail(finding)}"


def _not_reproducible(finding: Finding) -> str:
    said = f"the same seed gave another value{_detail(finding)}"
    if finding.outcome is Outcome.INCONCLUSIVE:
        return f"cannot tell: {said}"
    if finding.side is Side.HEAD:
        fresh = "in a fresh process the same points and seeds gave other values"
        return f"not reproducible on head: {fresh}{_detail(finding)}"
    return f"not reproducible: declared deterministic, yet {said}"


def _look_ahead(finding: Finding) -> str:
    return f"what it decides depends on later bars{_detail(finding)}"


def _median_drop(finding: Finding) -> str:
    among = f"all {finding.points_of}" if finding.points_of else "all"
    return f"the median over {among} configurations is {_drop(finding)}"


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
    Reason.NOT_WORSE: _not_worse,
    Reason.CANNOT_TELL: _cannot_tell,
    Reason.AT_THE_BUDGET: _at_the_budget,
    Reason.TOO_FEW_PAIRS: _too_few,
    **doubts.WHY,
    Reason.SCREENED: lambda _: "unchanged: screened against the runner's stored level",
    Reason.MEASUREMENT_CHANGED: _measurement_changed,
    Reason.OWN_COPY: lambda _: (
        "by head's own copy of the measuring files: for information, changes nothing"
    ),
    Reason.NEW_IN_HEAD: _new,
    Reason.MISSING_IN_HEAD: _missing,
    Reason.NOT_MEASURED: _not_measured,
    Reason.OUT_OF_TIME: _out_of_time,
    Reason.DATA_CHANGED: lambda finding: f"other data than the baseline's{_detail(finding)}",
    Reason.NOT_COMPARABLE: _not_comparable,
    Reason.METRIC_DROP: _drop,
    Reason.P90_OVER: lambda finding: f"over the maximum of{_bounded(finding)}{_detail(finding)}",
    Reason.SUCCESS_UNDER: lambda finding: (
        f"under the minimum of{_bounded(finding)}{_detail(finding)}"
    ),
    Reason.BEHAVIOUR_CHANGED: _behaviour_changed,
    Reason.MEDIAN_DROP: _median_drop,
    Reason.NOT_REPRODUCIBLE: _not_reproducible,
    Reason.NOT_DETERMINISTIC: lambda _: "the same seed gave another value",
    Reason.LOOK_AHEAD: _look_ahead,
    Reason.BASE_FAILED: _base_failed,
    Reason.FAILED: _failed,
    Reason.INVALID: _invalid,
    Reason.INFRASTRUCTURE: _infrastructure,
}
