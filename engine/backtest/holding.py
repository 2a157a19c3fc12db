"""What the account would be worth had its cash bought the asset at the first close, and kept it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars


def bought_and_held(bars: Bars, cash: float) -> NDArray[np.float64] | None:
    """Give its worth at each close, without costs; before the first close it is the cash.

    None: there are several assets, of which nobody says what to hold, or no close at all.
    """
    known = np.flatnonzero(~np.isnan(bars.close[:, 0]))
    if bars.width != 1 or not len(known):
        return None
    last = known[np.maximum(np.searchsorted(known, np.arange(bars.length), side="right") - 1, 0)]
    closes = bars.close[last, 0]
    return np.asarray(cash * (closes / closes[0]))
