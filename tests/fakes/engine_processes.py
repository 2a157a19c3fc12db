"""Strategies of ours in processes of their repository, over random bars."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from engine.backtest.account_terms import AccountTerms
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.sweep.grid import Point
from tests.fakes.tasks import write_files
from worker.bar_arrays import write_bar_arrays
from worker.engine_process import EngineProcess, EngineWork, Evaluated
from worker.engine_protocol import EngineJob, FoldWindows
from worker.processes import scrubbed

LENGTH, WIDTH = 120, 3
CROSSING = """\
import numpy as np
from highwater import Signals, SignalStrategy

class Crossing(SignalStrategy):
    fast: int = 2
    slow: int = 7
    def signals(self, bars):
        above = mean(bars.close, self.fast) > mean(bars.close, self.slow)
        return Signals.of(above, ~above)

def mean(prices, n):
    sums = np.cumsum(np.vstack([np.zeros((1, prices.shape[1])), prices]), axis=0)
    means = np.full(prices.shape, np.nan)
    means[n - 1:] = (sums[n:] - sums[:-n]) / n
    return means
"""
EVENTS = """\
import os, random, time
import numpy as np
from highwater import Strategy, BatchStrategy, StopLoss
class Breakout(Strategy):
    bars: int = 5
    def on_bar(self, ctx):
        past = ctx.history("close", self.bars)
        if ctx.close >= past.max(): ctx.buy()
        elif ctx.close <= past.min(): ctx.close_position()
    def rules(self): return (StopLoss(0.02),)
class Rows(BatchStrategy):
    def on_bars(self, ctx):
        ctx.target(np.where(ctx.close > ctx.open, 0.3, 0.0))
class Troubled(Strategy):
    kind: str = ""
    def on_bar(self, ctx):
        if self.kind == "raise": raise ValueError("as told")
        if self.kind == "exit": raise SystemExit(3)
        if self.kind == "die": os._exit(5)
        if self.kind == "kill": os.kill(os.getpid(), 9)
        while self.kind == "hang": time.sleep(0.01)
        if self.kind == "print": print("x" * 1000)
class Drawn(Strategy):
    seed: int = 0
    def on_bar(self, ctx):
        if random.random() + np.random.random() < 0.3: ctx.buy()
class Seeded(Strategy):
    seed: int = 0
    def on_bar(self, ctx):
        if (ctx.t * 7919 + self.seed) % 5 == 0: ctx.buy()
def function(params, seed): return {}
class Undecided(Strategy): pass
"""


def bars(length: int = LENGTH, width: int = WIDTH) -> Bars:
    random = np.random.default_rng(11)
    steps = 0.1 / np.sqrt(length) * random.standard_normal((length, width))
    close = 100 * np.exp(np.cumsum(steps, axis=0))
    opened = close * np.exp(0.003 * random.standard_normal((length, width)))
    return Bars(
        times=np.arange(length).astype("datetime64[m]"),
        symbols=tuple("ABCDEFGH"[:width]),
        open=opened,
        high=np.maximum(opened, close) * 1.004,
        low=np.minimum(opened, close) * 0.996,
        close=close,
    )


def job(folder: Path, **changed: Any) -> EngineJob:
    plain = {
        "bars": str(folder),
        "folds": (
            FoldWindows(fold=0, is_=(0, 60), oos=(62, 90)),
            FoldWindows(fold=1, is_=(0, 90), oos=(92, LENGTH)),
        ),
        "periods_per_year": 252.0,
        "account": AccountTerms(size=0.3),
        "costs": Costs(fee=0.001),
    }
    return EngineJob(**(plain | changed))


@contextmanager
def process(
    root: Path, name: str, files: dict[str, str] | None = None, **changed: Any
) -> Iterator[EngineProcess]:
    """Give a process for class *name*, in *files* or in the usual ones."""
    tree = write_files(root / "tree", files or {"s.py": CROSSING, "e.py": EVENTS})
    folder, all_bars = root / "bars", changed.setdefault("bars", bars())
    write_bar_arrays(all_bars, folder)
    of_work = {field for field in EngineWork.__dataclass_fields__ if field in changed}
    of_job = {key: value for key, value in changed.items() if key not in of_work}
    plain = {
        "root": tree,
        "file": "s.py" if name == "Crossing" or files else "e.py",
        "name": name,
        "python": Path(sys.executable),
        "environ": scrubbed(root),
        "job": job(folder, **of_job),
        "deadline": time.monotonic() + 250,
    }
    with EngineProcess(EngineWork(**(plain | {key: changed[key] for key in of_work}))) as made:
        yield made


def points(*params: dict[str, Any]) -> list[Point]:
    return [
        Point(index=place, id=f"p{place}", params=one, seed=place * 7)
        for place, one in enumerate(params)
    ]


def one(root: Path, name: str, params: dict[str, Any] | None = None, **changed: Any) -> Evaluated:
    with process(root, name, **changed) as made:
        return made.evaluate(points(params or {}))[0]
