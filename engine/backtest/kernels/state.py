"""The state of one run: laid out for a kernel, grown while it goes on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.backtest.account_terms import Sizing
from engine.backtest.bars import Bars
from engine.backtest.kernels import layout
from engine.backtest.kernels.layout import Book
from engine.backtest.risk.compiled_rules import CompiledRules
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals

_SIZINGS = {Sizing.UNITS: layout.UNITS, Sizing.VALUE: 1, Sizing.FRACTION: layout.FRACTION}
_ACCOUNT = ("cash", "worth", "locked", "locked_most")
_NOT_GIVEN = np.empty((0, 0))
_NO_REGIMES = np.empty(0, dtype=np.int64)
# The rows of ``hot`` in the order of their fields in a book, each with what it holds where flat.
_HOT = {
    "quantity": 0.0,
    "mark": 0.0,
    "lower": -math.inf,
    "upper": math.inf,
    "peak": 0.0,
    "trough": 0.0,
    "due": math.inf,
    "trail_long": math.nan,
    "trail_short": math.nan,
}


@dataclass(frozen=True, slots=True)
class Armed:
    """What rules are armed at all: a kernel is compiled without the others, in four variants.

    ``rests``: any level or time exit. ``trails``: plain trailing stops and nothing that
    ``moves`` levels otherwise.
    """

    rests: bool
    trails: bool
    moves: bool

    @classmethod
    def by(cls, rules: CompiledRules | None) -> Armed:
        """Look at *rules*."""
        if rules is None:
            return cls(rests=False, trails=False, moves=False)
        moving = moves(rules)
        return cls(
            rests=rules.has_levels or rules.has_time or moving,
            trails=rules.has_trail and not moving,
            moves=moving,
        )


def moves(rules: CompiledRules) -> bool:
    """Say whether levels move by more than a plain trailing stop."""
    by_range = rules.has_vol and rules.vol_current
    return rules.has_dyn or by_range or rules.regime_current or rules.has_python


@dataclass(slots=True)
class State:
    """Arrays of one run, as ``layout`` lays them out; ``fresh`` makes them, ``reset`` clears."""

    hot: NDArray[np.float64]
    cold: NDArray[np.float64]
    pending: NDArray[np.uint8]
    wants: NDArray[np.uint8]
    flags: NDArray[np.uint8]
    parts: NDArray[np.float64]
    bases: NDArray[np.float64]
    hits: NDArray[np.int64]
    next_due: NDArray[np.float64]
    money: NDArray[np.float64]
    whole: NDArray[np.int32]
    account: NDArray[np.float64]
    counts: NDArray[np.int64]
    terms: NDArray[np.float64]
    knobs: NDArray[np.int64]
    table: NDArray[np.float64]
    equity: NDArray[np.float64]

    @classmethod
    def fresh(
        cls, setup: Setup, length: int, width: int, *, lanes: bool = False, equity: bool = True
    ) -> State:
        """Make the state of a run; *lanes*: each of the *width* assets has its own account.

        Without *equity*, lanes keep that of the last close alone.
        """
        capacity = layout.ROWS_A_BAR * width + max(256, length * width // 8)
        state = cls(
            hot=np.empty((len(_HOT), width)),
            cold=np.empty((width, layout.COLD_COLUMNS)),
            pending=np.empty(width, dtype=np.uint8),
            wants=np.empty(width, dtype=np.uint8),
            flags=np.zeros(width + layout.WORD, dtype=np.uint8)[:width],  # looked at word by word
            parts=np.empty((layout.TOGETHER, width)),
            bases=np.empty(layout.TOGETHER),
            hits=np.empty((2, width), dtype=np.int64),
            next_due=np.empty(1),
            money=np.empty((layout.MONEY_COLUMNS, capacity)),
            whole=np.empty((layout.WHOLE_COLUMNS, capacity), dtype=np.int32),
            account=np.zeros((len(_ACCOUNT), width if lanes else 1)),
            counts=np.empty(layout.COUNT_VALUES, dtype=np.int64),
            terms=terms_of(setup),
            knobs=knobs_of(setup, width, capacity),
            table=table_of(setup.rules),
            equity=np.empty((length if equity else 1, width) if lanes else length),
        )
        state.knobs[layout.KEEPS_EQUITY] = equity
        state.reset(setup.terms.cash)
        return state

    def reset(self, cash: float) -> None:
        """Start again, flat, with *cash*."""
        for row, value in zip(self.hot, _HOT.values(), strict=True):
            row[:] = value
        self.cold[:] = 0.0
        self.cold[:, layout.LEFT_BAR] = -1.0
        self.cold[:, layout.ENTRY] = np.nan
        self.pending[:] = layout.NOTHING
        self.wants[:] = layout.WANTS_FLAT
        self.account[:] = 0.0
        self.account[:2] = cash
        self.counts[:] = 0
        self.next_due[:] = math.inf

    def grow(self) -> None:
        """Double the room of the records."""
        capacity = 2 * int(self.knobs[layout.CAPACITY])
        self.money = _wider(self.money, capacity)
        self.whole = _wider(self.whole, capacity)
        self.knobs[layout.CAPACITY] = capacity

    def book(self, bars: Bars, rules: CompiledRules | None, signals: Signals) -> Book:
        """Bind the state to what it reads."""
        width = len(self.pending)
        ranges = None if rules is None else rules.atr
        regimes = None if rules is None else rules.regime
        self.knobs[layout.SIZED] = signals.size is not None
        self.knobs[layout.RANGED] = ranges is not None
        self.knobs[layout.REGIMES] = regimes is not None
        return Book(
            open=_floats(bars.open),
            high=_floats(bars.high),
            low=_floats(bars.low),
            close=_floats(bars.close),
            codes=np.ascontiguousarray(signals.codes, dtype=np.uint8),
            sizes=_floats(signals.size),
            ranges=_floats(ranges),
            regimes=_NO_REGIMES if regimes is None else np.ascontiguousarray(regimes, np.int64),
            equity=self.equity,
            **dict(zip(_HOT, self.hot, strict=True)),
            cold=self.cold,
            pending=self.pending,
            wants=self.wants,
            flags=self.flags,
            parts=self.parts,
            bases=self.bases,
            hits=self.hits,
            next_due=self.next_due,
            money=self.money,
            whole=self.whole,
            **{
                name: _for_all(row, width) for name, row in zip(_ACCOUNT, self.account, strict=True)
            },
            counts=self.counts,
            terms=self.terms,
            knobs=self.knobs,
            table=self.table,
        )


def addresses(book: Book) -> NDArray[np.int64]:
    """Give the addresses of the arrays of *book* and the lengths of their rows, for ``entries``.

    The caller keeps *book* while they are in use.
    """
    starts = [array.__array_interface__["data"][0] for array in book]
    return np.array([starts, [array.shape[-1] for array in book]], dtype=np.int64)


def _for_all(values: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """Give one number an asset: of one alone, the same number *width* times."""
    strides = values.strides if len(values) == width else (0,)
    return np.ndarray((width,), np.float64, values, strides=strides)


def _floats(array: NDArray[np.float64] | None) -> NDArray[np.float64]:
    return _NOT_GIVEN if array is None else np.ascontiguousarray(array, dtype=np.float64)


def _wider(matrix: Any, capacity: int) -> Any:
    wider = np.empty((matrix.shape[0], capacity), dtype=matrix.dtype)
    wider[:, : matrix.shape[1]] = matrix
    return wider


def terms_of(setup: Setup) -> NDArray[np.float64]:
    """Lay out the floats that a run never changes."""
    costs, lot = setup.costs, setup.terms.lot
    values = np.empty(layout.TERM_VALUES)
    values[layout.FEE] = costs.fee
    values[layout.FEE_FIXED] = costs.fee_fixed
    values[layout.SLIPPAGE] = costs.slippage
    values[layout.SIZE] = setup.terms.size
    values[layout.LOT] = 0.0 if lot is None else lot
    return values


def knobs_of(setup: Setup, width: int, capacity: int) -> NDArray[np.int64]:
    """Lay out the whole numbers that a run never changes."""
    profile, rules = setup.profile, setup.rules
    values = np.zeros(layout.KNOB_VALUES, dtype=np.int64)
    values[layout.WIDTH] = width
    values[layout.CAPACITY] = capacity
    values[layout.SIZING] = _SIZINGS[setup.terms.sizing]
    values[layout.REFUSES] = setup.terms.beyond_cash == "refuse"
    values[layout.FILL_AT_CLOSE] = profile.fill_at_close
    values[layout.BASIS_IS_FILL] = profile.basis_is_fill
    values[layout.LIVE_ON_FILL_BAR] = profile.live_on_fill_bar
    values[layout.GAP_FIRST] = profile.gap_first
    values[layout.ON_CLOSE] = profile.on_close
    if rules is not None:
        values[layout.RANGE_CURRENT] = rules.has_vol and rules.vol_current
        values[layout.RANGE_RATCHET] = rules.vol_ratchet
        values[layout.REGIME_CURRENT] = rules.regime_current
        values[layout.MAY_LOOSEN] = rules.regime_may_loosen
        values[layout.MOVING] = moves(rules)
    return values


def table_of(rules: CompiledRules | None) -> NDArray[np.float64]:
    """Lay out the parameters of the rules, one row a regime."""
    if rules is None:
        empty = np.full((1, layout.RULE_COLUMNS), np.nan)
        empty[:, layout.RULE_BARS] = np.inf
        return empty
    rows = np.empty((len(rules.stop), layout.RULE_COLUMNS))
    columns = {
        layout.RULE_STOP: rules.stop,
        layout.RULE_TARGET: rules.target,
        layout.RULE_TRAIL: rules.trail,
        layout.RULE_RANGE: rules.vol_multiple,
        layout.RULE_START: rules.dyn_start,
        layout.RULE_TIGHTEN: rules.dyn_tighten,
        layout.RULE_FLOOR: rules.dyn_floor,
        layout.RULE_BARS: np.where(rules.max_bars > 0, rules.max_bars, np.inf),
    }
    for column, values in columns.items():
        rows[:, column] = values
    return rows
