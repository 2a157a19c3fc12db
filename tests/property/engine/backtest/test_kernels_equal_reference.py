"""Every path that needs no compiler gives the reference's very bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from engine.backtest.run import Path
from engine.backtest.stepper import Stepper
from tests.backtest_reference.altered import mirrored_case, turns_round
from tests.backtest_reference.by_hand import story
from tests.backtest_reference.columns import differences
from tests.backtest_reference.engines import by_kernel, by_reference, by_steps, give, setup_of
from tests.backtest_reference.interpreter import Interpreter
from tests.backtest_reference.scenarios import Scenario, scenarios, scenarios_with_own_rules

often = settings(max_examples=150, deadline=None)


@often
@given(scenarios())
def test_plain_python_gives_the_bits_of_the_reference(scenario: Scenario) -> None:
    assert differences(by_kernel(scenario, Path.PYTHON), by_reference(scenario)) == []


@often
@given(scenarios(widths=(1, 20)))
def test_numpy_gives_the_bits_of_the_reference(scenario: Scenario) -> None:
    assert differences(by_kernel(scenario, Path.NUMPY), by_reference(scenario)) == []


@often
@given(scenarios(), st.sampled_from([Path.PYTHON, Path.NUMPY]))
def test_stepping_gives_the_bits_of_the_reference(scenario: Scenario, path: Path) -> None:
    assert differences(by_steps(scenario, path), by_reference(scenario)) == []


@often
@given(scenarios_with_own_rules())
def test_rules_in_python_give_the_bits_of_the_reference(scenario: Scenario) -> None:
    expected = by_reference(scenario)
    assert differences(by_kernel(scenario, Path.PYTHON), expected) == []
    assert differences(by_steps(scenario, Path.NUMPY), expected) == []


@often
@given(scenarios(), st.sampled_from([Path.PYTHON, Path.NUMPY]))
def test_a_strategy_sees_the_account_of_the_reference(scenario: Scenario, path: Path) -> None:
    bars, signals = scenario.case.bars, scenario.signals
    stepper, interpreter = Stepper(bars, setup_of(scenario), path=path), Interpreter(scenario.case)
    for t in range(bars.length):
        stepper.step(t)
        interpreter.step(t)
        account = interpreter.account
        held = [account.held.get(n) for n in range(bars.width)]
        position = [0.0 if one is None else one.side * one.quantity for one in held]
        entry = [np.nan if one is None else one.entry_price for one in held]
        assert (stepper.cash, stepper.equity) == (account.cash, account.equity())
        assert np.array_equal(stepper.position, position)
        assert np.array_equal(stepper.entry_price, entry, equal_nan=True)
        give(stepper, signals, t)
        stepper.close(t)
        sizes = None if signals.size is None else signals.size[t].tolist()
        interpreter.close(t, signals.codes[t].tolist(), sizes)


@settings(max_examples=50, deadline=None)
@given(scenarios())
def test_prices_turned_round_give_the_bits_of_the_reference(scenario: Scenario) -> None:
    assume(turns_round(scenario))
    turned = mirrored_case(scenario)
    assert differences(by_kernel(turned, Path.PYTHON), by_reference(turned)) == []


@settings(max_examples=25, deadline=None)
@given(scenarios(widths=(1, 1)))
def test_one_asset_is_the_same_on_the_wide_path(scenario: Scenario) -> None:
    wide, narrow = by_kernel(scenario, Path.NUMPY), by_kernel(scenario, Path.PYTHON)
    assert differences(wide, narrow) == []


@pytest.mark.parametrize("path", [Path.PYTHON, Path.NUMPY])
def test_records_grow_with_what_happens(path: Path) -> None:
    turns = story([(100.0, 101.0, 99.0, 100.0)] * 1_200, "L " + "S L " * 599)
    found = by_kernel(turns, path)
    assert len(found.trades) == 1_198
    assert differences(found, by_reference(turns)) == []
