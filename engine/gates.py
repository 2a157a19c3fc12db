"""Gates: the comparisons that may turn a check red, each a row of pair differences.

Of a case that our own harness measured, one clock is a gate and the other is shown beside it.
Beside each time's level stands its mean, by wall time, a gate from 10 % on; beside all times of
a suite their paired mean, so that a shift of the whole suite is seen as what it is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from engine.budgets import BenchmarkBudget, BudgetMatch, budget_for
from engine.certificates import Certificate
from engine.series import Key, Reduce, Series
from engine.stats.clock import Clock, choose_clock
from engine.stats.guard import Comparisons
from engine.stats.levels import level, mean
from engine.units import axis_of
from engine.values import Better, Side

CLOCKS = frozenset({"cpu", "wall"})
MEAN_FROM = math.log(1.1)  # the mean of a launch decides nothing below 10 %
_SUITE_FROM = 3  # cases: of fewer, their mean says nothing that they do not
_MEAN_FROM_SAMPLES = 5


class Statistic(Enum):
    """What of the launches is compared."""

    LEVEL = "level"
    MEAN = "mean"
    SUITE = "suite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One comparison; ``differences`` are ln(head/base) a pair, turned so that positive is worse.

    ``base`` and ``head`` are the launch levels of ``pairs``, in ``unit``. ``limit`` is L.
    A level that is not above zero makes ``differences`` None: nothing can be said.
    """

    key: Key
    statistic: Statistic
    unit: str
    better: Better
    match: BudgetMatch
    limit: float
    pairs: tuple[int, ...]
    base: tuple[float, ...]
    head: tuple[float, ...]
    differences: tuple[float, ...] | None
    stored: float | None = None
    clock: Clock | None = None
    size: int = 1  # cases that it is of


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """What turns series into gates: budgets, the runner's certificate, and its kind of machine.

    ``stored`` are the certificate's pair sds.
    """

    budgets: BenchmarkBudget
    certificate: Certificate | None
    dedicated: bool
    stored: Mapping[tuple[str, str], float]

    @classmethod
    def of(
        cls, budgets: BenchmarkBudget, certificate: Certificate | None, *, dedicated: bool
    ) -> Gauge:
        """Make a gauge; without a certificate no spread is known."""
        cases = () if certificate is None else certificate.cases
        return cls(
            budgets=budgets,
            certificate=certificate,
            dedicated=dedicated,
            stored={(one.case, one.metric): one.pair_sd for one in cases},
        )

    def reduce(self, samples: Sequence[float], better: Better) -> float:
        """Give the level of a launch."""
        return level(samples, better, dedicated=self.dedicated)


def gates_of(
    series: Mapping[Key, Series], gauge: Gauge, clocks: Mapping[str, Clock]
) -> tuple[Gate, ...]:
    """Make every gate of *series*, those of the whole suite last; *clocks* are the cases' own."""
    own: list[Gate] = []
    for key, one in sorted(series.items()):
        clock = clocks.get(key.case)
        is_beside = clock is not None and key.metric in CLOCKS and key.metric != clock
        if one.comparable and one.pairs and not is_beside:
            own.append(_gate(key, one, gauge, clock if key.metric == clock else None))
    means = (_mean_gate(gate, series) for gate in own)
    steady = [gate for gate in own if not series[gate.key].is_unsteady]
    return (*own, *(gate for gate in means if gate is not None), *_suite_gates(steady))


def clocks_of(series: Mapping[Key, Series], gauge: Gauge) -> dict[str, Clock]:
    """Choose the clock of every case that was timed by both."""
    found = (
        (case, _clock_of(series, case, gauge)) for case in sorted({key.case for key in series})
    )
    return {case: clock for case, clock in found if clock is not None}


def _clock_of(series: Mapping[Key, Series], case: str, gauge: Gauge) -> Clock | None:
    cpu, wall = series.get(Key(case, "cpu")), series.get(Key(case, "wall"))
    if cpu is None or wall is None or not (cpu.comparable and wall.comparable):
        return None
    if cpu.unit != "s" or wall.unit != "s":
        return None
    budget = budget_for(gauge.budgets, case, "wall", "s").budget
    ratios = [tuple(_ratios(cpu, wall, side)) for side in (Side.BASE, Side.HEAD)]
    return choose_clock(*ratios, max_worsening=budget.max_worsening)


def rows_of(gates: Sequence[Gate]) -> Comparisons:
    """Lay gates out as rows; one that cannot be compared is a row without a pair."""
    longest = max((len(gate.differences or ()) for gate in gates), default=0)
    differences = np.full((len(gates), longest), np.nan)
    for row, gate in enumerate(gates):
        values = gate.differences or ()
        differences[row, : len(values)] = values
    return Comparisons(
        differences=differences,
        limits=np.array([gate.limit for gate in gates], dtype=np.float64),
        stored=np.array(
            [math.nan if gate.stored is None else gate.stored for gate in gates], dtype=np.float64
        ),
    )


def worsenings(
    base: Sequence[float], head: Sequence[float], better: Better
) -> tuple[float, ...] | None:
    """Give ln(head/base) a pair, positive for worse; None where a level is not above zero.

    A difference of logarithms, so that swapping the sides changes the sign and nothing else.

    >>> worsenings([1.0], [1.0], Better.LOWER), worsenings([1.0], [0.0], Better.LOWER)
    ((0.0,), None)
    """
    if not base or min(*base, *head) <= 0:
        return None
    sign = 1.0 if better is Better.LOWER else -1.0
    return tuple(sign * (math.log(h) - math.log(b)) for b, h in zip(base, head, strict=True))


def _ratios(cpu: Series, wall: Series, side: Side) -> Iterator[float]:
    """Give CPU time to wall time a launch; 0 where one of them was not told, or no time passed."""
    for pair in sorted(cpu.samples[side].keys() | wall.samples[side].keys()):
        busy, elapsed = cpu.samples[side].get(pair), wall.samples[side].get(pair)
        known = busy is not None and elapsed is not None and min(elapsed) > 0
        yield min(busy) / min(elapsed) if known and busy and elapsed else 0.0


def _gate(key: Key, one: Series, gauge: Gauge, clock: Clock | None) -> Gate:
    match = budget_for(gauge.budgets, *key, one.unit)
    return replace(
        _compared(key, one, gauge.reduce, match), stored=gauge.stored.get(key), clock=clock
    )


def _compared(key: Key, one: Series, reduce: Reduce, match: BudgetMatch) -> Gate:
    pairs = tuple(one.pairs)
    base, head = (tuple(one.levels(side, pairs, reduce)) for side in (Side.BASE, Side.HEAD))
    return Gate(
        key=key,
        statistic=Statistic.LEVEL,
        unit=one.unit,
        better=one.better,
        match=match,
        limit=match.budget.log_limit,
        pairs=pairs,
        base=base,
        head=head,
        differences=worsenings(base, head, one.better),
    )


def _mean_gate(gate: Gate, series: Mapping[Key, Series]) -> Gate | None:
    """Make the gate of a time's mean: by wall time where it is known, which hides no waiting."""
    if axis_of(gate.key.metric, gate.unit) != "time" or gate.differences is None:
        return None
    key = gate.key if gate.clock is None else Key(gate.key.case, "wall")
    one = series[key]
    fewest = min((len(one.samples[side][pair]) for side in Side for pair in one.pairs), default=0)
    if fewest < _MEAN_FROM_SAMPLES:
        return None
    found = _compared(key, one, _mean, gate.match)
    limit = max(gate.limit, MEAN_FROM)
    return replace(found, statistic=Statistic.MEAN, limit=limit)


def _mean(samples: Sequence[float], better: Better) -> float:
    del better  # a mean has no better end
    return mean(samples)


def _suite_gates(gates: Iterable[Gate]) -> Iterator[Gate]:
    """Give the paired mean over all times; its budget is the mean of theirs, in logarithms."""
    times = [gate for gate in gates if axis_of(gate.key.metric, gate.unit) == "time"]
    rows = [dict(zip(g.pairs, g.differences, strict=True)) for g in times if g.differences]
    if len(rows) < _SUITE_FROM:
        return
    # Later pairs are of the undecided cases alone, which are not the suite.
    pairs = tuple(sorted(set.intersection(*(set(row) for row in rows))))
    yield Gate(
        key=Key("", "time"),
        statistic=Statistic.SUITE,
        unit="",
        better=Better.LOWER,
        match=BudgetMatch(budget=times[0].match.budget, path=()),
        limit=math.fsum(gate.limit for gate in times) / len(times),
        size=len(rows),
        pairs=pairs,
        base=(),
        head=(),
        differences=tuple(math.fsum(row[pair] for row in rows) / len(rows) for pair in pairs),
    )
