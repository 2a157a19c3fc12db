"""The serial executor: one process, one point after the other."""

from __future__ import annotations

from engine.sweep.rows import SweepRow
from worker.executors.evaluators import evaluator
from worker.executors.gathered import Gathered, Places
from worker.executors.points import Work


def evaluate(work: Work) -> tuple[SweepRow, ...]:
    """Evaluate all points in one process; their rows, in their order."""
    places, gathered = Places(work, 1), Gathered(work)
    with evaluator(work) as process:
        while taken := places.take(process.wanted):
            gathered.add(process.evaluate(taken))
    return gathered.rows()
