"""The look-ahead canary of one configuration of a sweep's class, in a process of its own."""

from __future__ import annotations

from engine.backtest.canary import CUTS
from engine.backtest.leaks import Canary
from worker.engine_process import EngineProcess
from worker.executors.evaluators import engine_work
from worker.executors.points import Work


def tried(work: Work, name: str | None, seed: int) -> Canary | None:
    """Try the configuration *name* of *work* for look-ahead.

    None: there is none of that name, or the strategy is no class.
    """
    chosen = [point for point in work.points if point.id == name]
    if work.terms is None or not chosen:
        return None
    with EngineProcess(engine_work(work, work.terms)) as process:
        found = process.canary(chosen[0], seed=seed, cuts=CUTS).canary
    return Canary(cuts=0, failed=True) if found is None else found
