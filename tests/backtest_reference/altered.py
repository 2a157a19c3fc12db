"""Scenarios with one thing changed, of which it is known what that changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.backtest_reference.panels import CENTRE, cut, mirrored, of_prices, walk
from tests.backtest_reference.scenarios import Scenario


def mirrored_case(scenario: Scenario, *, sides: bool = False) -> Scenario:
    """Turn a scenario's prices round; *sides*: long codes become short ones too."""
    codes = scenario.signals.codes
    if sides:
        codes = (((codes & 3) << 2) | ((codes & 12) >> 2)).astype(np.uint8)
    signals = replace(scenario.signals, codes=codes)
    return Scenario(replace(scenario.case, bars=mirrored(scenario.case.bars)), signals)


def turns_round(scenario: Scenario) -> bool:
    """Say whether prices, and levels near them, stay above zero when they are turned round."""
    bars, room = scenario.case.bars, CENTRE / 4
    return not bool(np.any(bars.low <= room) or np.any(bars.high >= 2 * CENTRE - room))


def raised(scenario: Scenario) -> Scenario:
    """Press prices together, far above zero: no price is then far from another."""
    bars = scenario.case.bars
    rows = (bars.open, bars.high, bars.low, bars.close)
    high = of_prices(*(10 * CENTRE + one / CENTRE for one in rows))
    high = replace(high, symbols=bars.symbols)
    return replace(scenario, case=replace(scenario.case, bars=high))


def spliced(scenario: Scenario, last: int, seed: int) -> Scenario:
    """Give a scenario with other bars and signals after bar *last*."""
    generator = np.random.default_rng(seed)
    bars, signals = scenario.case.bars, scenario.signals
    other = cut(walk(generator, gaps=True, holes=0.2), bars.length, slice(0, bars.width))
    after = slice(last + 1, None)
    rows = [one.copy() for one in (bars.open, bars.high, bars.low, bars.close)]
    for mine, theirs in zip(rows, (other.open, other.high, other.low, other.close), strict=True):
        mine[after] = theirs[after]
    codes = signals.codes.copy()
    codes[after] = generator.integers(0, 32, codes[after].shape).astype(np.uint8)
    case = replace(scenario.case, bars=replace(of_prices(*rows), symbols=bars.symbols))
    return Scenario(case, replace(signals, codes=codes))
