"""From positions to returns after costs, and to the figures that a sweep ranks by."""

from __future__ import annotations

import numpy as np

from strategies.market import Bars

COST = 0.0002  # of the traded notional: 2 basis points for fees and slippage
DAYS_A_YEAR = 252
SPLIT = "2011-01-01"  # in-sample before, out-of-sample after an embargo
EMBARGO_DAYS = 20


def net_returns(bars: Bars, wanted: np.ndarray) -> np.ndarray:
    """Daily returns of holding yesterday's wanted position, less the cost of changing it."""
    held = np.concatenate([[0.0], wanted[:-1]])
    moves = np.concatenate([[0.0], bars.close[1:] / bars.close[:-1] - 1.0])
    traded = np.abs(np.diff(held, prepend=0.0))
    return held * moves - traded * COST


def sharpe_ratio(returns: np.ndarray) -> float:
    """Mean over standard deviation of daily returns, a year; 0 for a flat line."""
    deviation = returns.std(ddof=1)
    return float(returns.mean() / deviation * np.sqrt(DAYS_A_YEAR)) if deviation > 0 else 0.0


def growth(equity: np.ndarray) -> float:
    """Compound growth a year of an equity curve that starts from 1."""
    return float(equity[-1] ** (DAYS_A_YEAR / equity.size) - 1.0)


def drawdown(equity: np.ndarray) -> float:
    """Worst loss from a peak, as a fraction of it."""
    return float((1.0 - equity / np.maximum.accumulate(equity)).max())


def figures(returns: np.ndarray) -> dict:
    """Sharpe ratio a year, compound growth a year, worst drawdown."""
    equity = np.cumprod(1.0 + returns)
    return {
        "sharpe": sharpe_ratio(returns),
        "growth": growth(equity),
        "drawdown": drawdown(equity),
    }


def report(bars: Bars, wanted: np.ndarray) -> dict:
    """Figures in and out of sample, and the daily returns behind them."""
    returns = net_returns(bars, wanted)
    cut = int(np.searchsorted(np.array(bars.dates), SPLIT))
    return {
        "metrics": {"is": figures(returns[:cut]), "oos": figures(returns[cut + EMBARGO_DAYS :])},
        "returns": [[day, float(r)] for day, r in zip(bars.dates, returns, strict=True)],
    }
