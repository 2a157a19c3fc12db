"""What a process is told of the points that it will be handed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.backtest.account_terms import AccountTerms
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.profiles import ProfileName
from engine.sweep.grid import Point
from worker.engine_protocol import EngineJob, FoldWindows
from worker.executors.evaluators import engine_work
from worker.executors.points import Terms, Work

PRICES = np.ones((4, 1))
BARS = Bars(
    symbols=("a",),
    times=np.arange(4).astype("datetime64[D]").astype("datetime64[ns]"),
    open=PRICES,
    high=PRICES,
    low=PRICES,
    close=PRICES,
)
JOB = EngineJob(
    bars="bars",
    account=AccountTerms(),
    costs=Costs(),
    profile=ProfileName.OURS,
    folds=(FoldWindows(fold=0, is_=(0, 2), oos=(2, 4)),),
    periods_per_year=252.0,
    points=1000,
)


@pytest.mark.parametrize("handed, told", [(0, 1000), (3, 3)])
def test_points_that_are_handed_over_later_are_counted_as_the_terms_say(
    handed: int, told: int
) -> None:
    points = [Point(index=n, id=str(n), params={}, seed=n) for n in range(handed)]
    terms = Terms(job=JOB, bars=BARS, metric="sharpe", split=False)
    work = Work(
        root=Path(), file="s.py", name="S", points=points, python=Path(), environ={}, terms=terms
    )
    assert engine_work(work, terms).job.points == told
