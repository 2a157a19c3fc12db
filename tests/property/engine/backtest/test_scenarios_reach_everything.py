"""The drawn backtests are no empty ones: every reason, flag, equality and dropped order is met."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, Phase, given, seed, settings

from engine.backtest.results import Backtest, Dropped, Flag, Reason
from tests.backtest_reference.engines import by_reference
from tests.backtest_reference.scenarios import Scenario, scenarios

PROJECT = Path(__file__).parents[4]
RUNS = 500
ENOUGH = 4  # runs that meet it, of RUNS
TOUCHES = ("extreme == stop", "extreme == target", "open == stop", "open == target")
BY_LEVEL = (Reason.STOP_LOSS, Reason.TRAILING_STOP, Reason.TAKE_PROFIT)


def test_every_reason_flag_equality_and_dropped_order_is_met() -> None:
    # In a process of its own: hypothesis draws constants of all modules that are loaded.
    code = f"from {__name__} import met_by_runs; print(met_by_runs())"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    met = Counter(ast.literal_eval(told.stdout))

    wanted = [f"reason {one.name}" for one in Reason if one is not Reason.PYTHON_RULE]
    wanted += [f"dropped {one.name}" for one in Dropped]
    wanted += [f"flag {int(one)}" for one in Flag] + ["side 1", "side -1", "added", *TOUCHES]
    assert {one: met[one] for one in wanted if met[one] < ENOUGH} == {}


def met_by_runs() -> dict[str, int]:
    """Count the drawn backtests that meet each of what there is to be met."""
    met: Counter[str] = Counter()

    @seed(1)
    @settings(
        max_examples=RUNS,
        deadline=None,
        phases=[Phase.generate],
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(scenarios())
    def count(scenario: Scenario) -> None:
        met.update(set(seen_in(scenario, by_reference(scenario))))

    count()
    return dict(met)


def seen_in(scenario: Scenario, found: Backtest) -> Iterator[str]:
    """Name what happened in a run."""
    trades = found.trades
    yield from (f"reason {Reason(one).name}" for one in trades.reason.tolist())
    yield from (f"flag {one}" for one in trades.flags.tolist())
    yield from (f"dropped {Dropped(one).name}" for one in found.dropped.reason.tolist())
    yield from (f"side {one}" for one in trades.side.tolist())
    if np.sum(found.fills.quantity > 0) > len(trades) + len(found.open.asset):
        yield "added"
    if scenario.case.costs.slippage == 0 and not scenario.case.profile.on_close:
        yield from touches(scenario, found)


def touches(scenario: Scenario, found: Backtest) -> Iterator[str]:
    """Name the exits whose level was a price of the bar to the bit."""
    trades, bars = found.trades, scenario.case.bars
    for k in np.flatnonzero((trades.flags == 0) & np.isin(trades.reason, BY_LEVEL)):
        at = trades.exit_bar[k], trades.asset[k]
        level = "target" if trades.reason[k] == Reason.TAKE_PROFIT else "stop"
        if trades.exit_price[k] == bars.open[at]:
            yield f"open == {level}"
        elif trades.exit_price[k] in {bars.high[at], bars.low[at]}:
            yield f"extreme == {level}"
