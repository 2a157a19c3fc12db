"""Which way a change goes, and whether its whole interval lies on one side of the budget."""

from __future__ import annotations

import math

from engine.findings import Finding
from engine.values import Better


def rose(finding: Finding) -> bool:
    """Whether head's number is the larger one."""
    return (finding.change or 0.0) > 0


def is_worse(finding: Finding) -> bool:
    """Whether head lies in the metric's worse direction."""
    return rose(finding) is (finding.better is not Better.HIGHER)


def beyond(finding: Finding) -> str:
    """Say on which side of an absolute bound the worse values lie."""
    return "under" if finding.better is Better.HIGHER else "over"


def wholly_beyond(finding: Finding) -> bool:
    """Whether the whole 99 % interval lies beyond the budget, on the side of the change.

    >>> from engine.findings import Reason
    >>> from engine.values import Outcome
    >>> row = Finding(case="c", metric="wall", outcome=Outcome.REGRESSION, limit=0.03,
    ...     reason=Reason.OVER_BUDGET, change=0.05, low=0.04, high=0.06)
    >>> wholly_beyond(row)
    True
    """
    ends = _ends(finding)
    if ends is None:
        return True  # nothing is shown that could say otherwise
    size = min(map(abs, ends)) if ends[0] * ends[1] > 0 else 0.0
    return size > math.log1p(finding.limit or 0.0)


def wholly_within(finding: Finding) -> bool:
    """Whether the whole 99 % interval lies within the budget, either way."""
    ends = _ends(finding)
    return ends is not None and max(map(abs, ends)) <= math.log1p(finding.limit or 0.0)


def _ends(finding: Finding) -> tuple[float, float] | None:
    """Give the ends of the interval as logarithms: there the budget is as far either way."""
    low, high = finding.low, finding.high
    if low is None or high is None or finding.limit is None:
        return None
    return (_log(low), _log(high))


def _log(fraction: float) -> float:
    return math.log1p(fraction) if fraction > -1 else -math.inf
