"""Where the time of a run went: the engine, the strategy's code, its Python rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

Clock = Callable[[], int]
P = ParamSpec("P")
R = TypeVar("R")


class Attribution:
    """Nanoseconds by *clock*, which the caller injects: the engine has none.

    ``hooks_ns``: in the strategy's code, the handing over of each event to it included;
    ``rules_ns``: in rules written in Python; ``engine_ns``: all else. ``hook_calls`` counts one a
    timestamp, or one for all arrays; ``rule_calls`` one a rule and held asset. Taking the time
    costs some itself: compare runs that were timed alike.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.total_ns = self.hooks_ns = self.rules_ns = 0
        self.hook_calls = self.rule_calls = 0

    @property
    def engine_ns(self) -> int:
        """What neither the strategy nor its Python rules took."""
        return self.total_ns - self.hooks_ns - self.rules_ns

    def whole(self, call: Callable[P, R]) -> Callable[P, R]:
        """Time *call* as a whole run."""
        clock = self._clock

        def timed(*args: P.args, **named: P.kwargs) -> R:
            began = clock()
            try:
                return call(*args, **named)
            finally:
                self.total_ns += clock() - began

        return timed

    def hook(self, call: Callable[P, R]) -> Callable[P, R]:
        """Time *call* as the strategy's code, and count it."""
        clock = self._clock

        def timed(*args: P.args, **named: P.kwargs) -> R:
            began = clock()
            try:
                return call(*args, **named)
            finally:
                self.hooks_ns += clock() - began
                self.hook_calls += 1

        return timed

    def rule(self, call: Callable[P, R]) -> Callable[P, R]:
        """Time *call* as a rule in Python, and count it."""
        clock = self._clock

        def timed(*args: P.args, **named: P.kwargs) -> R:
            began = clock()
            try:
                return call(*args, **named)
            finally:
                self.rules_ns += clock() - began
                self.rule_calls += 1

        return timed
