"""The compiled kernels give the reference's very bits; numba keeps what it compiled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.backtest.many import Combination, Lanes, run_many
from engine.backtest.results import Trades
from engine.backtest.run import Path
from engine.backtest.signals import Signals
from tests.backtest_reference.columns import differences
from tests.backtest_reference.engines import by_kernel, by_reference, by_steps, setup_of
from tests.backtest_reference.scenarios import FAMILIES, Scenario, scenarios_of

pytestmark = [pytest.mark.timeout(900)]
families = pytest.mark.parametrize("family", FAMILIES)
often = settings(max_examples=100, deadline=None)


@families
@often
@given(data=st.data())
def test_the_narrow_kernel_gives_the_bits_of_the_reference(
    family: str, data: st.DataObject
) -> None:
    scenario = data.draw(scenarios_of(family, widths=(1, 4)))
    assert differences(by_kernel(scenario, Path.NARROW), by_reference(scenario)) == []


@families
@often
@given(data=st.data())
def test_the_wide_kernel_gives_the_bits_of_the_reference(family: str, data: st.DataObject) -> None:
    scenario = data.draw(scenarios_of(family, widths=(1, 20)))
    assert differences(by_kernel(scenario, Path.WIDE), by_reference(scenario)) == []


@pytest.mark.parametrize("path", [Path.NARROW, Path.WIDE])
@often
@given(scenario=scenarios_of("everything", widths=(1, 20)))
def test_compiled_steps_give_the_bits_of_the_reference(path: Path, scenario: Scenario) -> None:
    assert differences(by_steps(scenario, path), by_reference(scenario)) == []


@often
@given(first=scenarios_of("everything", widths=(2, 2)), second=st.integers(0, 2**32 - 1))
def test_a_run_after_another_in_the_same_memory_gives_the_same_bits(
    first: Scenario, second: int
) -> None:
    generator = np.random.default_rng(second)
    shuffled = Signals(generator.permutation(first.signals.codes), first.signals.size)
    runs = [first, replace(first, signals=shuffled), first]
    combinations = [Combination(one.signals, setup_of(one)) for one in runs]
    bars = first.case.bars
    many = run_many(bars, combinations, expected=len(runs), path=Path.WIDE)
    for scenario, found in zip(runs, many, strict=True):
        assert differences(found, by_reference(scenario)) == []


@pytest.mark.parametrize("family", ["none", "everything"])
@often
@given(data=st.data())
def test_every_lane_gives_the_bits_of_a_run_of_its_own(family: str, data: st.DataObject) -> None:
    scenario = data.draw(scenarios_of(family, widths=(1, 1)))
    codes, size = scenario.signals.codes, scenario.signals.size
    lanes = [codes, np.roll(codes, 1, axis=0), np.roll(codes, 3, axis=0)]
    sizes = None if size is None else np.hstack([size] * len(lanes))
    found = Lanes(scenario.case.bars, 4, setup_of(scenario)).run(np.hstack(lanes), sizes)
    for lane, own in enumerate(lanes):
        alone = by_reference(replace(scenario, signals=Signals(own, size)))
        assert found.equity[:, lane].tobytes() == alone.equity.tobytes()
        assert found.cash_end[lane] == alone.cash_end
        assert of_lane(found.trades, lane) == of_lane(alone.trades, 0)


def of_lane(trades: Trades, lane: int) -> dict[str, bytes]:
    """Give the trades of one lane, as bytes a column."""
    mine = trades.asset == lane
    names = [name for name in trades.__slots__ if name != "asset"]
    return {name: getattr(trades, name)[mine].tobytes() for name in names}
