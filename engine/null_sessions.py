"""From a null run's report to a null session: spreads and levels of each comparison, and alarms."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

import numpy as np

from engine.certificates import NullComparison, NullSession
from engine.findings import Finding, SuiteVerdict
from engine.orders import BenchmarkEvidence, RunOrder, RunReport
from engine.outcomes import INFORMATIONAL
from engine.samples import PairLaunch
from engine.series import Key, Series, collect, pooled
from engine.stats import constants as c
from engine.stats.levels import level
from engine.stats.spreads import pulled_in
from engine.values import Better, Side


def null_session(
    order: RunOrder, report: RunReport, verdict: SuiteVerdict, measured_utc: str
) -> NullSession:
    """Sum up the null run *order*, whose *report* was judged to be *verdict*.

    *measured_utc* is by the clock of who stores it, not of the machine that measured. A comparison
    is a case and metric that was judged, with the spread of its pairs (all that were measured, on
    the clock that decided) and the level of its launches.

    Raises:
        ValueError: the order is no null run: a change between its commits would count as an alarm.
    """
    if order.purpose != "null" or order.base != order.head:
        message = f"{order.run} compares {order.base[:7]} with {order.head[:7]}: it is no null run"
        raise ValueError(message)
    launches = _launches(report)
    measured = collect(launches)
    judged = (one for one in verdict.findings if _counts(one))
    return NullSession(
        session=order.run,
        repository=order.repository,
        suite=order.suite_name,
        runner=report.runner,
        fingerprint=report.machine.fingerprint,
        commit=order.base,
        measured_utc=measured_utc,
        reference_s=_reference(launches),
        comparisons=tuple(_comparison(one, measured, dedicated=report.dedicated) for one in judged),
    )


def _counts(finding: Finding) -> bool:
    """Whether a row is one that every run has: means and the whole suite show only when decided."""
    shown = finding.reason not in INFORMATIONAL and bool(finding.metric)
    return shown and finding.statistic == "level" and not finding.whole_suite


def _launches(report: RunReport) -> tuple[PairLaunch, ...]:
    if not isinstance(report.evidence, BenchmarkEvidence):
        return ()
    return pooled((), report.evidence.launches)


def _reference(launches: Sequence[PairLaunch]) -> float | None:
    known = [one.conditions.reference_s for one in launches if one.conditions.reference_s]
    return statistics.median(known) if known else None


def _comparison(
    finding: Finding, measured: Mapping[Key, Series], *, dedicated: bool
) -> NullComparison:
    series = measured.get(Key(finding.case, finding.metric))
    bare = NullComparison(
        case=finding.case, metric=finding.metric, outcome=finding.outcome, pairs=finding.pairs or 0
    )
    if finding.whole_suite or series is None or not series.comparable:
        return bare
    base, head = (_logs(series, side, dedicated=dedicated) for side in (Side.BASE, Side.HEAD))
    if not base or not head:
        return bare
    both = [*base, *head]
    return NullComparison(
        case=finding.case,
        metric=finding.metric,
        outcome=finding.outcome,
        pairs=len(base),
        pair_sd=_spread([there - here for here, there in zip(base, head, strict=True)]),
        launch_sd=_spread(both),
        level=math.exp(statistics.fmean(_pulled(both))),
        launches=len(both),
    )


def _logs(series: Series, side: Side, *, dedicated: bool) -> list[float]:
    """Give ln(level) of a side's launches in whole pairs; none where a level has no logarithm."""

    def reduce(samples: Sequence[float], better: Better) -> float:
        return level(samples, better, dedicated=dedicated)

    levels = series.levels(side, series.pairs, reduce)
    return [math.log(one) for one in levels] if all(one > 0 for one in levels) else []


def _pulled(values: Sequence[float]) -> list[float]:
    """Pull outliers in, as decisions do: where there are enough values to tell them."""
    if len(values) < c.MIN_PULLED_PAIRS:
        return list(values)
    pulled: list[float] = pulled_in(np.array([values]))[0].tolist()
    return pulled


def _spread(values: Sequence[float]) -> float | None:
    """Give the sd of *values*, outliers pulled in; no spread is known better than 0.1 %."""
    if len(values) < 2:  # noqa: PLR2004 - a spread takes two
        return None
    return max(statistics.stdev(_pulled(values)), c.SPREAD_FLOOR)
