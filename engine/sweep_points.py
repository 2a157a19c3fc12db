"""The points of a sweep on both sides: those missing, those out of time, those that did alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from engine.findings import Behaviour, Finding, Reason
from engine.orders import SweepEvidence
from engine.sweep.rows import PointResult
from engine.values import Outcome, Side

_SHOWN_IDS = 10

Place = tuple[str, int | None]  # id and fold of a point
_Rows = Mapping[Place, PointResult]


@dataclass(frozen=True, slots=True)
class SweepPoints:
    """Rows by their place in the sweep, on both sides."""

    base: _Rows
    head: _Rows

    @classmethod
    def of(cls, evidence: SweepEvidence) -> SweepPoints:
        """Take the rows of *evidence*."""
        return cls(_by_place(evidence.base), _by_place(evidence.head))

    @property
    def expected(self) -> int:
        """How many points the merge base has."""
        return len(self.base)

    @property
    def measured(self) -> int:
        """How many of those were evaluated on both sides, successfully or not."""
        late = _late(self.base) | _late(self.head)
        return len((self.base.keys() & self.head.keys()) - late)


def late_findings(points: SweepPoints, metric: str) -> tuple[Finding, ...]:
    """Tell of each side how many points its time ended before: a part is no sweep to compare.

    A head of which no point at all succeeded is left to the rule: it failed.
    """
    sides = ((Side.BASE, points.base), (Side.HEAD, points.head))
    return tuple(
        _finding(points, late, metric, Reason.OUT_OF_TIME, side)
        for side, rows in sides
        if (late := _late(rows)) and (side is Side.BASE or _any_succeeded(rows))
    )


def coverage_findings(points: SweepPoints, metric: str) -> tuple[Finding, ...]:
    """Tell which points of one side the other does not have."""
    sides = (
        (Reason.MISSING_IN_HEAD, points.base.keys() - points.head.keys()),
        (Reason.NEW_IN_HEAD, points.head.keys() - points.base.keys()),
    )
    return tuple(
        _finding(points, places, metric, reason, None) for reason, places in sides if places
    )


def behaviour(points: SweepPoints) -> Behaviour | None:
    """Compare signatures of the points that both sides have; None when no point is signed."""
    both = sorted(points.base.keys() & points.head.keys(), key=lambda place: (place[0], str(place)))
    rows = [(points.base[place], points.head[place]) for place in both]
    pairs = [(b, h) for b, h in rows if b.signature and h.signature and b.signed == h.signed]
    if not pairs:
        return None
    lost = len(points.base) - len(both)
    return Behaviour(
        signed=min({b.signed or "" for b, _ in pairs}),
        points=len(pairs),
        changed=tuple(b.id for b, h in pairs if b.signature != h.signature),
        unsigned=len(rows) - len(pairs) + lost,
    )


def _by_place(rows: Sequence[PointResult]) -> dict[Place, PointResult]:
    return {(row.id, row.fold): row for row in rows}


def _late(rows: _Rows) -> set[Place]:
    return {place for place, row in rows.items() if row.status == "timeout"}


def _any_succeeded(rows: _Rows) -> bool:
    return any(row.status == "ok" for row in rows.values())


def _finding(
    points: SweepPoints,
    places: Collection[Place],
    metric: str,
    reason: Reason,
    side: Side | None,
) -> Finding:
    return Finding(
        case=f"{len(places)} of {len(points.base)} points",
        metric=metric,
        outcome=Outcome.NO_VERDICT,
        reason=reason,
        side=side,
        detail=_listed(places),
    )


def _listed(places: Collection[Place]) -> str:
    names = sorted(name if fold is None else f"{name} fold {fold}" for name, fold in places)
    more = f" and {len(names) - _SHOWN_IDS} more" if len(names) > _SHOWN_IDS else ""
    return ", ".join(names[:_SHOWN_IDS]) + more
