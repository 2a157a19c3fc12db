"""The average true range is backtrader's, on the real S&P 500."""

from __future__ import annotations

import arch.data.sp500
import backtrader as bt
import numpy as np
import pytest

from engine.backtest.bars import Bars
from engine.backtest.risk.true_range import average_true_range


class Ranges(bt.Strategy):
    """Collects what backtrader's Wilder-smoothed range is at each close."""

    params = (("length", 14),)

    def __init__(self) -> None:
        self.range = bt.indicators.ATR(
            period=self.p.length, movav=bt.indicators.SmoothedMovingAverage
        )
        self.seen: list[float] = []

    def next(self) -> None:
        self.seen.append(float(self.range[0]))


@pytest.mark.parametrize("length", [1, 2, 14, 50])
def test_the_range_is_that_of_backtrader(length: int) -> None:
    frame = arch.data.sp500.load()
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.adddata(bt.feeds.PandasData(dataname=frame))
    cerebro.addstrategy(Ranges, length=length)
    (strategy,) = cerebro.run()
    columns = {
        name.lower(): np.ascontiguousarray(frame[[name]].to_numpy(np.float64))
        for name in ("Open", "High", "Low", "Close")
    }

    ours = average_true_range(
        Bars(times=frame.index.to_numpy(), symbols=("SPX",), **columns), length
    )[:, 0]

    assert np.isnan(ours[:length]).all()
    assert ours[length:] == pytest.approx(strategy.seen, rel=1e-12, abs=0)
