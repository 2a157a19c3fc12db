"""Both ways to the sums of a run give the same bits: numpy's and the compiled one."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from engine.backtest import metric_kernels, metric_sums
from engine.backtest.metric_kernels import COLUMNS, fill_curve_sums
from engine.backtest.metric_sums import curve_sums
from tests.fakes.finished_backtests import backtest

LEVELS = st.one_of(
    st.integers(90, 110).map(float),  # equal levels, peaks that are met again
    st.floats(1.0, 1e6),
    st.sampled_from([100.0, 100.0, 100.0, 5e-324, 1e308]),
)
WRONG = st.sampled_from([0.0, -1.0, float("nan"), float("inf")])


def same_bits(equity: np.ndarray, start: float) -> bool:
    row = np.empty(COLUMNS)
    fill_curve_sums(equity, start, np.empty((2, len(equity))), row)
    return np.array(curve_sums(equity, start)).tobytes() == row.tobytes()


@settings(deadline=None, max_examples=300)
@given(equity=arrays(np.float64, st.integers(1, 60), elements=LEVELS), start=st.floats(50, 200))
def test_short_and_coarse_curves_have_the_same_bits(equity: np.ndarray, start: float) -> None:
    assert same_bits(equity, start)


@settings(deadline=None, max_examples=50)
@given(
    equity=arrays(np.float64, st.integers(1, 30), elements=LEVELS),
    wrong=WRONG,
    place=st.integers(0, 29),
)
def test_a_ruined_account_is_seen_at_the_same_bar(
    equity: np.ndarray, wrong: float, place: int
) -> None:
    equity[place % len(equity)] = wrong
    assert same_bits(equity, 100.0)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    length=st.integers(2, 3000),
    memory=st.sampled_from([-0.9, 0.0, 0.3, 0.97]),
    idle=st.sampled_from([0.0, 0.5, 0.99]),
)
def test_walks_with_memory_and_idle_bars_have_the_same_bits(
    seed: int, length: int, memory: float, idle: float
) -> None:
    draw = np.random.default_rng(seed)
    steps = draw.standard_t(3, length) * 0.01 * (draw.random(length) >= idle)
    for t in range(1, length):
        steps[t] += memory * steps[t - 1]
    equity = 1e5 * np.exp(np.cumsum(np.clip(steps, -0.5, 0.5)))
    assert same_bits(equity, 1e5)


MONEY = st.one_of(st.integers(-3, 3).map(float), st.floats(-1e6, 1e6))
BARS = st.tuples(st.integers(0, 19), st.integers(0, 19)).map(sorted)
TRADES = st.lists(st.tuples(MONEY, BARS, st.integers(0, 3)), max_size=20)


@settings(deadline=None, max_examples=100)
@given(rows=TRADES, held=st.lists(st.integers(0, 19), max_size=3))
@example(rows=[(-0.0, [0, 0], 0)], held=[])
def test_trades_and_fills_have_the_same_sums(
    rows: list[tuple[float, list[int], int]], held: list[int]
) -> None:
    trades = [
        {"pnl": pnl, "mfe": abs(pnl), "mae": pnl / 3, "flags": flags}
        | {"entry_bar": bars[0], "exit_bar": bars[1]}
        for pnl, bars, flags in rows
    ]
    fills = [{"quantity": pnl, "price": 1.1 + flags, "fee": pnl / 7} for pnl, _, flags in rows]
    equity = list(range(100, 120))
    run = backtest(equity, trades=trades, fills=fills, held=[{"entry_bar": bar} for bar in held])

    # NaN is not equal to itself, its text is; texts of other floats are exact
    assert repr(metric_kernels.sums_of(run)) == repr(metric_sums.sums_of(run))
