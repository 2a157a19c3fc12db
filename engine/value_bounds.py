"""The absolute bound of a benchmark's case, ``max_value``: head must not be worse than it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.budgets import BudgetMatch
from engine.findings import Finding, Reason
from engine.outcomes import INFORMATIONAL, severity
from engine.stats.bounds import bound_outcome
from engine.units import normalise, parse_quantity
from engine.values import Better, Outcome

_REASONS = {Outcome.REGRESSION: Reason.OVER_MAX_VALUE, Outcome.INCONCLUSIVE: Reason.AT_MAX_VALUE}


def within_bound(finding: Finding, head: Sequence[float], match: BudgetMatch) -> Finding:
    """Hold head's levels, in the finding's unit, against the bound of *match*.

    The bound can only make an outcome worse; what it says of a case that is new counts, too.
    """
    if match.budget.max_value is None or not head:
        return finding
    bound = _bound(match.budget.max_value, finding.unit)
    if bound is None:
        return _wrong_bound(finding, match)
    outcome = bound_outcome(head, bound, finding.better or Better.LOWER)
    reason = _REASONS.get(outcome)
    if reason is None:
        return _with(finding, bound=bound)
    worse = _with(finding, outcome=outcome, reason=reason, bound=bound)
    if finding.reason in INFORMATIONAL:
        return _with(worse, budget_path=match.path, caveats=(*finding.caveats, "new in head"))
    return worse if severity(worse) > severity(finding) else _with(finding, bound=bound)


def _bound(value: str | float, unit: str) -> float | None:
    """Give the bound in *unit*; None: of another kind, or a number where a unit is needed."""
    if isinstance(value, str):
        number, bound_unit = parse_quantity(value)
        return number if bound_unit == unit else None
    return None if normalise(1.0, unit)[1] in {"s", "B"} else float(value)


def _wrong_bound(finding: Finding, match: BudgetMatch) -> Finding:
    value, unit = match.budget.max_value, finding.unit or "its unit"
    return _with(
        finding,
        outcome=Outcome.ERROR,
        reason=Reason.INVALID,
        step="apply max_value",
        detail=f"max_value {value} is no quantity in {unit}",
        budget_path=match.path,
    )


def _with(finding: Finding, **changes: object) -> Finding:
    return msgspec.structs.replace(finding, **changes)
