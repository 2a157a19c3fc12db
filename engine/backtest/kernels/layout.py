"""Where everything lies in the kernels' state, by number; and the book that holds it together.

A matrix is indexed ``matrix[ROW, n]``: by Python over memory views, which give plain numbers and
are quicker than arrays, and by what is compiled. Whole numbers that lie among floats are exact.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

# cold[n, COLUMN]: what is looked at when something happens to asset n
ENTRY: Final = 0  # average entry price
FEES: Final = 1  # of entry, not yet used by an exit
FILL_BAR: Final = 2
BASIS: Final = 3  # what levels rest from
BEST: Final = 4  # what trailing stops follow
RANGE: Final = 5  # average true range at the entry signal
REGIME: Final = 6  # row of the rules' table
LOCKED: Final = 7  # cash that a short keeps from being spent
LEFT_BAR: Final = 8  # the bar of the last exit by a level
# levels by rule, times the side, so that a stop tightens upwards and a target downwards
STOP_FIXED: Final = 9
STOP_RANGE: Final = 10
STOP_TRAIL: Final = 11
STOP_DYNAMIC: Final = 12
STOP_OWN: Final = 13  # of the user's own rules
TARGET_FIXED: Final = 14
TARGET_OWN: Final = 15
# the queued order
ORDER_BAR: Final = 16  # of its signal
ORDER_AMOUNT: Final = 17
ORDER_SIDE: Final = 18
ORDER_REASON: Final = 19
COLD_COLUMNS: Final = 20

# pending[n]: the kind of the queued order
NOTHING: Final = 0
CLOSE: Final = 1
OPEN: Final = 2  # after closing what is held on the other side
AIM: Final = 3  # hold the amount, signed
ADD: Final = 4

# money[COLUMN, k] and whole[COLUMN, k]: the records of trades, fills and dropped orders
TRADE_QUANTITY: Final = 0
TRADE_ENTRY: Final = 1
TRADE_EXIT: Final = 2
TRADE_FEES: Final = 3
TRADE_PNL: Final = 4
TRADE_MFE: Final = 5
TRADE_MAE: Final = 6
FILL_QUANTITY: Final = 7
FILL_PRICE: Final = 8
FILL_FEE: Final = 9
MONEY_COLUMNS: Final = 10
TRADE_ASSET: Final = 0
TRADE_ENTRY_BAR: Final = 1
TRADE_EXIT_BAR: Final = 2
TRADE_BARS: Final = 3
TRADE_REASON: Final = 4
TRADE_FLAGS: Final = 5
TRADE_SIDE: Final = 6
FILL_BAR_OF: Final = 7
FILL_ASSET: Final = 8
DROP_BAR: Final = 9
DROP_ASSET: Final = 10
DROP_REASON: Final = 11
WHOLE_COLUMNS: Final = 12
ROWS_A_BAR: Final = 4  # of each kind of record, the most that one asset leaves on one bar

# counts[…]
TRADES: Final = 0
FILLS: Final = 1
DROPS: Final = 2
QUEUED: Final = 3
NOW: Final = 4  # the bar that is worked on
SHORTS: Final = 5  # that are held
COUNT_VALUES: Final = 6

# terms[…]: floats that a run never changes
FEE: Final = 0
FEE_FIXED: Final = 1
SLIPPAGE: Final = 2
SIZE: Final = 3
LOT: Final = 4  # 0.0: fractions of a unit
TERM_VALUES: Final = 5

# knobs[…]: whole numbers that a run never changes
WIDTH: Final = 0
CAPACITY: Final = 1  # rows of the records
SIZING: Final = 2  # 0 units, 1 value, 2 fraction
REFUSES: Final = 3
FILL_AT_CLOSE: Final = 4
BASIS_IS_FILL: Final = 5
LIVE_ON_FILL_BAR: Final = 6
GAP_FIRST: Final = 7
ON_CLOSE: Final = 8
RANGE_CURRENT: Final = 9
RANGE_RATCHET: Final = 10
REGIME_CURRENT: Final = 11
MAY_LOOSEN: Final = 12
MOVING: Final = 13  # levels move by more than a plain trailing stop
SIZED: Final = 14  # signals name sizes
RANGED: Final = 15  # average true ranges are given
REGIMES: Final = 16  # so are regimes
OWN_RULES: Final = 17  # row n of the table is asset n's own
KEEPS_EQUITY: Final = 18  # of every close; else lanes leave that of the last alone
KNOB_VALUES: Final = 19

UNITS: Final = 0
FRACTION: Final = 2

# table[regime, COLUMN]: parameters of the rules, NaN where absent
RULE_STOP: Final = 0
RULE_TARGET: Final = 1
RULE_TRAIL: Final = 2
RULE_RANGE: Final = 3
RULE_START: Final = 4
RULE_TIGHTEN: Final = 5
RULE_FLOOR: Final = 6
RULE_BARS: Final = 7  # inf where absent
RULE_COLUMNS: Final = 8

WANTS_FLAT: Final = 1 + 4 + 16
WANTS_LONG: Final = 2 + 4 + 16
WANTS_SHORT: Final = 8 + 1 + 16
WORD: Final = 64  # flags that are looked at together
TOGETHER: Final = 8  # closes that are settled together
NO_SIZE: Final = math.nan
NO_LEVEL: Final = math.inf
# results.Reason, results.Dropped and results.Flag as plain numbers
SIGNAL, REVERSAL, REDUCTION, STOP_LOSS, TAKE_PROFIT, TIME = range(6)
TRAILING_STOP, VOLATILITY_STOP, DYNAMIC_TRAILING_STOP, PYTHON_RULE = range(6, 10)
EXIT_ON_BAR, CONFLICT, CUT, REFUSED, TOO_SMALL, NEVER_FILLED = range(6)
AMBIGUOUS, GAP = 1, 2
STOPS: Final = 4  # added to the flags of an exit while it is worked on

Array = Any  # a memory view or an array: the kernels do not care


class Book(NamedTuple):
    """All that a kernel reads and writes; prices, codes, sizes and ranges are ``[t, n]``.

    What is not given is not looked at: see the knobs.
    """

    open: Array
    high: Array
    low: Array
    close: Array
    codes: Array
    sizes: Array
    ranges: Array
    regimes: Array  # [t]
    equity: Array  # [t]
    quantity: Array  # signed, 0.0: flat; this and the next eight are what every bar looks at
    mark: Array  # the last close
    lower: Array  # a low at or below it leaves: a long's stop, a short's target
    upper: Array  # a high at or above it leaves
    peak: Array  # the highest price since the first fill
    trough: Array
    due: Array  # the bar of the time exit, inf: none
    trail_long: Array  # 1 - fraction of a trailed long, NaN: none
    trail_short: Array  # 1 + fraction of a trailed short
    cold: Array  # [n, COLUMN]
    pending: Array  # [n]
    wants: Array  # [n], the bits of a signal that mean something to what is held
    flags: Array  # [n], scratch of the wide kernels
    parts: Array  # [k, n], likewise: what assets were worth at closes that are not yet settled
    bases: Array  # [k], likewise: cash at those closes
    hits: Array  # [list, k], likewise: assets that something happens to
    next_due: Array  # [1], nothing is due before this bar
    money: Array  # [COLUMN, k]
    whole: Array  # [COLUMN, k]
    cash: Array  # [n]: one number for all assets, that of their account
    worth: Array  # equity at the last close, likewise
    locked: Array  # running sum of cold[n, LOCKED], not exact, likewise
    locked_most: Array  # its largest value so far, which bounds its error
    counts: Array
    terms: Array
    knobs: Array
    table: Array  # [regime, COLUMN]


class Exit(NamedTuple):
    """How much of a position is left, at what price and why."""

    part: float
    price: float
    reason: int
    flags: int
