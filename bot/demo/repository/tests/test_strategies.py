"""What must hold of every strategy."""

from __future__ import annotations

import unittest

import numpy as np

from strategies import evaluation, mean_reversion, trend
from strategies.market import load_bars


class Strategies(unittest.TestCase):
    """Positions, costs and look-ahead."""

    def setUp(self) -> None:
        self.bars = load_bars()

    def test_positions_are_long_or_cash(self) -> None:
        for wanted in (
            trend.positions(self.bars, 50, 200),
            mean_reversion.positions(self.bars, 10, 1.5),
        ):
            self.assertEqual(set(np.unique(wanted)), {0.0, 1.0})

    def test_later_bars_change_no_earlier_position(self) -> None:
        altered = load_bars()
        altered.close[4000:] *= 2.0
        before = trend.positions(self.bars, 50, 200)[:4000]
        after = trend.positions(altered, 50, 200)[:4000]
        self.assertTrue(np.array_equal(before, after))

    def test_a_position_earns_the_next_move_less_its_cost(self) -> None:
        wanted = np.zeros(self.bars.close.size)
        wanted[10] = 1.0
        returns = evaluation.net_returns(self.bars, wanted)
        move = self.bars.close[11] / self.bars.close[10] - 1.0
        self.assertAlmostEqual(returns[11], move - evaluation.COST, places=15)
        self.assertAlmostEqual(returns[12], -evaluation.COST, places=15)


if __name__ == "__main__":
    unittest.main()
