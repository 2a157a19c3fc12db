"""Derive the levels of ``engine/stats/constants.py`` anew, and say whether each still stands.

``python -m benchmarks.accuracy.calibrate [--quick]`` prints one JSON line a constant; exit code 1
where one is off. Differences without any effect are looked at on every look of a path; a level
is right where so many of the rows have a look with a p below it as the constant promises over
all looks. That depends on the noise: a level has to lie between what normal and what moderately
heavy noise (Student's t with 5 degrees of freedom) ask for, give or take the slack.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from engine.stats import constants as c
from engine.stats import guard

Floats = NDArray[np.float64]
Line = dict[str, Any]

SEED = 20_261_121
ROWS, QUICK_ROWS, BATCH = 2_000_000, 200_000, 50_000
SLACK, QUICK_SLACK = 1.15, 1.5
HEAVY_DF = 5
NO_BUDGET = 1e-9  # so small that the alarm level alone decides
EVERY_LOOK = tuple(sorted({*c.SHORT_LOOKS, *c.LONG_LOOKS}))


@dataclass(frozen=True, slots=True)
class Level:
    """A constant, the path and spread that it is for, and what it promises over all looks."""

    name: str
    value: float
    promised: float
    looks: tuple[int, ...]
    spreads: tuple[str, ...]


def levels() -> tuple[Level, ...]:
    """Give every level to derive; one-sided, as it stands in the constants.

    An alarm needs 8 pairs. Without a stored spread one level serves every path. The repeated
    intervals hold with and without one.
    """
    alarming = tuple(look for look in c.SHORT_LOOKS if look >= c.MIN_ALARM_PAIRS)
    alarming_long = tuple(look for look in c.LONG_LOOKS if look >= c.MIN_ALARM_PAIRS)
    both = ("stored", "own")
    return (
        Level("SHORT_ALARM", c.SHORT_ALARM, c.ALARM, alarming, ("stored",)),
        Level("LONG_ALARM", c.LONG_ALARM, c.ALARM, alarming_long, ("stored",)),
        Level("UNSTORED_ALARM", c.UNSTORED_ALARM, c.ALARM, alarming_long, ("own",)),
        Level("SHORT_MISS", c.SHORT_MISS, 0.05, c.SHORT_LOOKS, both),
        Level("LONG_MISS", c.LONG_MISS, 0.05, c.LONG_LOOKS, both),
        Level("REPEATED_95", c.REPEATED_95, 0.025, c.SHORT_LOOKS, both),
        Level("REPEATED_99", c.REPEATED_99, 0.005, c.SHORT_LOOKS, both),
    )


def lines(rows: int, slack: float) -> Iterator[Line]:
    """Simulate, and compare each constant with what it should be."""
    rng = np.random.default_rng(SEED)
    seen = {
        (noise, spread): _seen(rng, noise, spread, rows)
        for noise in ("normal", "heavy")
        for spread in ("stored", "own")
    }
    ps = {condition: found[0] for condition, found in seen.items()}
    for level in levels():
        yield _derived(level, ps, slack)
    yield _factor(ps, slack)
    for (noise, spread), (_, alarms) in seen.items():
        for path, count in alarms.items():
            yield _rate(f"{noise} noise, {spread} spread, {path} path", count, rows)


Condition = tuple[str, str]


def _derived(level: Level, ps: dict[Condition, Floats], slack: float) -> Line:
    """Give the quantiles that the promise asks for, and whether the constant is among them."""
    columns = [EVERY_LOOK.index(look) for look in level.looks]
    found = {
        f"{noise}, {spread}": float(np.quantile(p[:, columns].min(axis=1), level.promised))
        for (noise, spread), p in ps.items()
        if spread in level.spreads
    }
    return _compared(level.name, level.value, found, slack)


def _compared(name: str, value: float, found: dict[str, float], slack: float) -> Line:
    stands = min(found.values()) / slack <= value <= max(found.values()) * slack
    rounded = {condition: float(f"{number:.3g}") for condition, number in found.items()}
    return {"constant": name, "value": value, "derived": rounded, "stands": bool(stands)}


def _factor(ps: dict[Condition, Floats], slack: float) -> Line:
    """Give what a path's smallest p is to be multiplied by, at the alarm level."""
    columns = [EVERY_LOOK.index(look) for look in c.SHORT_LOOKS]
    found = {
        f"{noise}, {spread}": c.ALARM / float(np.quantile(p[:, columns].min(axis=1), c.ALARM))
        for (noise, spread), p in ps.items()
        if spread == "stored"
    }
    return _compared("LOOKS_FACTOR", c.LOOKS_FACTOR, found, slack)


def _rate(what: str, count: int, rows: int) -> Line:
    """Give the alarms, of both sides, of the rule as it is coded when no budget holds it back."""
    stands = count <= 2 * c.ALARM * rows + 3 * np.sqrt(2 * c.ALARM * rows)
    about = {"alarms": count, "of": rows, "percent": round(100 * count / rows, 4)}
    return {"constant": "ALARM", "value": c.ALARM, "where": what, **about, "stands": bool(stands)}


def _seen(
    rng: np.random.Generator, noise: str, spread: str, rows: int
) -> tuple[Floats, dict[str, int]]:
    """Give the one-sided p of every look at every row, and the alarms a path."""
    paths = {"short": c.SHORT, "long": c.LONG, "continued": c.CONTINUED}
    parts, alarms = [], dict.fromkeys(paths, 0)
    for _ in range(rows // BATCH):
        given = _rows(rng, noise, spread)
        parts.append(np.stack([_p(given, look) for look in EVERY_LOOK], axis=1))
        for name, path in paths.items():
            outcomes = guard.decide_all(given, path).outcome
            alarms[name] += int((outcomes != guard.UNDECIDED).sum())
    return np.concatenate(parts), alarms


def _rows(rng: np.random.Generator, noise: str, spread: str) -> guard.Comparisons:
    shape = BATCH, EVERY_LOOK[-1]
    values = rng.standard_normal(shape) if noise == "normal" else rng.standard_t(HEAVY_DF, shape)
    sd = 1.0 if noise == "normal" else float(np.sqrt(HEAVY_DF / (HEAVY_DF - 2)))
    stored = np.full(BATCH, 1.0 if spread == "stored" else np.nan)
    return guard.Comparisons(values / sd, np.full(BATCH, NO_BUDGET), stored)


def _p(rows: guard.Comparisons, look: int) -> Floats:
    """Give one look's p, by the decision's own effect, sd and degrees of freedom."""
    alone = c.Path((look,), (c.SHORT_ALARM,), (c.SHORT_MISS,))
    found = guard.decide_all(rows, alone)
    return np.asarray(stdtr(found.df, -found.effect / (found.sd / np.sqrt(look))))


def main() -> int:
    """Print the lines; 1 where a constant does not stand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, more slack")
    quick = parser.parse_args().quick
    stands = True
    for line in lines(QUICK_ROWS if quick else ROWS, QUICK_SLACK if quick else SLACK):
        print(json.dumps(line), flush=True)
        stands &= line["stands"]
    return 0 if stands else 1


if __name__ == "__main__":
    sys.exit(main())
