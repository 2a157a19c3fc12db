"""The serial executor: one process, one point after the other."""

from __future__ import annotations

from engine.sweep.rows import SweepRow
from worker.executors.points import Work
from worker.executors.process import PointProcess


def evaluate(work: Work) -> tuple[SweepRow, ...]:
    """Evaluate all points in one process; one row each, in their order."""
    rows: list[SweepRow] = []
    with PointProcess(work) as process:
        for point in work.points:
            rows.append(process.evaluate(point))
            work.progress(len(rows), len(work.points))
    return tuple(rows)
