"""Long while the fast average is above the slow one, with a stop: what was there before."""

import pandas as pd
import vectorbt as vbt

STOP = 0.08


def load():
    return pd.read_csv("data/sp500.csv", index_col="date", parse_dates=True)


def backtest(bars, fast, slow):
    above = bars["close"].rolling(fast).mean() > bars["close"].rolling(slow).mean()
    turned = above & ~above.shift(1, fill_value=False)
    return vbt.Portfolio.from_signals(
        bars["close"],
        entries=turned,
        exits=~above,
        open=bars["open"],
        high=bars["high"],
        low=bars["low"],
        sl_stop=STOP,
        fees=0.0002,
        freq="1D",
    )
