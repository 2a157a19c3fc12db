"""What must hold of every strategy."""

from __future__ import annotations

import unittest
from pathlib import Path

import numpy as np
from highwater import load_bars, run

from strategies.mean_reversion import MeanReversion
from strategies.trend import Trend

SP500 = Path(__file__).resolve().parent.parent / "data" / "sp500-2000.csv"


class Strategies(unittest.TestCase):
    """Decisions, trades and stops."""

    def setUp(self) -> None:
        self.bars = load_bars(SP500)

    def test_nothing_is_decided_before_there_are_bars_enough(self) -> None:
        self.assertFalse(Trend(fast=50, slow=200).signals(self.bars).codes[:199].any())
        self.assertFalse(MeanReversion(window=10).signals(self.bars).codes[:9].any())

    def test_later_bars_change_no_earlier_decision(self) -> None:
        for strategy in (Trend(), MeanReversion()):
            before = strategy.signals(self.bars.window(0, 4000)).codes
            after = strategy.signals(self.bars).codes[:4000]
            self.assertTrue(np.array_equal(before, after))

    def test_every_position_is_long(self) -> None:
        self.assertEqual(set(run(Trend(), self.bars).trades.side), {1})

    def test_no_trade_is_held_much_longer_than_a_month_by_mean_reversion(self) -> None:
        self.assertLessEqual(run(MeanReversion(), self.bars).trades.bars_held.max(), 22)


if __name__ == "__main__":
    unittest.main()
