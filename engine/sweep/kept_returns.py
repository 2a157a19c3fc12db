"""Which returns of a sweep a report carries: those of configurations that are judged by them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from engine.orders import PointReturns
from engine.sweep.rows import SweepRow
from engine.values import Side

MAX_BYTES = 16 * 1024 * 1024  # of JSON, both sides together: a report has to stay small


def kept_returns(
    sides: Mapping[Side, Sequence[SweepRow]], selected: str | None, winner: str | None
) -> tuple[PointReturns, ...]:
    """Keep the returns of *selected* on both sides and of head's *winner*, by ascending date.

    A configuration is kept with all of its folds and seeds or not at all. Of what does not fit,
    the winner goes first.
    """
    pair = [*_returns(sides, Side.BASE, selected), *_returns(sides, Side.HEAD, selected)]
    alone = [] if winner == selected else [*_returns(sides, Side.HEAD, winner)]
    kept: list[PointReturns] = []
    room = MAX_BYTES
    for group in (pair, alone):
        size = sum(len(msgspec.json.encode(one)) for one in group)
        if size <= room:
            kept += group
            room -= size
    return tuple(kept)


def _returns(
    sides: Mapping[Side, Sequence[SweepRow]], side: Side, name: str | None
) -> Iterator[PointReturns]:
    for row in sides[side]:
        if row.id == name and row.status == "ok" and row.returns:
            ordered = sorted(row.returns, key=lambda day: day[0])
            yield PointReturns(
                side=side,
                id=row.id,
                seed=row.seed,
                fold=row.fold,
                dates=tuple(date for date, _ in ordered),
                values=tuple(value for _, value in ordered),
            )
