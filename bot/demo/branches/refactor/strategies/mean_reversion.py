"""Mean reversion: buy a close far below its recent average, leave when it is back."""

from __future__ import annotations

import numpy as np

from strategies.evaluation import report
from strategies.market import Bars, load_bars
from strategies.signals import held, z_scores


def positions(bars: Bars, window: int, entry: float) -> np.ndarray:
    """Wanted exposure: 1.0 from a close *entry* deviations low until one above the mean."""
    scores = z_scores(bars.close, window)
    wanted = np.full(scores.size, np.nan)
    wanted[0] = 0.0
    wanted[scores > 0.0] = 0.0
    wanted[scores < -entry] = 1.0
    return held(wanted)


def evaluate(params: dict, seed: int) -> dict:
    """Score one point of a grid; *seed* is unused, as nothing here is random."""
    bars = load_bars()
    return report(bars, positions(bars, params["window"], params["entry"]))
