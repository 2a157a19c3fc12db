"""The kernel by each of its paths, and the reference, all asked in one way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.backtest.results import Backtest
from engine.backtest.risk.risk_manager import RiskManager
from engine.backtest.run import Path, Setup, run
from engine.backtest.signals import Signals
from engine.backtest.stepper import Stepper
from tests.backtest_reference.interpreter import interpret
from tests.backtest_reference.scenarios import Scenario

Engine = Callable[[Scenario], Backtest]


def setup_of(scenario: Scenario) -> Setup:
    """Give the kernel's terms, its rules compiled."""
    case = scenario.case
    rules = RiskManager(case.rules).compiled(case.bars) if case.rules else None
    return Setup(terms=case.terms, costs=case.costs, profile=case.profile, rules=rules)


def by_reference(scenario: Scenario) -> Backtest:
    """Run the reference."""
    return interpret(scenario.case, scenario.signals)


def by_kernel(scenario: Scenario, path: Path) -> Backtest:
    """Run the kernel on one of its paths."""
    return run(scenario.case.bars, scenario.signals, setup_of(scenario), path=path)


def by_steps(scenario: Scenario, path: Path | None = None) -> Backtest:
    """Run the kernel one bar at a time, the signals given as orders."""
    bars, signals = scenario.case.bars, scenario.signals
    stepper = Stepper(bars, setup_of(scenario), path=path)
    for t in range(bars.length):
        stepper.step(t)
        give(stepper, signals, t)
        stepper.close(t)
    return stepper.finish()


def give(stepper: Stepper, signals: Signals, t: int) -> None:
    """Order what the signals of close *t* say."""
    stepper.codes[:] = signals.codes[t]
    if signals.size is not None:
        stepper.sizes[:] = signals.size[t]


def by_python(scenario: Scenario) -> Backtest:
    """Run the kernel in plain Python."""
    return by_kernel(scenario, Path.PYTHON)


both = pytest.mark.parametrize("engine", [by_reference, by_python], ids=["reference", "kernel"])
