"""The local executor: a pool of processes on this machine."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial

from engine.sweep.grid import Point
from engine.sweep.rows import SweepRow
from worker.executors import serial
from worker.executors.points import Executor, Work
from worker.executors.process import PointProcess

_Results = queue.SimpleQueue[tuple[int, SweepRow] | None]  # None: a thread has ended
_JOIN_S = 0.1


def usable_cpus() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def executor(jobs: int | None) -> Executor:
    """Make an executor of *jobs* processes (None: as many as there are usable processors)."""
    count = usable_cpus() if jobs is None else jobs
    return serial.evaluate if count == 1 else partial(evaluate, jobs=count)


def evaluate(work: Work, *, jobs: int) -> tuple[SweepRow, ...]:
    """Evaluate all points in *jobs* processes; one row each, in the order of the points."""
    count = min(jobs, len(work.points))
    places, results = _Places(work.points), _Results()
    rows: dict[int, SweepRow] = {}
    with _threads(count, work, places, results) as futures:
        ended = 0
        while ended < count:
            result = results.get()
            if result is None:
                ended += 1
                continue
            rows[result[0]] = result[1]
            work.progress(len(rows), len(work.points))
        for future in futures:
            future.result()
    return tuple(rows[place] for place in range(len(work.points)))


class _Places:
    """Hands out each place in the points once, to whichever thread asks."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = iter(tuple(enumerate(points)))
        self._lock = threading.Lock()

    def take(self) -> tuple[int, Point] | None:
        with self._lock:
            return next(self._points, None)

    def close(self) -> None:
        with self._lock:
            self._points = iter(())


@contextmanager
def _threads(
    count: int, work: Work, places: _Places, results: _Results
) -> Iterator[list[Future[None]]]:
    """Run *count* serving threads; on leaving early, their processes are killed."""
    pool = [PointProcess(work) for _ in range(count)]
    with ThreadPoolExecutor(max(1, count), thread_name_prefix="points") as threads:
        futures = [threads.submit(_serve, process, places, results) for process in pool]
        try:
            yield futures
        finally:
            places.close()
            while wait(futures, _JOIN_S).not_done:
                for process in pool:
                    process.interrupt()


def _serve(process: PointProcess, places: _Places, results: _Results) -> None:
    try:
        with process:
            while (taken := places.take()) is not None:
                results.put((taken[0], process.evaluate(taken[1])))
    finally:
        results.put(None)
