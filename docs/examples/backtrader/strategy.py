"""Long while the fast average is above the slow one, with a stop: what was there before."""

import backtrader as bt
import pandas as pd

STOP = 0.08


class SmaCross(bt.Strategy):
    params = (("fast", 10), ("slow", 100))

    def __init__(self):
        lines = (bt.ind.SMA(period=period) for period in (self.p.fast, self.p.slow))
        self.crossed = bt.ind.CrossOver(*lines)
        self.stop_order = None

    def next(self):
        if self.crossed > 0 and not self.position:
            units = int(self.broker.getvalue() / self.data.close[0] * 0.98)
            parent = self.buy(size=units, transmit=False)
            level = self.data.close[0] * (1 - STOP)
            self.stop_order = self.sell(
                size=units, exectype=bt.Order.Stop, price=level, parent=parent
            )
        elif self.crossed < 0 and self.position:
            self.cancel(self.stop_order)
            self.close()


def load():
    return pd.read_csv("data/sp500.csv", index_col="date", parse_dates=True)


def backtest(bars, fast, slow):
    cerebro = bt.Cerebro(stdstats=False)
    cerebro.broker.setcash(1_000_000)
    cerebro.broker.setcommission(commission=0.0002)
    cerebro.adddata(bt.feeds.PandasData(dataname=bars))
    cerebro.addstrategy(SmaCross, fast=fast, slow=slow)
    cerebro.addanalyzer(bt.analyzers.TimeReturn, timeframe=bt.TimeFrame.Days, _name="returns")
    cerebro.addanalyzer(bt.analyzers.Transactions, _name="trades")
    return cerebro.run()[0].analyzers
