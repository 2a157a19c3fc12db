"""The ratchet: how far many small losses may take a suite from the level that was accepted.

A paired check against a baseline's origin commit gives the whole of the change. Which part of it
is more than the ratchet budget allows, and surely so, is decided here.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from enum import StrEnum
from typing import NamedTuple

import msgspec

from engine.budgets import DEFAULT_MAX_WORSENING
from engine.configuration import Ratchet
from engine.findings import Finding, Reason, SuiteVerdict
from engine.values import PAIRED_KINDS, Better, Outcome, SuiteKind

# Of these the pairs have shown that there is a change at all; how large it is, the interval says.
_REAL = frozenset({Reason.OVER_BUDGET, Reason.REAL_BUT_SMALL, Reason.AT_THE_BUDGET})
_SETTLED = frozenset({Outcome.PASS, Outcome.IMPROVEMENT, Outcome.REGRESSION})
_TIME = "time"  # by whichever clock a night's launches could be judged
_NEAR = 0.5  # of the budget: where the near end of the interval must lie beyond


class Level(StrEnum):
    """Where a series is, seen from its accepted level."""

    OVER = "over"  # further away than the ratchet budget, and surely so
    WITHIN = "within"
    UNKNOWN = "unknown"  # the pairs cannot tell


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """How far one case and metric came from the accepted level, on one kind of hardware.

    ``metric`` is ``time`` where the clock was chosen: by cpu one night and by wall the next it is
    the same loss.

    ``change``, ``low`` and ``high`` are as the finding has them, ``limit`` is the ratchet budget:
    fractions for benchmarks, absolute differences for a sweep's metric (without interval, the
    three are the same number). ``as_of`` is the day on which it was told, where that was earlier.
    """

    case: str
    metric: str
    fingerprint: str
    level: Level
    change: float
    low: float
    high: float
    limit: float | None = None
    as_of: str | None = None


def courses(
    suite: SuiteVerdict, ratchet: Ratchet | None, cases: Collection[str] | None = None
) -> tuple[Course, ...]:
    """Say of each judged row of *suite* how far it came; None: of every case, else of these.

    Without a ratchet, a row may lose what its own budget allows.
    """
    if suite.fingerprint is None:
        return ()
    rows = (one for one in suite.findings if _counts(one, suite.kind))
    chosen = (one for one in rows if cases is None or one.case in cases)
    return tuple(
        course
        for one in chosen
        if (course := _course(one, suite, suite.fingerprint, ratchet)) is not None
    )


def _counts(finding: Finding, kind: SuiteKind) -> bool:
    """Whether a row is a series of its own: means, whole suites and lists of points repeat it."""
    single = bool(finding.case) and not finding.whole_suite and finding.statistic == "level"
    if kind in PAIRED_KINDS:
        return single and bool(finding.metric)
    return kind is SuiteKind.SWEEP and single and bool(finding.metric) and finding.points is None


def _course(
    finding: Finding, suite: SuiteVerdict, fingerprint: str, ratchet: Ratchet | None
) -> Course | None:
    change, better = finding.change, finding.better
    if change is None or better is None or not math.isfinite(change):
        return None
    low = change if finding.low is None else finding.low
    high = change if finding.high is None else finding.high
    limit = _limit(finding, ratchet)
    return Course(
        case=finding.case,
        metric=finding.metric if finding.clock is None else _TIME,
        fingerprint=fingerprint,
        level=_level(finding, suite.kind, _losses(suite.kind, better, (change, low, high)), limit),
        change=change,
        low=low,
        high=high,
        limit=limit,
    )


def _limit(finding: Finding, ratchet: Ratchet | None) -> float:
    if ratchet is not None:
        return ratchet.max_cumulative_drop
    return DEFAULT_MAX_WORSENING if finding.limit is None else finding.limit


class _Losses(NamedTuple):
    """A loss, the least and the most that it may be: in logarithms where changes are fractions."""

    loss: float
    least: float
    most: float


def _losses(kind: SuiteKind, better: Better, changes: tuple[float, float, float]) -> _Losses:
    sign = 1.0 if better is Better.LOWER else -1.0
    scaled = changes if kind is SuiteKind.SWEEP else tuple(map(_log, changes))
    change, low, high = (sign * one for one in scaled)
    return _Losses(change, min(low, high), max(low, high))


def _log(change: float) -> float:
    return math.log1p(change) if change > -1 else -math.inf


def _level(finding: Finding, kind: SuiteKind, losses: _Losses, limit: float) -> Level:
    """Decide as a check does: the loss over the limit, its near end beyond half of it.

    What is neither surely over nor within says nothing: else one noisy night would call a loss
    won back that still stands, and the next night would tell it as news.
    """
    allowed = limit if kind is SuiteKind.SWEEP else math.log1p(limit)
    real = finding.reason in _REAL or (kind is SuiteKind.SWEEP and finding.outcome in _SETTLED)
    if real and losses.loss > allowed and losses.least > max(0.0, _NEAR * allowed):
        return Level.OVER
    furthest = losses.most if finding.outcome is Outcome.REGRESSION else losses.loss
    within = finding.outcome in _SETTLED and furthest <= allowed
    return Level.WITHIN if within else Level.UNKNOWN


__all__ = ["Course", "Level", "courses"]
