"""Time is attributed by a clock that the caller brings."""

from __future__ import annotations

import itertools

import pytest

from engine.backtest.forms.attribution import Attribution


def test_what_neither_hooks_nor_rules_took_is_the_engines() -> None:
    ticks = itertools.count(0, 10)
    found = Attribution(lambda: next(ticks))

    def strategy(value: int) -> int:
        return value + 1

    def whole() -> int:
        found.rule(lambda: None)()
        return found.hook(strategy)(1) + found.hook(strategy)(value=2)

    assert found.whole(whole)() == 5
    assert (found.total_ns, found.hooks_ns, found.rules_ns, found.engine_ns) == (70, 20, 10, 40)
    assert (found.hook_calls, found.rule_calls) == (2, 1)


def test_time_up_to_an_error_counts() -> None:
    ticks = itertools.count(0, 10)
    found = Attribution(lambda: next(ticks))

    def fails() -> None:
        message = "as told"
        raise ValueError(message)

    with pytest.raises(ValueError, match="as told"):
        found.hook(fails)()
    assert found.hooks_ns == 10
