"""Whether a sweep of bars up to a day says of the days before it what the whole sweep says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.backtest.leaks import Leak
from engine.identity import derived_seed
from engine.sweep.rows import SweepRow

CUTS = 2  # each is a whole sweep more
_EARLIEST, _LATEST = 0.3, 0.95  # shares of the days, between which cuts are drawn
_DAY = re.compile(r"^\d{4}-\d\d-\d\d")

Place = tuple[str, int | None, int]


def cuts_of(rows: Sequence[SweepRow], seed: int) -> tuple[str, ...]:
    """Draw the days up to which bars are left, from those that have returns; none without any."""
    days = sorted({date[:10] for row in rows for date, _ in row.returns or ()})
    low, high = int(_EARLIEST * len(days)), int(_LATEST * len(days))
    if high <= low:
        return ()
    drawn = {low + derived_seed(seed, "until", cut) % (high - low) for cut in range(CUTS)}
    return tuple(days[place] for place in sorted(drawn))


def leak_before(whole: Sequence[SweepRow], cut: Sequence[SweepRow], until: str) -> Leak | None:
    """Find the first day on which a configuration behaved otherwise once later bars were there.

    Returns of days up to *until* have to be the same to the bit, and trades that ended before it.
    A configuration that one of the two lacks is left out.
    """
    known = {_place(row): row for row in whole if row.status == "ok"}
    found = (
        (day, row.id)
        for row in cut
        if row.status == "ok" and _place(row) in known
        for day in _differing(known[_place(row)], row, until)
    )
    first = min(found, default=None)
    return None if first is None else Leak(date=first[0], symbol=first[1], unaltered_until=until)


def _place(row: SweepRow) -> Place:
    return row.id, row.fold, row.seed


def _differing(whole: SweepRow, cut: SweepRow, until: str) -> Iterator[str]:
    before, after = _returns(whole, until), _returns(cut, until)
    yield from (day for day in before.keys() & after.keys() if before[day] != after[day])
    ended = _ended(whole, until), _ended(cut, until)
    for one, other in zip(*ended, strict=False):
        if one != other:
            yield min(filter(None, (_last_day(one), _last_day(other))))
    longer = max(ended, key=len)[min(map(len, ended)) :]
    yield from (_last_day(trade) for trade in longer[:1])


def _returns(row: SweepRow, until: str) -> Mapping[str, float]:
    return {date: value for date, value in row.returns or () if date[:10] <= until}


def _ended(row: SweepRow, until: str) -> list[Any]:
    """Give the trades all of whose days are before *until*: on it they may have been marked."""
    return [trade for trade in row.trades or () if "" < _last_day(trade) < until]


def _last_day(trade: Any) -> str:
    """Give the last day that a trade names, wherever in it; the empty text: it names none."""
    return max(_days(trade), default="")


def _days(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if _DAY.match(value):
            yield value[:10]
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _days(inner)
    elif isinstance(value, Sequence):
        for inner in value:
            yield from _days(inner)
