"""The compiled kernels give the reference's very bits; numba keeps what it compiled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.kernels import layout
from engine.backtest.kernels.fast import run_compiled
from engine.backtest.kernels.layout import Book
from engine.backtest.kernels.plain import run_plain, run_python
from engine.backtest.kernels.state import State
from engine.backtest.kernels.wide_numpy import run_numpy
from engine.backtest.lanes import LaneRuns, Lanes
from engine.backtest.paths import ENTRIES
from engine.backtest.profiles import PROFILES, ProfileName
from engine.backtest.results import Reason, Trades
from engine.backtest.risk.rules import (
    RegimeDependentRule,
    Rule,
    StopLoss,
    TimeBasedExit,
    TrailingStop,
)
from engine.backtest.run import Path
from engine.backtest.signals import ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT, TARGET, Signals
from tests.backtest_reference.columns import differences
from tests.backtest_reference.drawn_rules import FRACTIONS
from tests.backtest_reference.engines import by_kernel, by_reference, by_steps, setup_of
from tests.backtest_reference.interpreter import Case
from tests.backtest_reference.panels import cut, of_prices
from tests.backtest_reference.scenarios import FAMILIES, Scenario, scenarios_of

pytestmark = [pytest.mark.timeout(900)]
families = pytest.mark.parametrize("family", FAMILIES)
often = settings(max_examples=100, deadline=None)
every_path = pytest.mark.parametrize("path", [*Path])
Arrays = tuple[NDArray[np.uint8], NDArray[np.float64] | None]
PLAIN = {Path.PYTHON: run_python, Path.NUMPY: run_numpy}


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


@st.composite
def guarded_shorts(draw: st.DrawFn, *, widths: tuple[int, int]) -> Scenario:
    """Plain trailing stops and short times, over bars of which some are missing."""
    scenario = draw(scenarios_of("trailing", widths=widths))
    bars, some = scenario.case.bars, st.integers(0, 2**32 - 1)
    generator = np.random.default_rng(draw(some))
    missing = generator.random((bars.length, bars.width)) < draw(st.sampled_from([0.0, 0.2, 0.5]))
    rows = (bars.open, bars.high, bars.low, bars.close)
    holed = of_prices(*(np.where(missing, np.nan, one) for one in rows))
    choice = [0] * 4 + [ENTER_LONG, ENTER_SHORT, ENTER_SHORT, EXIT_LONG, EXIT_SHORT, TARGET]
    codes = generator.choice(choice, missing.shape).astype(np.uint8)
    rules = (*scenario.case.rules, TimeBasedExit(draw(st.integers(1, 5))))
    case = replace(scenario.case, bars=holed, rules=rules)
    return Scenario(case, Signals(codes, scenario.signals.size))


@every_path
@often
@given(scenario=guarded_shorts(widths=(1, 20)))
def test_time_exits_and_trailed_shorts_are_those_of_the_reference(
    path: Path, scenario: Scenario
) -> None:
    assert differences(by_kernel(scenario, path), by_reference(scenario)) == []


@often
@given(scenario=guarded_shorts(widths=(1, 1)))
def test_time_exits_and_trailed_shorts_of_lanes_are_those_of_the_reference(
    scenario: Scenario,
) -> None:
    check_lanes(scenario, scenario.case.rules)


# Held from bar 1 on for 3 bars: due on bar 4, left at the open of bar 5.
LATE = {(): 5, (4,): 6, (4, 5): 7, (5,): 6, (3,): 5, (4, 6): 7, (4, 5, 6, 7): 9}


def late(side: int) -> Scenario:
    """Give an asset for each way in which bars may be missing; all are entered at close 0."""
    shape = (12, len(LATE))
    price = np.full(shape, 64.0)
    for n, missing in enumerate(LATE):
        price[list(missing), n] = np.nan
    codes = np.zeros(shape, np.uint8)
    codes[0] = side
    terms = AccountTerms(sizing=Sizing.UNITS, size=1.0)
    case = Case(
        bars=of_prices(price, price, price, price),
        terms=terms,
        costs=Costs(),
        profile=PROFILES[ProfileName.OURS],
        rules=(TrailingStop(1 / 8), TimeBasedExit(3)),
    )
    return Scenario(case, Signals(codes))


@every_path
@pytest.mark.parametrize("side", [ENTER_LONG, ENTER_SHORT])
def test_what_is_due_without_a_bar_leaves_after_the_next_one(path: Path, side: int) -> None:
    trades = by_kernel(late(side), path).trades
    assert dict(zip(trades.asset.tolist(), trades.exit_bar.tolist(), strict=True)) == dict(
        enumerate(LATE.values())
    )
    assert {*trades.reason.tolist()} == {Reason.TIME}


@pytest.mark.parametrize("asset", range(len(LATE)))
def test_a_lane_that_is_due_without_a_bar_leaves_after_the_next_one(asset: int) -> None:
    scenario = late(ENTER_SHORT)
    bars = cut(scenario.case.bars, 12, slice(asset, asset + 1))
    case = replace(scenario.case, bars=bars)
    codes = np.zeros((12, 2), np.uint8)
    codes[0, 1] = ENTER_SHORT
    trades = lanes_of(case, 4, case.rules).run(codes).trades
    assert (trades.asset.tolist(), trades.reason.tolist()) == ([1], [Reason.TIME])
    assert trades.exit_bar.tolist() == [[*LATE.values()][asset]]


def books(scenario: Scenario) -> Iterator[Book]:
    """Run by every path, and as lanes where there is one asset; give what each leaves behind."""
    bars, signals, setup = scenario.case.bars, scenario.signals, setup_of(scenario)
    for kernel in PLAIN.values():
        yield run_plain(bars, signals, setup, kernel)
    for entry in ENTRIES.values():
        yield run_compiled(
            State.fresh(setup, bars.length, bars.width), entry, (bars, signals, setup)
        )
    if bars.width == 1:
        state = State.fresh(setup, bars.length, 1, lanes=True)
        yield run_compiled(state, "enter_wide", (bars, signals, setup), lanes=True)


@often
@given(scenario=guarded_shorts(widths=(1, 3)) | guarded_shorts(widths=(17, 20)))
def test_the_shorts_that_are_held_are_counted(scenario: Scenario) -> None:
    for book in books(scenario):
        assert book.counts[layout.SHORTS] == np.sum(book.quantity < 0.0)


@often
@given(first=scenarios_of("everything", widths=(1, 1)), second=st.integers(0, 2**32 - 1))
def test_a_run_after_another_in_the_same_memory_gives_the_same_bits(
    first: Scenario, second: int
) -> None:
    size = first.signals.size
    codes = first.signals.codes
    shuffled = np.random.default_rng(second).permutation(codes)
    lanes = lanes_of(first.case, 2, first.case.rules)
    for given_codes in (codes, shuffled, codes):
        own = replace(first, signals=Signals(given_codes, size))
        check_lane(lanes.run(given_codes, size), 0, own)


@families
@often
@given(data=st.data())
def test_every_lane_gives_the_bits_of_a_run_of_its_own(family: str, data: st.DataObject) -> None:
    scenario = data.draw(scenarios_of(family, widths=(1, 1)))
    check_lanes(scenario, scenario.case.rules)


def lanes_of(case: Case, width: int, rules: tuple[Rule, ...], *, equity: bool = True) -> Lanes:
    """Make room for lanes on the terms of *case*."""
    return Lanes(
        case.bars,
        width,
        account=case.terms,
        costs=case.costs,
        profile=case.profile,
        rules=rules,
        equity=equity,
    )


def three(scenario: Scenario) -> tuple[list[Scenario], Arrays]:
    """Give three runs that differ in their codes, and the arrays of them as lanes."""
    codes, size = scenario.signals.codes, scenario.signals.size
    own = [codes, np.roll(codes, 1, axis=0), np.roll(codes, 3, axis=0)]
    runs = [replace(scenario, signals=Signals(one, size)) for one in own]
    return runs, (np.hstack(own), None if size is None else np.hstack([size] * len(own)))


def check_lanes(scenario: Scenario, rules: tuple[Rule, ...]) -> None:
    """Hold lanes with and without curves against the reference, one by one."""
    runs, arrays = three(scenario)
    for equity in (True, False):
        found = lanes_of(scenario.case, 5, rules, equity=equity).run(*arrays)
        assert found.equity.shape == (scenario.case.bars.length if equity else 1, len(runs))
        for lane, own in enumerate(runs):
            check_lane(found, lane, own)


def check_lane(found: LaneRuns, lane: int, own: Scenario) -> None:
    """Hold one lane against the reference: as much of its curve as there is."""
    alone = by_reference(own)
    kept = len(found.equity)
    assert found.equity[:, lane].tobytes() == alone.equity[-kept:].tobytes()
    assert found.cash_end[lane].hex() == alone.cash_end.hex()
    assert found.trade_counts[lane] == len(alone.trades)
    assert of_lane(found.trades, lane) == of_lane(alone.trades, 0)


def of_lane(trades: Trades, lane: int) -> dict[str, bytes]:
    """Give the trades of one lane, as bytes a column."""
    mine = trades.asset == lane
    names = [name for name in trades.__slots__ if name != "asset"]
    return {name: getattr(trades, name)[mine].tobytes() for name in names}


@often
@given(data=st.data())
def test_lanes_with_rules_of_their_own_give_the_bits_of_runs_with_them(data: st.DataObject) -> None:
    scenario = data.draw(scenarios_of("everything", widths=(1, 1)))
    plain = [rule for rule in scenario.case.rules if not isinstance(rule, RegimeDependentRule)]
    own_rules = [
        [*plain, StopLoss(data.draw(st.sampled_from(FRACTIONS))), TimeBasedExit(limit)]
        for limit in (2, 5, 9, 1)
    ]
    case, (runs, arrays) = scenario.case, three(scenario)
    lanes = Lanes(
        case.bars,
        len(own_rules),
        account=case.terms,
        costs=case.costs,
        profile=case.profile,
        own_rules=own_rules,
    )
    found = lanes.run(*arrays)
    for lane, own in enumerate(runs):
        check_lane(found, lane, own.with_rules(*own_rules[lane]))


@pytest.mark.parametrize("profile", [ProfileName.OURS, ProfileName.VECTORBT])
@pytest.mark.parametrize("sizing", [*Sizing])
def test_without_curves_the_last_equity_is_kept_to_the_bit(
    sizing: Sizing, profile: ProfileName
) -> None:
    bars = long_bars(1003)  # no multiple of the closes that are settled together
    codes = np.random.default_rng(5).choice([0, 0, 0, ENTER_LONG, ENTER_SHORT], (1003, 3))
    codes[-2] = [ENTER_LONG, ENTER_SHORT, ENTER_LONG]
    size = {Sizing.UNITS: 10.0, Sizing.VALUE: 700.0, Sizing.FRACTION: 0.75}[sizing]
    terms = AccountTerms(sizing=sizing, size=size)
    case = Case(bars=bars, terms=terms, costs=Costs(), profile=PROFILES[profile])
    full, last = (
        lanes_of(case, 7, (), equity=equity).run(codes.astype(np.uint8)) for equity in (True, False)
    )
    assert (full.equity.shape, last.equity.shape) == ((1003, 3), (1, 3))
    assert last.equity[0].tobytes() == full.equity[-1].tobytes()
    assert np.all(last.equity[0] != last.cash_end), "each has a position that is open at the end"
    assert last.trade_counts.tolist() == full.trade_counts.tolist()


def long_bars(length: int) -> Bars:
    """Give bars of one asset for more trades than the records have room for at first."""
    close = 64 + np.cumsum(np.random.default_rng(3).normal(0, 0.1, length)).reshape(-1, 1)
    return of_prices(close, close + 0.5, close - 0.5, close)
