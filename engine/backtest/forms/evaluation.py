"""Running a strategy of any form over bars, or over a window of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from engine.backtest.bars import Bars
from engine.backtest.forms.attribution import Attribution
from engine.backtest.forms.deciders import Decider, OfBatches, OfEvents, Recorded
from engine.backtest.forms.strategies import (
    AnyStrategy,
    BatchStrategy,
    SignalStrategy,
    Strategy,
    own_rules,
)
from engine.backtest.forms.walk import walk
from engine.backtest.results import Backtest
from engine.backtest.risk.python_rules import Position
from engine.backtest.risk.risk_manager import RiskManager
from engine.backtest.risk.rules import PythonRule, Rule
from engine.backtest.run import run
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals
from engine.errors import UserError

Window = tuple[int, int]  # start <= t < stop


def evaluate(  # noqa: PLR0913 - a strategy, what it is run on, and how
    strategy: AnyStrategy,
    bars: Bars,
    setup: Setup,
    window: Window | None = None,
    *,
    rules: Sequence[Rule] = (),
    armed: bool = True,
    attribution: Attribution | None = None,
) -> Backtest:
    """Run *strategy* over *window* (all bars by default) with a fresh account.

    It sees the bars before the window too, and none behind it: signals are computed on them, and
    the other forms are called from bar 0, their orders before the window left aside. *rules*
    stand beside the strategy's own, and without *armed* none of either does; ``setup.rules`` are
    None, for rules are compiled here. Times go to *attribution*. One object of a strategy is for
    one run.

    Raises:
        UserError: signals of another shape than the bars, or rules that cannot be compiled.
        ValueError: a window that is not within the bars.
    """
    seen, span = _seen(bars, window)
    asked = (*own_rules(strategy, seen), *rules) if armed else ()
    case = _case(seen, span, setup, [_placed(rule, span[0], attribution) for rule in asked])
    if attribution is None:
        return _run(strategy, case, None)
    return attribution.whole(_run)(strategy, case, attribution)


def followed(
    strategy: AnyStrategy,
    bars: Bars,
    setup: Setup,
    window: Window | None = None,
    *,
    rules: Sequence[Rule] = (),
) -> tuple[Signals, Backtest]:
    """Give what :func:`evaluate` gives, and before it the orders at each close of the window."""
    seen, span = _seen(bars, window)
    placed = [_placed(rule, span[0], None) for rule in (*own_rules(strategy, seen), *rules)]
    case = _case(seen, span, setup, placed)
    if isinstance(strategy, SignalStrategy):
        signals = _traded(_signals(strategy, seen), span[0])
        return signals, run(seen.window(*span), signals, case.setup)
    recorded = Recorded(_decider(strategy, case), seen.length, seen.width)
    found = walk(recorded, case.seen, case.setup, case.start)
    return _traded(recorded.signals, span[0]), found


@dataclass(frozen=True, slots=True)
class _Case:
    """What is run: the bars that may be seen, where trading begins, and the compiled terms."""

    seen: Bars
    start: int
    setup: Setup


def _seen(bars: Bars, window: Window | None) -> tuple[Bars, Window]:
    """Give the bars up to the window's end, and the window."""
    start, stop = (0, bars.length) if window is None else window
    if not 0 <= start < stop <= bars.length:
        message = f"{start}:{stop} is no window within {bars.length} bars"
        raise ValueError(message)
    return bars if stop == bars.length else until(bars, stop), (start, stop)


def _case(seen: Bars, window: Window, setup: Setup, rules: Sequence[Rule]) -> _Case:
    """Compile *rules* for the bars that are seen, and cut out those of the window."""
    if setup.rules is not None:
        message = "the setup of a strategy holds compiled rules: hand over the rules themselves"
        raise ValueError(message)
    compiled = RiskManager(rules).compiled(seen).window(*window) if rules else None
    return _Case(seen, window[0], replace(setup, rules=compiled))


def _placed(rule: Rule, start: int, attribution: Attribution | None) -> Rule:
    """Let a rule in Python see the bars' own numbers, and time it where that is asked for."""
    if not isinstance(rule, PythonRule):
        return rule
    decide = rule.decide if attribution is None else attribution.rule(rule.decide)

    def decide_there(position: Position) -> object:
        return decide(msgspec.structs.replace(position, bar=start + position.bar))

    return replace(rule, decide=decide_there if start else decide)


def _run(strategy: AnyStrategy, case: _Case, attribution: Attribution | None) -> Backtest:
    if not isinstance(strategy, SignalStrategy):
        return walk(_decider(strategy, case), case.seen, case.setup, case.start, attribution)
    compute = _signals if attribution is None else attribution.hook(_signals)
    signals = _traded(compute(strategy, case.seen), case.start)
    return run(case.seen.window(case.start, case.seen.length), signals, case.setup)


def _traded(signals: Signals, start: int) -> Signals:
    """Leave out what was ordered before bar *start*."""
    return Signals(signals.codes[start:], None if signals.size is None else signals.size[start:])


def _decider(strategy: BatchStrategy | Strategy, case: _Case) -> Decider:
    sizing = case.setup.terms.sizing
    if isinstance(strategy, BatchStrategy):
        return OfBatches(strategy, case.seen, sizing)
    return OfEvents(strategy, case.seen, sizing)


def until(bars: Bars, stop: int) -> Bars:
    """Copy the bars before *stop*: no view of theirs leads to a later one."""
    part = bars.window(0, stop)
    prices = {name: getattr(part, name).copy() for name in ("open", "high", "low", "close")}
    volume = None if part.volume is None else part.volume.copy()
    return Bars(times=part.times.copy(), symbols=part.symbols, volume=volume, **prices)


def _signals(strategy: SignalStrategy, bars: Bars) -> Signals:
    """Compute the signals, and refuse what are none."""
    found: object = strategy.signals(bars)
    name, shape = type(strategy).__name__, (bars.length, bars.width)
    if not isinstance(found, Signals):
        problem = f"{name}.signals gave {type(found).__name__}, not Signals."
        raise UserError(problem, None, "Return Signals.of(entries, exits) or Signals.targets(…).")
    for given in (found.codes, found.size):
        if given is not None and np.shape(given) != shape:
            problem = f"{name}.signals gave an array {np.shape(given)} for bars {shape}."
            raise UserError(problem, None, "Give one row a bar and one column an asset.")
    with np.errstate(invalid="ignore"):  # NaN is no code
        codes = np.ascontiguousarray(found.codes, dtype=np.uint8)
    if codes is not found.codes and not np.array_equal(codes, found.codes):
        problem = f"{name}.signals gave codes that are none, such as {np.max(found.codes)}."
        raise UserError(problem, None, "Return Signals.of(entries, exits) or Signals.targets(…).")
    sizes = None if found.size is None else np.ascontiguousarray(found.size, dtype=np.float64)
    return Signals(codes, sizes)
