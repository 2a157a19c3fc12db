"""Certificates: what null runs of a commit against itself say of a runner, and of each case on it.

A null run's spreads are those of real runs, and every regression or improvement that it finds is
a false alarm: so they are counted, and the spreads take part in later decisions.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from engine.certificates import CaseCertificate, Certificate, NullComparison, NullSession
from engine.findings import NullRecord
from engine.stats import constants as c
from engine.stats.proportions import lower_limit, upper_limit
from engine.values import Outcome

SPREAD_SESSIONS = 20
LEVEL_SESSIONS = 4
ALARM_DAYS = 30
MAX_ALARM_RATE = 0.005  # a runner that surely has more is quarantined
DRIFTS = 6  # of a level must fit into a budget that it is screened under
MAX_WEIGHT = 3.0  # medians: no session counts with a larger spread

ALARMS = frozenset({Outcome.REGRESSION, Outcome.IMPROVEMENT})
COMPARED = ALARMS | {Outcome.PASS, Outcome.INCONCLUSIVE}
# What the speed of the machine changes; the memory that a case needs, it does not.
_TIMES = frozenset({"wall", "cpu"})


class _Key(NamedTuple):
    case: str
    metric: str


class _Seen(NamedTuple):
    """One comparison, and the reference kernel's level in its session."""

    comparison: NullComparison
    reference_s: float | None


class _Level(NamedTuple):
    """A level, of so many launches, and the reference kernel's level in them."""

    level: float
    launches: int
    reference_s: float


def certify(
    sessions: Sequence[NullSession], *, runner: str, fingerprint: str, now_utc: str
) -> Certificate:
    """Certify one suite on one runner from its null *sessions*, in whichever order they come.

    Those of another runner or hardware *fingerprint* are left out. Spreads and drift are of the
    last 20 sessions, levels of the last 4, false alarms of the last 30 days before *now_utc*.
    Whether it is quarantined goes by the 30 days before its newest session: so that only further
    sessions end that, and the mere lack of them does not.

    Raises:
        ValueError: a time is not an ISO 8601 one with a zone.
    """
    own = [one for one in sessions if (one.runner, one.fingerprint) == (runner, fingerprint)]
    own.sort(key=lambda one: (_instant(one.measured_utc), one.session))
    since = _instant(now_utc) - timedelta(days=ALARM_DAYS)
    newest = _instant(own[-1].measured_utc) if own else since
    alarms, comparisons = _alarms(own, since)
    former, of = _alarms(own, newest - timedelta(days=ALARM_DAYS))
    return Certificate(
        runner=runner,
        fingerprint=fingerprint,
        cases=tuple(_cases(own[-SPREAD_SESSIONS:])),
        comparisons=comparisons,
        alarms=alarms,
        quarantined=lower_limit(former, of) > MAX_ALARM_RATE,
    )


def screenable(case: CaseCertificate, max_worsening: float) -> bool:
    """Whether head may be held against the stored level, under a budget of *max_worsening*.

    That takes a level (so four sessions in which the reference kernel ran) whose drift between
    sessions is at most a sixth of the budget, a fraction.

    >>> stored = CaseCertificate(case="a", metric="cpu", pair_sd=0.004, launch_sd=0.004,
    ...     sessions=4, drift=0.004, level=0.002, level_launches=64, reference_s=0.004)
    >>> screenable(stored, 0.03), screenable(stored, 0.02)
    (True, False)
    """
    if case.level is None or case.launch_sd is None or case.drift is None:
        return False
    return DRIFTS * case.drift <= max_worsening


def null_record(certificate: Certificate) -> NullRecord | None:
    """Word the false alarms of a runner as reports show them; None before the first comparison.

    >>> quiet = Certificate(runner="r", fingerprint="f", cases=(), comparisons=300, alarms=0)
    >>> found = null_record(quiet)
    >>> found.alarms, found.comparisons, round(found.at_most, 4)
    (0, 300, 0.0099)
    """
    if not certificate.comparisons:
        return None
    return NullRecord(
        alarms=certificate.alarms,
        comparisons=certificate.comparisons,
        at_most=upper_limit(certificate.alarms, certificate.comparisons),
        days=ALARM_DAYS,
    )


def pooled_spread(spreads: Sequence[tuple[int, float]]) -> float:
    """Pool the spreads of sessions, each with its degrees of freedom: √(Σ f s² / Σ f).

    A session ends early where its pairs happen to lie close together. Weighted by their degrees of
    freedom the squares still have the right mean (Wald's identity); a median of sessions would be
    too small. From three sessions on none counts with more than three times their median, so that
    one bad night does not blind the runner for weeks.

    >>> round(pooled_spread([(7, 0.01), (7, 0.02)]), 4), pooled_spread([(7, 0.01)] * 3)
    (0.0158, 0.01)
    >>> round(pooled_spread([(4, 0.01)] * 19 + [(4, 0.5)]), 4)
    0.0118

    Raises:
        ValueError: there is none.
    """
    values = [spread for _, spread in spreads]
    most = MAX_WEIGHT * statistics.median(values) if len(values) > 2 else math.inf  # noqa: PLR2004
    total = math.fsum(freedom * min(spread, most) ** 2 for freedom, spread in spreads)
    return math.sqrt(total / sum(freedom for freedom, _ in spreads))


def is_time(metric: str) -> bool:
    """Whether the speed of the machine, as its reference kernel shows it, changes *metric*."""
    return metric in _TIMES


def _alarms(sessions: Sequence[NullSession], since: datetime) -> tuple[int, int]:
    """Count the alarms, and the comparisons that they are of, from *since* on."""
    recent = (one for one in sessions if _instant(one.measured_utc) >= since)
    outcomes = [each.outcome for one in recent for each in one.comparisons]
    compared = sum(outcome in COMPARED for outcome in outcomes)
    return sum(outcome in ALARMS for outcome in outcomes), compared


def _instant(utc: str) -> datetime:
    instant = datetime.fromisoformat(utc)
    if instant.tzinfo is None:
        message = f"a time must have its zone, found {utc!r}"
        raise ValueError(message)
    return instant


def _cases(sessions: Sequence[NullSession]) -> list[CaseCertificate]:
    seen: dict[_Key, list[_Seen]] = {}
    for session in sessions:
        for one in session.comparisons:
            key = _Key(one.case, one.metric)
            seen.setdefault(key, []).append(_Seen(one, session.reference_s))
    found = (_case(key, seen[key]) for key in sorted(seen))
    return [case for case in found if case is not None]


def _case(key: _Key, seen: Sequence[_Seen]) -> CaseCertificate | None:
    """Certify one case; None: its spread was never seen."""
    compared = [one.comparison for one in seen]
    pairs = [(one.pairs - 1, one.pair_sd) for one in compared if one.pair_sd is not None]
    launches = [(one.launches - 1, one.launch_sd) for one in compared if one.launch_sd is not None]
    if not pairs:
        return None
    level = _level(seen)
    return CaseCertificate(
        case=key.case,
        metric=key.metric,
        pair_sd=max(pooled_spread(pairs), c.SPREAD_FLOOR),
        launch_sd=max(pooled_spread(launches), c.SPREAD_FLOOR) if launches else None,
        sessions=len(pairs),
        drift=_drift(key.metric, seen),
        level=None if level is None else level.level,
        level_launches=None if level is None else level.launches,
        reference_s=None if level is None else level.reference_s,
    )


def _drift(metric: str, seen: Sequence[_Seen]) -> float | None:
    """Give the sd of ln(level) between sessions; of times, net of the reference kernel's."""
    shared = [one for one in seen if one.reference_s is not None]
    known = shared or seen  # where the kernel never ran, the machine's own shifts are in it
    levels = [
        math.log(one.comparison.level)
        - (math.log(one.reference_s) if one.reference_s is not None and is_time(metric) else 0.0)
        for one in known
        if one.comparison.level is not None
    ]
    return statistics.stdev(levels) if len(levels) > 1 else None


def _level(seen: Sequence[_Seen]) -> _Level | None:
    """Give the level of the last sessions at the reference's; None with fewer than four of them.

    Both are geometric means in which a session counts with its launches, so ln(level) less
    ln(reference) is the mean of the sessions' own.
    """
    known = [
        _Level(one.comparison.level, one.comparison.launches, one.reference_s)
        for one in seen
        if one.comparison.level is not None and one.reference_s is not None
    ][-LEVEL_SESSIONS:]
    weights = [one.launches for one in known]
    if len(known) < LEVEL_SESSIONS or not all(weights):
        return None
    return _Level(
        _mean([one.level for one in known], weights),
        sum(weights),
        _mean([one.reference_s for one in known], weights),
    )


def _mean(values: Sequence[float], weights: Sequence[int]) -> float:
    """Give the geometric mean."""
    return math.exp(statistics.fmean(map(math.log, values), weights))
