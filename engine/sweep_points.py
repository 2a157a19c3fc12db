"""The points of a sweep on both sides: those missing, those out of time, those that did alike."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from engine.findings import Behaviour, Finding, Reason
from engine.orders import SweepEvidence
from engine.sweep.matching import Place, Rows, placed
from engine.values import Outcome, Side

_SHOWN_IDS = 10


@dataclass(frozen=True, slots=True)
class SweepPoints:
    """Rows by their place in the sweep, on both sides."""

    base: Rows
    head: Rows

    @classmethod
    def of(cls, evidence: SweepEvidence) -> SweepPoints:
        """Take the rows of *evidence*."""
        return cls(*placed(evidence.base, evidence.head))

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

    No verdict follows, except where no point at all of head succeeded in the time in which base
    ended: then head failed.
    """
    lates = {Side.BASE: _late(points.base), Side.HEAD: _late(points.head)}
    base_ended = _any_succeeded(points.base) and not lates[Side.BASE]
    if lates[Side.HEAD] and base_ended and not _any_succeeded(points.head):
        return (_never_ended(),)
    totals = {Side.BASE: len(points.base), Side.HEAD: len(points.head)}
    return tuple(
        _finding(late, totals[side], metric, Reason.OUT_OF_TIME, side=side)
        for side, late in lates.items()
        if late
    )


def coverage_findings(
    points: SweepPoints, metric: str, selected: tuple[str | None, str | None]
) -> tuple[Finding, ...]:
    """Tell which points of one side the other does not have.

    *selected* are the configurations that base's and head's sweep selected: one that the other
    side does not have, or not all of, is named.
    """
    missing = points.base.keys() - points.head.keys()
    new = points.head.keys() - points.base.keys()
    found = []
    if missing:
        row = _finding(missing, len(points.base), metric, Reason.MISSING_IN_HEAD)
        found.append(_naming(row, missing, selected[0]))
    if new:
        row = _finding(new, len(points.head), metric, Reason.NEW_IN_HEAD)
        found.append(_naming(row, new, selected[1]))
    return tuple(found)


def behaviour(points: SweepPoints) -> Behaviour | None:
    """Compare signatures of the points that both sides have; None when no point is signed."""
    both = sorted(points.base.keys() & points.head.keys(), key=lambda place: (place[0], str(place)))
    rows = [(points.base[place], points.head[place]) for place in both]
    pairs = [(b, h) for b, h in rows if b.signature and h.signature and b.signed == h.signed]
    if not pairs:
        return None
    alike = [(b, h) for b, h in pairs if b.signature == h.signature]
    lost = len(points.base) - len(both)
    return Behaviour(
        signed=tuple(sorted({b.signed or "" for b, _ in pairs})),
        points=len(pairs),
        changed=tuple(b.id for b, h in pairs if b.signature != h.signature),
        other_metrics=tuple(b.id for b, h in alike if b.metrics != h.metrics),
        unsigned=len(rows) - len(pairs) + lost,
        added=len(points.head) - len(both),
    )


def _naming(row: Finding, places: Collection[Place], selected: str | None) -> Finding:
    chosen = selected if selected in {place[0] for place in places} else None
    return msgspec.structs.replace(row, selected=chosen or "")


def _late(rows: Rows) -> set[Place]:
    return {place for place, row in rows.items() if row.status == "timeout"}


def _any_succeeded(rows: Rows) -> bool:
    return any(row.status == "ok" for row in rows.values())


def _never_ended() -> Finding:
    return Finding(
        case="",
        metric="",
        outcome=Outcome.ERROR,
        reason=Reason.FAILED,
        ending="ended no point before the time was up",
        side=Side.HEAD,
    )


def _finding(
    places: Collection[Place],
    total: int,
    metric: str,
    reason: Reason,
    *,
    side: Side | None = None,
) -> Finding:
    return Finding(
        case="",
        metric=metric,
        outcome=Outcome.NO_VERDICT,
        reason=reason,
        points=len(places),
        points_of=total,
        side=side,
        detail=_listed(places),
    )


def _listed(places: Collection[Place]) -> str:
    names = sorted(map(_named, places))
    more = f" and {len(names) - _SHOWN_IDS} more" if len(names) > _SHOWN_IDS else ""
    return ", ".join(names[:_SHOWN_IDS]) + more


def _named(place: Place) -> str:
    name, fold, seed = place
    of_fold = "" if fold is None else f" fold {fold}"
    return name + of_fold + ("" if seed is None else f" seed {seed}")
