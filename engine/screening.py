"""The screen of a benchmark suite: cases that a few launches of head show to be unchanged."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from engine.benchmark_findings import fraction
from engine.budgets import BudgetMatch, budget_for
from engine.certificates import CaseCertificate
from engine.course import Course
from engine.findings import Finding, Reason
from engine.gates import CLOCKS, Gauge
from engine.orders import RunOrder
from engine.samples import PairLaunch
from engine.series import Key, Series, collect
from engine.stats.certificate import screenable
from engine.stats.clock import BUSY
from engine.stats.screen import ERRORS, SCREEN_LAUNCHES, HeadLevels, screen
from engine.stats.screen import Screened as Seen
from engine.units import axis_of
from engine.value_bounds import within_bound
from engine.values import Better, Outcome, Side

Rows = tuple[Finding, ...]
_SUITE_FROM = 3


def may_screen(order: RunOrder, course: Course) -> bool:
    """Whether a fresh order is to be screened: a check's, of cases with a steady stored level."""
    fresh = not course.is_continued and not order.measuring_changed
    return fresh and _counts(order) and bool(_screenable_cases(course.gauge))


def screened_cases(
    order: RunOrder, course: Course, launches: Sequence[PairLaunch]
) -> Mapping[str, Rows]:
    """Give the cases that head's screen launches show to be unchanged, with a row a metric.

    The launches of the session that the order continues count. Every metric that was measured
    must have a stored level and be unchanged by it, and every stored one must have been measured;
    but of a time that was measured by both clocks the stored one alone. What is over its
    ``max_value`` is a suspect.
    """
    made = [one for one in (*course.earlier, *launches) if one.purpose == "screen"]
    if not made or not _counts(order):
        return {}
    session = _Screen(course.gauge, made, collect(made))
    found = ((case, session.rows(case)) for case in sorted(_screenable_cases(course.gauge)))
    return {case: rows for case, rows in found if rows}


def screened_suite(rows: Iterable[Finding]) -> Finding | None:
    """Give the mean change of the screened times together; None for fewer than three.

    They share what the reference kernel missed of the machine's shift, so their errors are not
    taken for independent: the mean of the half widths is the half width of the mean.
    """
    times = [one for one in rows if axis_of(one.metric, one.unit) == "time"]
    spans = [(one.low, one.high) for one in times if one.low is not None and one.high is not None]
    if len(spans) < _SUITE_FROM:
        return None
    low, high = (math.fsum(map(math.log1p, ends)) / len(spans) for ends in zip(*spans, strict=True))
    limits = [math.log1p(one.limit) for one in times if one.limit is not None]
    return Finding(
        case="",
        metric="time",
        outcome=Outcome.PASS,
        reason=Reason.SCREENED,
        better=Better.LOWER,
        whole_suite=True,
        points=len(spans),
        change=fraction((low + high) / 2),
        low=fraction(low),
        high=fraction(high),
        limit=fraction(math.fsum(limits) / len(limits)),
    )


def _counts(order: RunOrder) -> bool:
    """Whether a screen may clear a case: a null run and a second opinion measure everything."""
    return order.purpose == "check" and order.confirms is None


def _screenable_cases(gauge: Gauge) -> frozenset[str]:
    certificate = gauge.certificate
    if certificate is None or certificate.quarantined:
        return frozenset()
    return frozenset(one.case for one in certificate.cases if screenable(one, _limit(gauge, one)))


def _limit(gauge: Gauge, one: CaseCertificate) -> float:
    unit = "s" if one.metric in CLOCKS else ""
    return budget_for(gauge.budgets, one.case, one.metric, unit).budget.max_worsening


class _Screen:
    """The screen launches of one session."""

    def __init__(
        self, gauge: Gauge, made: Sequence[PairLaunch], series: Mapping[Key, Series]
    ) -> None:
        self.gauge = gauge
        self.series = series
        self.references = {launch.pair: launch.conditions.reference_s for launch in made}
        self.measured: dict[str, set[str]] = {}
        for key in series:
            self.measured.setdefault(key.case, set()).add(key.metric)
        self.stored: dict[str, dict[str, CaseCertificate]] = {}
        for one in gauge.certificate.cases if gauge.certificate else ():
            self.stored.setdefault(one.case, {})[one.metric] = one

    def rows(self, case: str) -> Rows | None:
        """Give a row for each stored metric of *case*; None: it is a suspect."""
        measured, stored = self.measured.get(case, set()), self.stored[case]
        if not _covered(measured, stored) or ("cpu" in stored and not self._busy(case)):
            return None
        rows = [self._held(stored[metric]) for metric in sorted(stored)]
        cleared = tuple(row for row in rows if row is not None)
        return cleared if len(cleared) == len(rows) else None

    def _busy(self, case: str) -> bool:
        """Whether head still spends its time computing, so that CPU time tells all of it."""
        cpu, wall = self.series.get(Key(case, "cpu")), self.series.get(Key(case, "wall"))
        if cpu is None or wall is None:
            return cpu is not None
        mei = budget_for(self.gauge.budgets, case, "cpu", "s").budget.max_worsening
        limit, elapsed = max(BUSY, 1 - mei / 2), wall.samples[Side.HEAD]
        busy = cpu.samples[Side.HEAD]
        # By the mean: a screen is the only look, and waiting in some of the samples counts.
        return all(sum(busy.get(pair, [])) > limit * sum(elapsed[pair]) for pair in elapsed)

    def _held(self, stored: CaseCertificate) -> Finding | None:
        one = self.series[Key(stored.case, stored.metric)]
        pairs = sorted(one.samples[Side.HEAD])
        if not one.comparable or len(pairs) < SCREEN_LAUNCHES or one.is_unsteady:
            return None
        levels = one.levels(Side.HEAD, pairs, self.gauge.reduce)
        match = budget_for(self.gauge.budgets, stored.case, stored.metric, one.unit)
        head = HeadLevels(levels, [self.references[pair] for pair in pairs])
        seen = screen(stored, head, max_worsening=match.budget.max_worsening)
        if seen is None or not seen.unchanged:
            return None
        row = within_bound(_row(stored, one, seen, match), levels, match)
        return row if row.outcome is Outcome.PASS else None


def _covered(measured: set[str], stored: Mapping[str, CaseCertificate]) -> bool:
    """Whether each metric has a stored level and the other way round; one clock may be missing."""
    missing = measured - stored.keys()
    one_clock = len(missing) == 1 and missing <= CLOCKS <= measured
    return bool(measured) and stored.keys() <= measured and (not missing or one_clock)


def _row(stored: CaseCertificate, one: Series, seen: Seen, match: BudgetMatch) -> Finding:
    return Finding(
        case=stored.case,
        metric=stored.metric,
        outcome=Outcome.PASS,
        reason=Reason.SCREENED,
        unit=one.unit,
        better=one.better,
        base=stored.level,
        head=None if stored.level is None else stored.level * (1 + fraction(seen.effect)),
        change=fraction(seen.effect),
        low=fraction(seen.effect - ERRORS * seen.error),
        high=fraction(seen.effect + ERRORS * seen.error),
        limit=match.budget.max_worsening,
        budget_path=match.path,
    )


def screened_rows(screened: Mapping[str, Rows]) -> Iterator[Finding]:
    """Give the rows of all screened cases, in the order of their names."""
    return (row for case in sorted(screened) for row in screened[case])
