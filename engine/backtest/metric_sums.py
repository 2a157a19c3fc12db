"""The sums over a run that its metrics are made of, each added up in one fixed order.

Whoever makes them, this module or ``metric_kernels``, gets the same bits: every total is the
sequential one, from the first to the last.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.backtest.results import Backtest, Fills, Flag, OpenPositions, Trades

Floats = NDArray[np.float64]

PARAMETERS = 4.0  # of Andrews' variance, as engine.stats.sharpe has it
PARZEN_BANDWIDTH = 2.6614  # Andrews (1991), equation (6.2)
MAX_AUTOCORRELATION = 0.97  # beyond, the bandwidth explodes
CONSTANT = 1e-6  # a standard deviation of so small a part of the largest return is none


_OF_RETURNS = ("mean", "squares", "downside", "largest", "tail_95", "tail_99", "variance")


class CurveSums(NamedTuple):
    """What is read off the equity of one run: all floats, so that rows of an array hold many.

    Returns are those from close to close, one fewer than bars. ``bad_bar`` is the first bar whose
    equity is not positive and finite, -1: none; with one, every figure behind it is NaN. So are
    those of returns whose squares no float holds.
    """

    bars: float
    start: float
    final: float
    bad_bar: float
    mean_equity: float
    mean: float  # of the returns
    squares: float  # Σ (return - mean)²
    downside: float  # Σ min(return, 0)²
    largest: float  # the largest |return|
    drawdown: float  # the largest 1 - equity / peak, the start being the first peak
    drawdown_bars: float  # from its peak to the bar that is at the peak again, else to the last
    longest_bars: float  # the longest such time of any drawdown
    tail_95: float  # mean of the worst 20th of the returns; NaN: it has not one whole return
    tail_99: float  # of the worst 100th
    variance: float  # of the Sharpe ratio's influences in the long run; NaN: no spread


class TradeSums(NamedTuple):
    """What is counted over fills and trades, in the order in which they happened."""

    trades: int
    wins: int
    gains: float  # Σ pnl > 0
    losses: float  # Σ -pnl of those < 0
    pnl: float
    mfe: float
    mae: float
    ambiguous: int
    open_positions: int
    held_bars: int  # bars at whose close anything is held
    notional: float  # Σ |quantity| x price of all fills
    fees: float


def total(values: Floats) -> float:
    """Add up from the first to the last, as a loop would (``numpy.sum`` adds up in pairs)."""
    # What is added to begins at 0, as a loop's does: a sum of nothing but -0.0 is 0.0.
    return 0.0 + float(np.cumsum(values)[-1]) if len(values) else 0.0


def returns_of(equity: Floats) -> Floats:
    """Give the T - 1 returns from close to close, as fractions.

    What the first bar itself cost (a fill at its close) is in the total return alone.
    """
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        return np.asarray(equity[1:] / equity[:-1] - 1.0)


def curve_sums(equity: Floats, start: float) -> CurveSums:
    """Read off *equity* (T >= 1 closes) of an account that began with the cash *start*."""
    length, final = len(equity), float(equity[-1])
    bad = np.flatnonzero(~((equity > 0) & (equity < np.inf)))
    if len(bad):
        unknown = [math.nan] * (len(CurveSums._fields) - 4)
        return CurveSums(float(length), start, final, float(bad[0]), *unknown)
    returns = returns_of(equity)
    drawdown, bars, longest = _drawdowns(equity, start)
    with np.errstate(over="ignore", invalid="ignore"):
        return CurveSums(
            bars=float(length),
            start=start,
            final=final,
            bad_bar=-1.0,
            mean_equity=total(equity) / length,
            **_of_returns(returns),
            drawdown=drawdown,
            drawdown_bars=float(bars),
            longest_bars=float(longest),
        )


def _of_returns(returns: Floats) -> dict[str, float]:
    mean = total(returns) / len(returns) if len(returns) else math.nan
    deviations = returns - mean
    squares = total(deviations * deviations)
    if not squares < math.inf:
        return dict.fromkeys(_OF_RETURNS, math.nan)
    below = np.where(returns < 0, returns, 0.0)
    largest = float(np.max(np.abs(returns), initial=0.0))
    return {
        "mean": mean,
        "squares": squares,
        "downside": total(below * below),
        "largest": largest,
        "tail_95": _tail(returns, len(returns) / 20.0),
        "tail_99": _tail(returns, len(returns) / 100.0),
        "variance": _variance(deviations, mean, squares, largest),
    }


def sums_of(result: Backtest) -> tuple[CurveSums, TradeSums]:
    """Give both kinds of sums of *result*."""
    return curve_sums(result.equity, result.cash_start), trade_sums(result)


def trade_sums(result: Backtest) -> TradeSums:
    """Count over the trades, fills and open positions of *result*."""
    trades, fills = result.trades, result.fills
    pnl = trades.pnl
    return TradeSums(
        trades=len(trades),
        wins=int(np.count_nonzero(pnl > 0)),
        gains=total(pnl[pnl > 0]),
        losses=total(-pnl[pnl < 0]),
        pnl=total(pnl),
        mfe=total(trades.mfe),
        mae=total(trades.mae),
        ambiguous=int(np.count_nonzero(trades.flags & Flag.AMBIGUOUS)),
        open_positions=len(result.open.asset),
        held_bars=held_bars(trades, result.open, len(result.equity)),
        notional=_notional(fills),
        fees=total(fills.fee),
    )


def held_bars(trades: Trades, held: OpenPositions, length: int) -> int:
    """Count the bars at whose close a position is held: from its entry bar to before its exit."""
    steps = np.bincount(trades.entry_bar, minlength=length + 1)
    steps = steps + np.bincount(held.entry_bar, minlength=length + 1)
    steps = steps - np.bincount(trades.exit_bar, minlength=length + 1)
    return int(np.count_nonzero(np.cumsum(steps)[:length] > 0))


def _notional(fills: Fills) -> float:
    return total(np.abs(fills.quantity) * fills.price)


def _drawdowns(equity: Floats, start: float) -> tuple[float, int, int]:
    """Give the largest drawdown, its bars, and the bars of the longest one."""
    curve = np.concatenate([[start], equity])
    peaks = np.maximum.accumulate(curve)
    depths = 1.0 - curve / peaks
    deepest = int(np.argmax(depths))
    tops = np.append(np.flatnonzero(curve == peaks), len(curve) - 1)
    spans = np.diff(tops)
    if depths[deepest] <= 0:
        return 0.0, 0, 0
    its = int(np.searchsorted(tops[:-1], deepest, side="right")) - 1
    return float(depths[deepest]), int(spans[its]), int(np.max(spans))


def _tail(returns: Floats, count: float) -> float:
    """Average the worst *count* returns, the last of them in part (Rockafellar and Uryasev)."""
    if count < 1:
        return math.nan
    last = math.ceil(count) - 1
    edge = float(np.partition(returns, last)[last])
    worse = returns[returns < edge]
    return (total(worse) + (count - len(worse)) * edge) / count


def _variance(deviations: Floats, mean: float, squares: float, largest: float) -> float:
    """Give the long-run variance of the daily Sharpe ratio's influences.

    As ``engine.stats.sharpe.long_run_variance`` of x - S/2 (x² - 1), x in standard units.
    """
    count = len(deviations)
    spread = math.sqrt(squares / count) if count else 0.0
    if count <= PARAMETERS or spread <= CONSTANT * largest:
        return math.nan
    units = deviations / spread
    half = mean / spread / 2.0
    influences = units - half * (units * units - 1.0)
    bandwidth = bandwidth_of(_slope(influences), count)
    weighted = 0.0
    for lag in range(1, min(math.ceil(bandwidth), count)):
        covariance = total(influences[lag:] * influences[:-lag]) / count
        weighted += parzen(lag / bandwidth) * covariance
    own = total(influences * influences) / count
    return (own + 2.0 * weighted) * count / (count - PARAMETERS)


def _slope(values: Floats) -> float:
    """Regress each value on the one before it, with a constant; kept below 1."""
    before, after = values[:-1], values[1:]
    mean = total(before) / len(before)
    spread = total(before * before) - len(before) * mean * mean
    product = total(before * after) - mean * total(after)
    slope = product / spread if spread > 0 else 0.0
    return min(max(slope, -MAX_AUTOCORRELATION), MAX_AUTOCORRELATION)


def bandwidth_of(slope: float, count: int) -> float:
    """Give Andrews' automatic bandwidth for the Parzen kernel."""
    rest = (1.0 - slope) * (1.0 - slope)
    return PARZEN_BANDWIDTH * math.pow(4.0 * slope * slope / (rest * rest) * count, 0.2)


def parzen(part: float) -> float:
    """Give the Parzen kernel's weight at *part* of the bandwidth, 0 < part < 1."""
    if part <= 0.5:  # noqa: PLR2004 - where the kernel's halves meet
        return 1.0 - 6.0 * part * part + 6.0 * part * part * part
    rest = 1.0 - part
    return 2.0 * rest * rest * rest
