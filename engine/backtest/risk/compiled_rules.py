"""Risk rules as the kernels read them: tables of parameters, one row a regime."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from engine.backtest.risk.rules import PythonRule

Table = NDArray[np.float64]


def _absent() -> Table:
    return np.full(1, np.nan)


def _no_limit() -> NDArray[np.int64]:
    return np.zeros(1, dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledRules:
    """Every parameter is a table over R >= 1 regimes; R is 1 without a regime rule.

    Tables are float64 ``[R]``, NaN where the rule is absent; ``max_bars`` is int64 ``[R]``, 0
    where it is. ``atr[t, n]`` is the average true range as it is known at close t, NaN where it
    is not. ``regime[t]`` is the row of the tables at close t; None: always row 0.
    """

    stop: Table = field(default_factory=_absent)
    target: Table = field(default_factory=_absent)
    trail: Table = field(default_factory=_absent)
    vol_multiple: Table = field(default_factory=_absent)
    dyn_start: Table = field(default_factory=_absent)
    dyn_tighten: Table = field(default_factory=_absent)
    dyn_floor: Table = field(default_factory=_absent)
    max_bars: NDArray[np.int64] = field(default_factory=_no_limit)
    atr: NDArray[np.float64] | None = None
    vol_current: bool = False
    vol_ratchet: bool = True
    regime: NDArray[np.int64] | None = None
    regime_current: bool = False
    regime_may_loosen: bool = False
    python: tuple[PythonRule, ...] = ()

    @property
    def has_stop(self) -> bool:
        """Whether any regime has a fixed stop loss."""
        return _armed(self.stop)

    @property
    def has_target(self) -> bool:
        """Whether any regime has a profit target."""
        return _armed(self.target)

    @property
    def has_trail(self) -> bool:
        """Whether any regime has a trailing stop."""
        return _armed(self.trail)

    @property
    def has_vol(self) -> bool:
        """Whether any regime has a stop by volatility."""
        return _armed(self.vol_multiple)

    @property
    def has_dyn(self) -> bool:
        """Whether any regime has a trailing stop that tightens."""
        return _armed(self.dyn_start)

    @property
    def has_time(self) -> bool:
        """Whether any regime has a time exit."""
        return any(bars > 0 for bars in self.max_bars.tolist())

    @property
    def has_any_stop(self) -> bool:
        """Whether any rule rests a level on the losing side."""
        return self.has_stop or self.has_trail or self.has_vol or self.has_dyn

    @property
    def has_levels(self) -> bool:
        """Whether any rule rests a level at all."""
        return self.has_any_stop or self.has_target

    @property
    def has_python(self) -> bool:
        """Whether Python is entered for each held asset at each close."""
        return bool(self.python)

    def window(self, start: int, stop: int) -> CompiledRules:
        """Give the rules of the bars ``start <= t < stop``: ranges keep what came before them."""
        part = slice(start, stop)
        return replace(
            self,
            atr=None if self.atr is None else self.atr[part],
            regime=None if self.regime is None else self.regime[part],
        )


def _armed(table: Table) -> bool:
    # A table has a row a regime, mostly one: Python is done with it before numpy has begun.
    return any(value == value for value in table.tolist())  # noqa: PLR0124 - not NaN
