"""What a backtest gives back: columns, never an object a trade."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars


class Reason(IntEnum):
    """Why a position, or a part of it, was left."""

    SIGNAL = 0
    REVERSAL = 1
    REDUCTION = 2  # a part of it, on the strategy's order
    STOP_LOSS = 3
    TAKE_PROFIT = 4
    TIME = 5
    TRAILING_STOP = 6
    VOLATILITY_STOP = 7
    DYNAMIC_TRAILING_STOP = 8
    PYTHON_RULE = 9


class Flag(IntFlag):
    """What is noteworthy about an exit."""

    AMBIGUOUS = 1  # stop and target both lay inside one bar: the stop was taken
    GAP = 2  # the open was beyond the level, and was the fill


class Dropped(IntEnum):
    """Why an order was not carried out, or not whole."""

    EXIT_ON_BAR = 0  # a stop or target was filled on the bar
    CONFLICT = 1  # entry and exit, or long and short, at one close
    CUT = 2  # to what free cash affords
    REFUSED = 3  # beyond free cash
    TOO_SMALL = 4  # nothing is left after rounding to lots or cutting to cash
    NEVER_FILLED = 5  # no bar came after it


@dataclass(frozen=True, slots=True)
class Trades:
    """Round trips in the order of their exits; one array a column, all of one length.

    ``entry_price`` averages the fills of a position that was added to. ``pnl`` is net of the
    fees of both sides, ``mfe`` and ``mae`` are the best and worst excursion from the entry price
    as fractions of it, both >= 0. ``bars_held`` is exit bar less entry bar.
    """

    asset: NDArray[np.int32]
    side: NDArray[np.int8]  # 1 long, -1 short
    quantity: NDArray[np.float64]  # > 0
    entry_bar: NDArray[np.int32]
    entry_price: NDArray[np.float64]
    exit_bar: NDArray[np.int32]
    exit_price: NDArray[np.float64]
    fees: NDArray[np.float64]
    pnl: NDArray[np.float64]
    mfe: NDArray[np.float64]
    mae: NDArray[np.float64]
    bars_held: NDArray[np.int32]
    reason: NDArray[np.uint8]
    flags: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.asset)


@dataclass(frozen=True, slots=True)
class OpenPositions:
    """What is held after the last bar: marked at the last close, counted apart."""

    asset: NDArray[np.int32]
    quantity: NDArray[np.float64]  # signed
    entry_bar: NDArray[np.int32]
    entry_price: NDArray[np.float64]
    fees: NDArray[np.float64]
    mark: NDArray[np.float64]
    unrealised: NDArray[np.float64]  # net of the fees paid so far
    mfe: NDArray[np.float64]
    mae: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DroppedOrders:
    """Orders that were not carried out, or not whole, in time order."""

    bar: NDArray[np.int32]
    asset: NDArray[np.int32]
    reason: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Fills:
    """Every fill, in the order of its happening: quantity is signed, > 0 buys."""

    bar: NDArray[np.int32]
    asset: NDArray[np.int32]
    quantity: NDArray[np.float64]
    price: NDArray[np.float64]
    fee: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Backtest:
    """One run. ``equity[t]`` is cash plus marks at the close of bar t; ``cash_end`` after all."""

    bars: Bars
    cash_start: float
    cash_end: float
    equity: NDArray[np.float64]  # [T]
    trades: Trades
    open: OpenPositions
    dropped: DroppedOrders
    fills: Fills
