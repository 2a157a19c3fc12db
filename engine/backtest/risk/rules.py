"""The risk rules that a strategy may be armed with: values, long and short alike.

Fractions are of the basis price (``profiles``: the fill, by default). Levels never loosen unless
a rule says that they may.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.backtest.risk.regimes import RegimeSeries


@dataclass(frozen=True, slots=True)
class StopLoss:
    """Leave when the price has moved *fraction* against the position."""

    fraction: float
    priority: int = 0


@dataclass(frozen=True, slots=True)
class TakeProfit:
    """Leave when the price has moved *fraction* in favour of the position."""

    fraction: float
    priority: int = 0


@dataclass(frozen=True, slots=True)
class TimeBasedExit:
    """Leave at the open after the bar on which *max_bars* bars have passed since the fill."""

    max_bars: int
    priority: int = 0


@dataclass(frozen=True, slots=True)
class TrailingStop:
    """Follow the best price since the fill, *fraction* behind it, from the next bar on."""

    fraction: float
    priority: int = 0


@dataclass(frozen=True, slots=True)
class VolatilityScaledStopLoss:
    """Rest *multiple* average true ranges (Wilder, over *bars* bars) from the basis price.

    ``scale``: the range at the ``entry`` signal, or the ``current`` one of each close. With
    *ratchet* a level of the current range never loosens; without, it breathes with the range.
    """

    multiple: float
    bars: int = 14
    scale: Literal["entry", "current"] = "entry"
    ratchet: bool = True
    priority: int = 0


@dataclass(frozen=True, slots=True)
class DynamicTrailingStop:
    """Follow the best price, *start* behind it, *tighten* closer each bar held, to *floor*."""

    start: float
    tighten: float
    floor: float
    priority: int = 0


@dataclass(frozen=True, slots=True)
class RegimeDependentRule:
    """Use the rules of the regime: that at the entry signal, or the one of each close.

    *labels* holds a regime's number for each bar, as it is known at that bar's close, or is a
    series and thresholds that give them. *rules* has the rules of each number; a number without
    rules has none. A level never loosens at a switch unless *may_loosen*.
    """

    labels: NDArray[np.int64] | RegimeSeries
    rules: Mapping[int, tuple[Rule, ...]]
    switch: Literal["entry", "current"] = "entry"
    may_loosen: bool = False
    priority: int = 0


@dataclass(frozen=True, slots=True)
class PythonRule:
    """A rule of one's own: ``decide(position) -> Decision | None`` at each close of a held asset.

    A slower path, whose cost is reported apart.
    """

    decide: Callable[[Any], Any]
    priority: int = 0
    name: str = field(default="python rule")


Rule = (
    StopLoss
    | TakeProfit
    | TimeBasedExit
    | TrailingStop
    | VolatilityScaledStopLoss
    | DynamicTrailingStop
    | RegimeDependentRule
    | PythonRule
)
