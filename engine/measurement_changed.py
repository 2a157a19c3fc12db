"""A change of the files that measure: its rows are no verdict, until a maintainer accepts them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from engine.benchmark_findings import replaced, unjudged
from engine.findings import Finding, Reason
from engine.gates import Gauge
from engine.outcomes import COMPARED
from engine.samples import PairLaunch
from engine.series import Key, Series, collect
from engine.values import Outcome, Side


def set_aside(finding: Finding) -> Finding:
    """Keep the numbers of the merge base's measuring files, and decide nothing by them."""
    if finding.outcome not in COMPARED:
        return finding
    return replaced(
        finding,
        outcome=Outcome.NO_VERDICT,
        reason=Reason.MEASUREMENT_CHANGED,
        further_pairs=None,
        p=None,
    )


def runs_by_own_copy(case: str, launches: Sequence[PairLaunch]) -> bool | None:
    """Tell whether head measured *case* with its own measuring files; None: with those, nothing."""
    measured = [one.measured for one in launches if one.purpose == "own_copy"]
    if not measured:
        return None
    return any(one.case == case for found in measured for one in found)


def own_copy_findings(
    findings: Iterable[Finding], launches: Sequence[PairLaunch], gauge: Gauge
) -> tuple[Finding, ...]:
    """Give a row that only informs for all that head measured with its own measuring files."""
    series = collect(launch for launch in launches if launch.purpose == "own_copy")
    bases = {Key(one.case, one.metric): one for one in findings if one.base is not None}
    cases = {key.case for key in bases}
    rows = (
        _row(key, one, bases.get(key), gauge)
        for key, one in sorted(series.items())
        if one.comparable and (key in bases or key.case not in cases)
    )
    return tuple(row for row in rows if row is not None)


def _row(key: Key, one: Series, base: Finding | None, gauge: Gauge) -> Finding | None:
    found = one.samples[Side.HEAD]
    levels = one.levels(Side.HEAD, sorted(found), gauge.reduce)
    if not levels or min(levels) <= 0:
        return None
    reason = Reason.OWN_COPY if base is not None else Reason.NEW_IN_HEAD
    return replaced(
        unjudged(key, reason),
        unit=one.unit,
        better=one.better,
        base=None if base is None else base.base,
        head=math.exp(math.fsum(map(math.log, levels)) / len(levels)),
    )
