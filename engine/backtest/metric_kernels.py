"""The sums of ``metric_sums`` over many equity curves, compiled; importing this imports numba.

Every total runs from the first to the last without fused or reordered steps, so that the bits are
those of ``metric_sums``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from engine.backtest.metric_sums import (
    CONSTANT,
    MAX_AUTOCORRELATION,
    PARAMETERS,
    PARZEN_BANDWIDTH,
    CurveSums,
    TradeSums,
)
from engine.backtest.results import Backtest, Flag

Floats = NDArray[np.float64]
_Function = TypeVar("_Function", bound=Callable[..., Any])

COLUMNS = len(CurveSums._fields)
_LAGS = 4  # added up side by side: each by itself would wait for its last addition


def compiled(function: _Function) -> _Function:
    """Compile a function; kept on disk where there is a folder that can be written to."""
    try:
        return _compiled(function, cache=True)
    except RuntimeError:  # no such folder
        return _compiled(function, cache=False)


def _compiled(function: _Function, *, cache: bool) -> _Function:
    made: Any = numba.njit(cache=cache, nogil=True, fastmath=False, error_model="numpy")(function)
    return cast(_Function, made)


@compiled
def fill_curve_sums(equity: Floats, start: float, work: Floats, row: Floats) -> None:
    """Write the ``CurveSums`` of *equity* ``[T]`` into *row*; *work* is ``[2, T]`` of scratch."""
    length = len(equity)
    row[:] = np.nan
    row[0], row[1], row[2], row[3] = length, start, equity[length - 1], -1.0
    bad = 0
    for t in range(length):  # `|`, not `or`: several at a time
        bad += (equity[t] <= 0.0) | (equity[t] >= np.inf) | (equity[t] != equity[t])
    if bad > 0:
        row[3] = _first_bad(equity)
        return
    returns = work[0, : length - 1]
    before, after = equity[:-1], equity[1:]
    for t in range(length - 1):
        returns[t] = after[t] / before[t] - 1.0
    _levels(equity, start, returns, row)
    _moments(returns, row)
    if not row[6] < np.inf:
        row[5:9] = np.nan
    elif length > 1:
        _tails(returns, work[1], row)
        row[14] = _variance(returns, work[1, : length - 1], row)


@compiled
def _first_bad(equity: Floats) -> int:
    for t in range(len(equity)):
        if not 0.0 < equity[t] < np.inf:
            return t
    return -1


@compiled
def _levels(equity: Floats, start: float, returns: Floats, row: Floats) -> None:
    """Write both means and the drawdowns; the deepest of one peak is at its lowest value."""
    peak, at, lowest = start, -1, start
    deepest, its, longest = 0.0, 0, 0
    total, gained = 0.0, 0.0
    for t in range(len(equity)):
        value = equity[t]
        total += value
        if t > 0:
            gained += returns[t - 1]
        if value < peak:
            lowest = min(lowest, value)
            continue
        span = t - at
        if span > 1:
            longest = max(longest, span)
            depth = 1.0 - lowest / peak
            if depth > deepest:
                deepest, its = depth, span
        peak, at, lowest = value, t, value
    span = len(equity) - 1 - at
    depth = 1.0 - lowest / peak
    if depth > deepest:
        deepest, its = depth, span
    row[4] = total / len(equity)
    row[5] = gained / len(returns) if len(returns) else np.nan
    row[9], row[10], row[11] = deepest, its, max(longest, span)


@compiled
def _moments(returns: Floats, row: Floats) -> None:
    mean = row[5]
    squares, downside, largest = 0.0, 0.0, 0.0
    for value in returns:
        deviation = value - mean
        squares += deviation * deviation
        below = min(value, 0.0)
        downside += below * below
        largest = max(largest, abs(value))
    row[6], row[7], row[8] = squares, downside, largest


@compiled
def _tails(returns: Floats, work: Floats, row: Floats) -> None:
    """Write the means of the worst returns: of those beyond a standard deviation, if enough."""
    count = len(returns)
    limit = row[5] - math.sqrt(row[6] / count)
    found = 0
    for value in returns:
        work[found] = value
        found += value <= limit
    twentieth, hundredth = count / 20.0, count / 100.0
    row[12] = _tail(work[:found] if found >= twentieth else returns, twentieth)
    row[13] = _tail(work[:found] if found >= hundredth else returns, hundredth)


@compiled
def _tail(returns: Floats, count: float) -> float:
    """Average the worst *count* returns, the last of them in part."""
    if count < 1:
        return np.nan
    last = math.ceil(count) - 1
    edge: float = np.partition(returns, last)[last]
    total, worse = 0.0, 0
    for value in returns:
        if value < edge:
            total += value
            worse += 1
    return (total + (count - worse) * edge) / count


@compiled
def _variance(returns: Floats, values: Floats, row: Floats) -> float:
    """Give the long-run variance of the influences; *values* is filled with them."""
    count = len(returns)
    if count <= PARAMETERS:
        return np.nan
    mean, spread = row[5], math.sqrt(row[6] / count)
    if spread <= CONSTANT * row[8]:
        return np.nan
    half = mean / spread / 2.0
    for t in range(count):
        unit = (returns[t] - mean) / spread
        values[t] = unit - half * (unit * unit - 1.0)
    slope, own = _slope(values)
    rest = (1.0 - slope) * (1.0 - slope)
    bandwidth = PARZEN_BANDWIDTH * math.pow(4.0 * slope * slope / (rest * rest) * count, 0.2)
    last = min(math.ceil(bandwidth), count)
    weighted = 0.0
    sums: Floats = np.empty(_LAGS)
    for lag in range(1, last, _LAGS):
        _covariances(values, lag, sums)
        for k in range(min(_LAGS, last - lag)):
            weighted += _parzen((lag + k) / bandwidth) * (sums[k] / count)
    return (own / count + 2.0 * weighted) * count / (count - PARAMETERS)


@compiled
def _slope(values: Floats) -> tuple[float, float]:
    """Regress each value on the one before it; give the slope and the sum of all squares."""
    ones, squares, products, later = 0.0, 0.0, 0.0, 0.0
    before, after = values[:-1], values[1:]
    count = len(before)
    for t in range(count):
        one, two = before[t], after[t]
        ones += one
        squares += one * one
        products += one * two
        later += two
    own = squares + after[count - 1] * after[count - 1]
    mean = ones / count
    spread = squares - count * mean * mean
    slope = (products - mean * later) / spread if spread > 0 else 0.0
    return min(max(slope, -MAX_AUTOCORRELATION), MAX_AUTOCORRELATION), own


@compiled
def _covariances(values: Floats, lag: int, sums: Floats) -> None:
    """Add up the products of values *lag* to *lag* + 3 apart; beyond the end there are none."""
    count = len(values)
    a, b, c, d = 0.0, 0.0, 0.0, 0.0
    whole = count - lag - 3
    for t in range(max(whole, 0)):
        value = values[t]
        a += values[t + lag] * value
        b += values[t + lag + 1] * value
        c += values[t + lag + 2] * value
        d += values[t + lag + 3] * value
    for t in range(max(whole, 0), count - lag):
        value = values[t]
        a += values[t + lag] * value
        if t + lag + 1 < count:
            b += values[t + lag + 1] * value
        if t + lag + 2 < count:
            c += values[t + lag + 2] * value
    sums[0], sums[1], sums[2], sums[3] = a, b, c, d


@compiled
def _parzen(part: float) -> float:
    if part <= 0.5:  # noqa: PLR2004 - where the kernel's halves meet
        return 1.0 - 6.0 * part * part + 6.0 * part * part * part
    rest = 1.0 - part
    return 2.0 * rest * rest * rest


@compiled
def _trade_sums(trades: Any, entries: Any, exits: Any, row: Floats) -> int:
    """Add up pnl, mfe and mae ``[trades]``; count the closes with anything held."""
    pnl, mfe, mae = trades
    for k in range(len(pnl)):
        if pnl[k] > 0:
            row[0] += 1
            row[1] += pnl[k]
        elif pnl[k] < 0:
            row[2] -= pnl[k]
        row[3] += pnl[k]
        row[4] += mfe[k]
        row[5] += mae[k]
    return _held(entries, exits, int(row[6]))


@compiled
def _held(entries: Any, exits: Any, length: int) -> int:
    steps = np.zeros(length + 1, np.int64)
    for group in entries:
        for bar in group:
            steps[bar] += 1
    for bar in exits:
        steps[bar] -= 1
    held, found = 0, 0
    for t in range(length):
        held += steps[t]
        found += held > 0
    return found


@compiled
def _fill_sums(quantity: Floats, price: Floats, fee: Floats) -> tuple[float, float]:
    notional, fees = 0.0, 0.0
    for k in range(len(quantity)):
        notional += abs(quantity[k]) * price[k]
        fees += fee[k]
    return notional, fees


def sums_of(result: Backtest) -> tuple[CurveSums, TradeSums]:
    """Give what ``metric_sums.sums_of`` gives, sooner."""
    equity, trades, fills = result.equity, result.trades, result.fills
    curve, row = np.empty(COLUMNS), np.zeros(7)
    fill_curve_sums(equity, result.cash_start, np.empty((2, len(equity))), curve)
    row[6] = len(equity)
    entries = (trades.entry_bar, result.open.entry_bar)
    held = _trade_sums((trades.pnl, trades.mfe, trades.mae), entries, trades.exit_bar, row)
    notional, fees = _fill_sums(fills.quantity, fills.price, fills.fee)
    wins, gains, losses, pnl, mfe, mae, _ = row.tolist()
    return CurveSums(*curve.tolist()), TradeSums(
        trades=len(trades),
        wins=int(wins),
        gains=gains,
        losses=losses,
        pnl=pnl,
        mfe=mfe,
        mae=mae,
        ambiguous=int(np.count_nonzero(trades.flags & Flag.AMBIGUOUS)),
        open_positions=len(result.open.asset),
        held_bars=int(held),
        notional=notional,
        fees=fees,
    )
