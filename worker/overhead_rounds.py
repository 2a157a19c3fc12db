"""How long a strategy's run takes with and without its parts, in turns within one process."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from typing import Annotated

import msgspec

from engine.backtest.bars import Bars
from engine.backtest.forms.evaluation import evaluate, followed
from engine.backtest.forms.strategies import AnyStrategy, as_rules, own_rules
from engine.backtest.risk.rules import PythonRule, Rule
from engine.backtest.run import run
from engine.backtest.setup import Setup

ENGINE, HOOKS, RULES, PYTHON = "engine", "hooks", "compiled_rules", "python_rules"
Clock = Callable[[], int]
Run = Callable[[], object]


class Rounds(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Nanoseconds of each round, by what ran: each name adds its part to the ones before it.

    ``engine`` carries out the orders that the strategy gave, without it; ``hooks`` adds the
    strategy, ``compiled_rules`` the rules that are levels, ``python_rules`` those in Python.
    """

    bars: Annotated[int, msgspec.Meta(ge=1)]
    assets: Annotated[int, msgspec.Meta(ge=1)]
    times_ns: dict[str, tuple[Annotated[int, msgspec.Meta(ge=0)], ...]]


def variants(
    make: Callable[[], AnyStrategy],
    bars: Bars,
    setup: Setup,
    rules: tuple[Rule, ...],
    start: int = 0,
) -> Mapping[str, Run]:
    """Give the runs to be timed, the ones with more parts last; those without a rule are left out.

    *make* makes the strategy anew, *rules* stand beside its own. All trade from bar *start* on.
    """
    window = start, bars.length
    traded, (ordered, _) = bars.window(*window), followed(_with(make(), ()), bars, setup, window)
    found: dict[str, Run] = {
        ENGINE: lambda: run(traded, ordered, setup),
        HOOKS: lambda: evaluate(make(), bars, setup, window, armed=False),
    }
    armed = (*own_rules(make(), bars), *rules)
    if armed:
        kept = tuple(filter(_is_compiled, rules))
        found[RULES] = lambda: evaluate(_compiled_alone(make()), bars, setup, window, rules=kept)
    if not all(map(_is_compiled, armed)):
        found[PYTHON] = lambda: evaluate(make(), bars, setup, window, rules=rules)
    return found


def timed(runs: Mapping[str, Run], rounds: int, clock: Clock) -> dict[str, tuple[int, ...]]:
    """Run each once untimed, then all in turns; every other round in the opposite order."""
    for one in runs.values():
        one()
    times: dict[str, list[int]] = {name: [] for name in runs}
    for number in range(rounds):
        names = list(runs) if number % 2 == 0 else list(runs)[::-1]
        for name in names:
            gc.collect()
            began = clock()
            runs[name]()
            times[name].append(clock() - began)
    return {name: tuple(found) for name, found in times.items()}


def _with(strategy: AnyStrategy, rules: tuple[Rule, ...]) -> AnyStrategy:
    """Give this one object other rules than its own."""
    vars(strategy)["rules_for"] = lambda _: rules
    return strategy


def _compiled_alone(strategy: AnyStrategy) -> AnyStrategy:
    """Leave this one object's rules in Python out; the others are made in each run, as ever."""
    own = strategy.rules_for
    vars(strategy)["rules_for"] = lambda bars: tuple(
        filter(_is_compiled, as_rules(own(bars), type(strategy).__name__))
    )
    return strategy


def _is_compiled(rule: Rule) -> bool:
    return not isinstance(rule, PythonRule)
