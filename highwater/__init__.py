"""Write trading strategies for Highwater: derive from one of three forms, and run it over bars.

>>> import numpy as np
>>> from highwater import (
...     Bars, Costs, Lanes, SignalStrategy, Signals, StopLoss, Strategy, metrics_of, run,
... )

A strategy that decides with arrays, all at once. Its annotated attributes are its parameters:

>>> class Crossing(SignalStrategy):
...     fast: int = 2
...     slow: int = 5
...
...     def signals(self, bars):
...         above = mean(bars.close, self.fast) > mean(bars.close, self.slow)
...         return Signals.of(entries=above, exits=~above)
...
...     def rules(self):
...         return (StopLoss(0.05),)
>>> def mean(prices, n):
...     sums = np.cumsum(np.vstack([np.zeros((1, prices.shape[1])), prices]), axis=0)
...     means = np.full(prices.shape, np.nan)
...     means[n - 1 :] = (sums[n:] - sums[:-n]) / n
...     return means

One that thinks in events: one asset's bar has closed, and orders are filled at the next open:

>>> class Breakout(Strategy):
...     bars: int = 3
...
...     def on_bar(self, ctx):
...         past = ctx.history("close", self.bars)
...         if ctx.close >= past.max():
...             self.buy()
...         elif ctx.position and ctx.close <= past.min():
...             self.close()

Bars are arrays with a row a time and a column an asset; ``load_bars("prices.csv")`` reads them
from files:

>>> close = 100 + np.array([[0, 1, 3, 2, 4, 6, 5, 2, 1, 0, 2, 5]], dtype=float).T
>>> bars = Bars(
...     times=np.arange("2024-01-01", "2024-01-13", dtype="datetime64[D]"),
...     symbols=("ACME",), open=close, high=close + 1, low=close - 1, close=close,
... )
>>> result = run(Crossing(fast=2, slow=4), bars, costs=Costs(fee=0.001))
>>> len(result.trades), result.trades.exit_bar.tolist()
(1, [8])
>>> round(metrics_of(result, periods_per_year=252).total_return, 4)
-0.0308
>>> len(run(Breakout(), bars).trades)
1

Many combinations over the bars of one asset are run at once by ``Lanes``, a column each:

>>> lanes = Lanes(bars, 2, costs=Costs(fee=0.001), rules=[StopLoss(0.05)])
>>> codes = [Crossing(fast=fast, slow=5).signals(bars).codes for fast in (2, 3)]
>>> lanes.run(np.hstack(codes)).trade_counts.tolist()
[1, 1]

``highwater backtest`` and ``highwater sweep`` run the same classes, named
``path/to/file.py:Crossing``, over data files. Nothing beside these names is public.
"""

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.forms.batch_context import BatchContext
from engine.backtest.forms.event_context import EventContext
from engine.backtest.forms.running import run
from engine.backtest.forms.strategies import (
    BatchStrategy,
    EventStrategy,
    Market,
    SignalStrategy,
    Strategy,
)
from engine.backtest.lanes import LaneRuns, Lanes
from engine.backtest.metrics import Metrics, metrics_of
from engine.backtest.profiles import ProfileName
from engine.backtest.results import Backtest, Dropped, Flag, Reason
from engine.backtest.risk.python_rules import Exit, Levels, Position
from engine.backtest.risk.regimes import RegimeSeries
from engine.backtest.risk.rules import (
    DynamicTrailingStop,
    PythonRule,
    RegimeDependentRule,
    StopLoss,
    TakeProfit,
    TimeBasedExit,
    TrailingStop,
    VolatilityScaledStopLoss,
)
from engine.backtest.signals import Signals
from engine.errors import UserError
from highwater.bar_loading import load_bars

__all__ = [
    "AccountTerms",
    "Backtest",
    "Bars",
    "BatchContext",
    "BatchStrategy",
    "Costs",
    "Dropped",
    "DynamicTrailingStop",
    "EventContext",
    "EventStrategy",
    "Exit",
    "Flag",
    "LaneRuns",
    "Lanes",
    "Levels",
    "Market",
    "Metrics",
    "Position",
    "ProfileName",
    "PythonRule",
    "Reason",
    "RegimeDependentRule",
    "RegimeSeries",
    "SignalStrategy",
    "Signals",
    "Sizing",
    "StopLoss",
    "Strategy",
    "TakeProfit",
    "TimeBasedExit",
    "TrailingStop",
    "UserError",
    "VolatilityScaledStopLoss",
    "load_bars",
    "metrics_of",
    "run",
]
