"""Machines that disagree: the same comparison decided one way here and another way there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from engine.findings import Elsewhere, Finding, Reason
from engine.units import axis_of
from engine.values import Outcome

_RED = frozenset({Outcome.REGRESSION})
_GREEN = frozenset({Outcome.PASS, Outcome.IMPROVEMENT})


def disagreeing(
    findings: Sequence[Finding], there: Sequence[Finding], fingerprint: str
) -> tuple[Finding, ...]:
    """Take back what was decided here where hardware of *fingerprint* decided otherwise.

    Only a regression on one and green on the other is a disagreement: what is open there leaves
    a row as it is. A case's level and mean, by either clock, speak for each other.
    """
    here = _by_quantity(findings)
    others = _by_quantity(there)
    return tuple(
        _held(one, _opposite(here[_quantity(one)], others.get(_quantity(one), [])), fingerprint)
        for one in findings
    )


def _quantity(finding: Finding) -> tuple[str, bool, str]:
    metric = finding.metric.removeprefix("mean ")
    return (finding.case, finding.whole_suite, axis_of(metric, finding.unit))


def _by_quantity(findings: Iterable[Finding]) -> dict[tuple[str, bool, str], list[Finding]]:
    found: dict[tuple[str, bool, str], list[Finding]] = {}
    for one in findings:
        found.setdefault(_quantity(one), []).append(one)
    return found


def _opposite(here: Sequence[Finding], there: Sequence[Finding]) -> Finding | None:
    """Give the row there that contradicts those here; None where none does."""
    red_here, red_there = (_first(rows, _RED) for rows in (here, there))
    if red_here is not None and red_there is None:
        return _first(there, _GREEN)
    return red_there if red_here is None and _first(here, _GREEN) is not None else None


def _first(rows: Sequence[Finding], outcomes: frozenset[Outcome]) -> Finding | None:
    return next((one for one in rows if one.outcome in outcomes), None)


def _held(finding: Finding, other: Finding | None, fingerprint: str) -> Finding:
    if other is None or finding.outcome not in _RED | _GREEN:
        return finding
    elsewhere = Elsewhere(
        runner=f"hardware {fingerprint[:8]}",
        cpu="",
        outcome=other.outcome,
        change=other.change,
        low=other.low,
        high=other.high,
        pairs=other.pairs,
    )
    return msgspec.structs.replace(
        finding,
        outcome=Outcome.INCONCLUSIVE,
        reason=Reason.HOSTS_DISAGREE,
        further_pairs=None,
        elsewhere=elsewhere,
    )
