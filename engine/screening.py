"""The screen of a benchmark suite: cases that a few launches of head show to be unchanged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.benchmark_findings import fraction
from engine.budgets import budget_for
from engine.certificates import CaseCertificate
from engine.findings import Finding, Reason
from engine.gates import Gauge
from engine.orders import RunOrder
from engine.samples import PairLaunch
from engine.series import Key, Series, collect
from engine.stats.certificate import screenable
from engine.stats.clock import BUSY
from engine.stats.screen import ERRORS, SCREEN_LAUNCHES, HeadLevels, screen
from engine.stats.screen import Screened as Seen
from engine.values import Outcome, Side


@dataclass(frozen=True, slots=True)
class Screened:
    """A case that is unchanged as far as its runner's stored level tells."""

    finding: Finding


def screenable_cases(gauge: Gauge) -> frozenset[str]:
    """Name the cases whose stored level is steady enough to be held against."""
    certificate = gauge.certificate
    if certificate is None or certificate.quarantined:
        return frozenset()
    return frozenset(one.case for one in certificate.cases if screenable(one, _budget(gauge, one)))


def screened_cases(
    order: RunOrder, gauge: Gauge, launches: Sequence[PairLaunch]
) -> Mapping[str, Screened]:
    """Give the cases that head's screen launches show to be unchanged, each with its row.

    Every metric that was measured must have a stored level and be unchanged by it, but of a time
    that was measured by both clocks the stored one alone.
    """
    made = [launch for launch in launches if launch.purpose == "screen"]
    may = screenable_cases(gauge) if made and order.purpose == "check" else frozenset()
    series = collect(made)
    found = ((case, _screened(case, series, gauge, made)) for case in sorted(may))
    return {case: Screened(finding) for case, finding in found if finding is not None}


def _screened(
    case: str, series: Mapping[Key, Series], gauge: Gauge, made: Sequence[PairLaunch]
) -> Finding | None:
    stored = {one.metric: one for one in _certificates(gauge, case)}
    metrics = {key.metric for key in series if key.case == case}
    if not metrics or not _covered(metrics, stored):
        return None
    if "cpu" in stored and not _busy(series, case, gauge):
        return None
    findings = [
        _held(stored[metric], series, gauge, made) for metric in sorted(metrics & set(stored))
    ]
    if any(one is None for one in findings):
        return None
    return findings[0]


def _covered(metrics: set[str], stored: Mapping[str, CaseCertificate]) -> bool:
    """Whether each metric has a stored level; of two clocks one is enough."""
    clocks = {"cpu", "wall"}
    missing = metrics - stored.keys()
    return not missing or (missing <= clocks <= metrics and len(missing) == 1)


def _busy(series: Mapping[Key, Series], case: str, gauge: Gauge) -> bool:
    """Whether head still spends its time computing, so that CPU time tells all of it."""
    cpu, wall = series.get(Key(case, "cpu")), series.get(Key(case, "wall"))
    if cpu is None or wall is None:
        return cpu is not None
    mei = budget_for(gauge.budgets, case, "cpu", "s").budget.max_worsening
    limit = max(BUSY, 1 - mei / 2)
    found = wall.samples[Side.HEAD]
    return all(
        min(cpu.samples[Side.HEAD].get(pair, [0.0])) > limit * min(found[pair]) for pair in found
    )


def _held(
    stored: CaseCertificate,
    series: Mapping[Key, Series],
    gauge: Gauge,
    made: Sequence[PairLaunch],
) -> Finding | None:
    one = series[Key(stored.case, stored.metric)]
    pairs = sorted(one.samples[Side.HEAD])
    if not one.comparable or len(pairs) < SCREEN_LAUNCHES or one.is_unsteady:
        return None
    levels = one.levels(Side.HEAD, pairs, gauge.reduce)
    references = {launch.pair: launch.conditions.reference_s for launch in made}
    match = budget_for(gauge.budgets, stored.case, stored.metric, one.unit)
    head = HeadLevels(levels, [references[pair] for pair in pairs])
    seen = screen(stored, head, max_worsening=match.budget.max_worsening)
    if seen is None or not seen.unchanged:
        return None
    return _finding(stored, one, match.budget.max_worsening, seen, match.path)


def _finding(
    stored: CaseCertificate, one: Series, limit: float, seen: Seen, path: tuple[str, ...]
) -> Finding:
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
        limit=limit,
        budget_path=path,
    )


def _certificates(gauge: Gauge, case: str) -> Iterator[CaseCertificate]:
    cases = () if gauge.certificate is None else gauge.certificate.cases
    return (one for one in cases if one.case == case)


def _budget(gauge: Gauge, one: CaseCertificate) -> float:
    unit = "s" if one.metric in {"cpu", "wall"} else ""
    return budget_for(gauge.budgets, one.case, one.metric, unit).budget.max_worsening
