"""Backtests of any kind, by hypothesis: every sizing, cost, profile and rule."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.profiles import PROFILES, Profile
from engine.backtest.risk.rules import (
    DynamicTrailingStop,
    Rule,
    StopLoss,
    TakeProfit,
    TimeBasedExit,
    TrailingStop,
)
from engine.backtest.signals import ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT, TARGET, Signals
from tests.backtest_reference.drawn_rules import FRACTIONS, LADDER_FRACTIONS, armed, own_rules
from tests.backtest_reference.interpreter import Case
from tests.backtest_reference.panels import LONGEST, WIDEST, panels

SIZES = (  # of one sign mostly: then targets add and reduce
    [0.5, 1.0, 1.5, 3.0],
    [-0.5, -1.0, -1.5, -3.0],
    [np.nan, -2.0, -1.0, 0.0, 0.5, 1.0, 1.5, 3.0],
)
FAMILIES = ("none", "trailing", "everything")  # a compiled kernel each: compiling takes seconds
CODES = {
    "plain": [0] * 8 + [ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT],
    "any": [*range(16), TARGET, TARGET | ENTER_LONG],
    "targets": [0, 0, 0, TARGET],
    "rare": [0] * 20 + [ENTER_LONG, ENTER_SHORT],
}


@dataclass(frozen=True)
class Scenario:
    """A case and its signals; shown by what it was drawn from."""

    case: Case
    signals: Signals

    def with_rules(self, *rules: Rule) -> Scenario:
        """Arm it otherwise."""
        return replace(self, case=replace(self.case, rules=rules))


@st.composite
def signals_for(draw: st.DrawFn, bars: Bars, sizing: Sizing) -> Signals:
    """Codes of one of several kinds, with sizes or without."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    choice = CODES[draw(st.sampled_from([*CODES, "targets"]))]
    shape = (LONGEST, WIDEST)
    codes = generator.choice(choice, shape).astype(np.uint8)
    part = (slice(0, bars.length), slice(0, bars.width))
    if draw(st.integers(0, 3)) == 0:
        return Signals(np.ascontiguousarray(codes[part]))
    units = {Sizing.UNITS: 8.0, Sizing.VALUE: 500.0, Sizing.FRACTION: 0.25}[sizing]
    size = units * generator.choice(draw(st.sampled_from(SIZES)), shape)
    return Signals(np.ascontiguousarray(codes[part]), np.ascontiguousarray(size[part]))


@st.composite
def account_terms(draw: st.DrawFn) -> AccountTerms:
    """Any terms; little cash, so that orders are cut and refused."""
    sizing = draw(st.sampled_from(list(Sizing)))
    size = {Sizing.UNITS: 10.0, Sizing.VALUE: 700.0, Sizing.FRACTION: 0.75}[sizing]
    return AccountTerms(
        cash=draw(st.sampled_from([1_000.0, 10_000.0, 100_000.0])),
        sizing=sizing,
        size=size,
        lot=draw(st.sampled_from([None, 1.0, 0.1])),
        beyond_cash=draw(st.sampled_from(["cut", "refuse"])),
    )


def costs(slippages: tuple[float, ...]) -> st.SearchStrategy[Costs]:
    """Any costs."""
    return st.builds(
        Costs,
        fee=st.sampled_from([0.0, 0.001]),
        fee_fixed=st.sampled_from([0.0, 1.0]),
        slippage=st.sampled_from(slippages),
    )


def profiles() -> st.SearchStrategy[Profile]:
    """The named profiles, and every other way to turn their knobs."""
    any_profile = st.builds(
        Profile, st.booleans(), st.booleans(), st.booleans(), st.booleans(), st.booleans()
    )
    named = st.sampled_from(list(PROFILES.values()))
    return st.one_of(named, named, any_profile)


@st.composite
def scenarios(draw: st.DrawFn, *, widths: tuple[int, int] = (1, 4)) -> Scenario:
    """Everything at once; on the ladder without slippage, so that levels are met to the bit."""
    ladder = draw(st.booleans())
    bars = draw(panels(widths=widths, ladder=ladder))
    terms = draw(account_terms())
    case = Case(
        bars=bars,
        terms=terms,
        costs=draw(costs((0.0,) if ladder else (0.0, 0.002))),
        profile=draw(profiles()),
        rules=draw(armed(bars.length, LADDER_FRACTIONS if ladder else FRACTIONS)),
    )
    return Scenario(case, draw(signals_for(bars, terms.sizing)))


@st.composite
def scenarios_of(draw: st.DrawFn, family: str, *, widths: tuple[int, int]) -> Scenario:
    """Scenarios whose rules need one and the same compiled kernel."""
    scenario = draw(scenarios(widths=widths))
    fraction = st.sampled_from(FRACTIONS)
    if family == "none":
        return scenario.with_rules()
    if family == "trailing":
        stop = st.builds(StopLoss, fraction) | st.builds(TakeProfit, fraction)
        trail = TrailingStop(draw(fraction))
        return scenario.with_rules(trail, *draw(st.lists(stop, max_size=3)))
    rules = [rule for rule in scenario.case.rules if not isinstance(rule, DynamicTrailingStop)]
    dynamic = DynamicTrailingStop(draw(st.sampled_from([1 / 4, 1 / 8])), 1 / 128, 1 / 32)
    limit = TimeBasedExit(draw(st.integers(3, 30)))
    return scenario.with_rules(*rules, dynamic, limit)


@st.composite
def scenarios_with_own_rules(draw: st.DrawFn) -> Scenario:
    """Scenarios with rules in Python beside the others."""
    scenario = draw(scenarios())
    own = draw(st.lists(own_rules(), min_size=1, max_size=3))
    return scenario.with_rules(*scenario.case.rules, *own)
