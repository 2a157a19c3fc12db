"""Daily returns of a few points of a class: of those that are judged by them, not of every one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

import msgspec
import numpy as np

from engine.sweep.daily import Floats, daily
from engine.sweep.grid import Point
from engine.sweep.rows import SweepRow
from worker.executors import serial
from worker.executors.points import Done, Terms, Work, no_progress
from worker.suites.sweep_terms import giving


def rerun_with_returns(work: Work, chosen: Sequence[Point]) -> tuple[SweepRow, ...]:
    """Evaluate *chosen* points of a class once more, in a fresh process; rows with their returns.

    Of a function they are what it returns by itself.
    """
    found: list[Done] = []
    again = replace(
        giving(work, "returns"), points=chosen, finished={}, keep=found.append, progress=no_progress
    )
    rows = serial.evaluate(again)
    if work.terms is None:
        return rows
    return tuple(row for done in found for row in _carrying(done, work.terms))


def with_returns(work: Work, rows: Sequence[SweepRow], name: str | None) -> tuple[SweepRow, ...]:
    """Give the rows of the configuration *name* their returns, for people to look at.

    They come from a second evaluation, and count only where that behaved as the first one did.
    """
    chosen = [point for point in work.points if point.id == name]
    if work.terms is None or not chosen:
        return tuple(rows)
    again = {(row.id, row.fold): row for row in rerun_with_returns(work, chosen)}
    return tuple(_same(row, again.get((row.id, row.fold))) for row in rows)


def series_of(done: Done, terms: Terms) -> Floats | None:
    """Put the daily returns of a point's folds one after the other; None: one has none."""
    found = [days[1] for days in _daily(done, terms) if days is not None]
    return np.concatenate(found) if found and len(found) == len(done.rows) else None


def _same(row: SweepRow, again: SweepRow | None) -> SweepRow:
    if again is None or again.signature != row.signature:
        return row
    return msgspec.structs.replace(row, returns=again.returns)


def _carrying(done: Done, terms: Terms) -> Iterator[SweepRow]:
    for row, found in zip_longest(done.rows, _daily(done, terms)):
        if found is None:
            yield row
            continue
        pairs = tuple(zip(found[0], found[1].tolist(), strict=True))
        yield msgspec.structs.replace(row, returns=pairs)


def _daily(done: Done, terms: Terms) -> Iterator[tuple[tuple[str, ...], Floats] | None]:
    """Give days and returns of each fold; a window's first bar has no return."""
    for windows, returns in zip(terms.job.folds, done.returns, strict=False):
        start, stop = windows.oos
        yield None if returns is None else daily(terms.bars.times[start + 1 : stop], returns)
