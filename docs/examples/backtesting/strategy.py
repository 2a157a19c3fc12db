"""Long while the fast average is above the slow one, with a stop: what was there before."""

import pandas as pd
from backtesting import Backtest, Strategy
from backtesting.lib import crossover

STOP = 0.08


def average(values, bars):
    return pd.Series(values).rolling(bars).mean()


class SmaCross(Strategy):
    fast = 10
    slow = 100

    def init(self):
        self.fast_line = self.I(average, self.data.Close, self.fast)
        self.slow_line = self.I(average, self.data.Close, self.slow)

    def next(self):
        if crossover(self.fast_line, self.slow_line):
            self.buy(sl=self.data.Close[-1] * (1 - STOP))
        elif crossover(self.slow_line, self.fast_line):
            self.position.close()


def load():
    bars = pd.read_csv("data/sp500.csv", index_col="date", parse_dates=True)
    return bars.rename(columns=str.capitalize)


def backtest(bars, fast, slow):
    return Backtest(bars, SmaCross, cash=1_000_000, commission=0.0002).run(fast=fast, slow=slow)
