"""Re-runs: the same evidence continued to 60 pairs. Nobody can fish for a green or a red."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks.accuracy.draws import Draws, Generator, simulated
from benchmarks.accuracy.tallies import Line, decided, share
from engine.stats import constants as c
from engine.stats import guard

ROWS = 50_000


def lines(rng: Generator, scale: int) -> Iterator[Line]:
    """Look at 36 pairs, then go on to 60: beside the first answer, and beside one long path."""
    for noise, spread in (("normal", 0.03), ("normal", 0.05), ("t3", 0.03), ("drifting", 0.03)):
        draws = simulated(rng, noise, (ROWS // scale, c.LONG.last), spread)
        about = {"experiment": "re-run", "noise": noise, "pair_sd": spread}
        for history, one in (("true", draws), ("none", draws.without_history())):
            for budget, effect in ((0.01, 0.0), (0.03, 0.0), (0.03, 0.03), (0.03, 0.04)):
                for name, path in (("continued", c.CONTINUED), ("long", c.LONG)):
                    line = decided(one, path, effect=effect, budget=budget)
                    turned = _turned(one, path, effect, budget)
                    yield {**about, "history": history, "path": name, **line, **turned}


def _turned(draws: Draws, path: c.Path, effect: float, budget: float) -> Line:
    """Count answers of the first 36 pairs that the re-run turned round."""
    comparisons = draws.slower(effect).comparisons(budget)
    first, then = (guard.decide_all(comparisons, one).outcome for one in (c.SHORT, path))
    green = (first == guard.REGRESSION) & (then == guard.PASS)
    red = (first == guard.PASS) & (then == guard.REGRESSION)
    counts = {"red_turned_green": green, "green_turned_red": red}
    return {name: share(int(np.sum(rows)), len(first)) for name, rows in counts.items()}
