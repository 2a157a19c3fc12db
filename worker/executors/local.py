"""The local executor: a pool of processes on this machine."""

from __future__ import annotations

import os
import queue
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial

from engine.sweep.rows import SweepRow
from worker.executors import serial
from worker.executors.evaluators import Evaluator, evaluator
from worker.executors.gathered import Gathered, Places
from worker.executors.points import Done, Executor, Work

_Results = queue.SimpleQueue[tuple[Done, ...] | None]  # None: a thread has ended
_JOIN_S = 0.1


def usable_cpus() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def executor(jobs: int | None) -> Executor:
    """Make an executor of *jobs* processes (None: as many as there are usable processors)."""
    count = usable_cpus() if jobs is None else jobs
    return serial.evaluate if count == 1 else partial(evaluate, jobs=count)


def evaluate(work: Work, *, jobs: int) -> tuple[SweepRow, ...]:
    """Evaluate all points in *jobs* processes; their rows, in the order of the points."""
    count = max(1, min(jobs, len(work.points) - len(work.finished)))
    places, gathered, results = Places(work, count), Gathered(work), _Results()
    with _threads(count, work, places, results) as futures:
        ended = 0
        while ended < count:
            done = results.get()
            if done is None:
                ended += 1
                continue
            gathered.add(done)
        for future in futures:
            future.result()
    return gathered.rows()


@contextmanager
def _threads(
    count: int, work: Work, places: Places, results: _Results
) -> Iterator[list[Future[None]]]:
    """Run *count* serving threads; on leaving early, their processes are killed."""
    pool = [evaluator(work) for _ in range(count)]
    with ThreadPoolExecutor(count, thread_name_prefix="points") as threads:
        futures = [threads.submit(_serve, process, places, results) for process in pool]
        try:
            yield futures
        finally:
            places.close()
            while wait(futures, _JOIN_S).not_done:
                for process in pool:
                    process.interrupt()


def _serve(process: Evaluator, places: Places, results: _Results) -> None:
    try:
        with process:
            while taken := places.take(process.wanted):
                results.put(process.evaluate(taken))
    finally:
        results.put(None)
