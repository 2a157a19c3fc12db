"""Points handed out in chunks, and what becomes of them gathered: the same for every executor."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable

from engine.sweep.grid import Point
from engine.sweep.rows import SweepRow
from worker.executors.points import Done, Work

Taken = tuple[tuple[int, Point], ...]  # places in the work, and the points there


class Places:
    """Hands out each place that is still to do once, to whichever thread asks."""

    def __init__(self, work: Work, takers: int) -> None:
        self._left = [place for place in range(len(work.points)) if place not in work.finished]
        self._left.reverse()
        self._points = work.points
        self._takers = takers
        self._lock = threading.Lock()

    def take(self, wanted: int) -> Taken:
        """Take up to *wanted* points, fewer towards the end, that no taker waits for another."""
        with self._lock:
            fair = math.ceil(len(self._left) / (2 * self._takers))
            count = min(len(self._left), max(1, min(wanted, fair)))
            places = [self._left.pop() for _ in range(count)]
        return tuple((place, self._points[place]) for place in places)

    def close(self) -> None:
        """Hand out nothing any more."""
        with self._lock:
            self._left.clear()


class Gathered:
    """The rows of a work by place; what is done is kept and told in the caller's thread."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._rows = dict(work.finished)
        if self._rows:
            work.progress(len(self._rows), len(work.points))

    def add(self, done: Iterable[Done]) -> None:
        """Take in what was done.

        Raises:
            ValueError: a place is done for a second time.
        """
        for one in done:
            if one.place in self._rows:
                message = f"place {one.place} is done twice"
                raise ValueError(message)
            self._rows[one.place] = one.rows
            self._work.keep(one)
            self._work.progress(len(self._rows), len(self._work.points))

    def rows(self) -> tuple[SweepRow, ...]:
        """Give all rows in the order of the points.

        Raises:
            ValueError: a place is missing.
        """
        if len(self._rows) != len(self._work.points):
            message = f"{len(self._rows)} of {len(self._work.points)} points are done"
            raise ValueError(message)
        return tuple(row for place in range(len(self._work.points)) for row in self._rows[place])
