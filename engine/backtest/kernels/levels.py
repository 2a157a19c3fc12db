"""Exit levels: set at a fill, moved at a close, merged into one pair an asset.

A rule's level is kept times the position's side: then a stop of long and short alike tightens
upwards, a target downwards. Changing a sign is exact, so no bit depends on it.
"""

# mypy: disable-error-code="no-any-return"
# What a kernel reads may be memory views or raw arrays: their elements are not typed.

# ruff: noqa: PLR1730 - max() costs Python more than the comparison, and differs in NaN

from __future__ import annotations

import math

from engine.backtest.kernels.layout import (
    BASIS,
    BEST,
    DYNAMIC_TRAILING_STOP,
    FILL_BAR,
    MAY_LOOSEN,
    MOVING,
    NOW,
    OWN_RULES,
    PYTHON_RULE,
    RANGE,
    RANGE_CURRENT,
    RANGE_RATCHET,
    RANGED,
    REGIME,
    REGIME_CURRENT,
    REGIMES,
    RULE_BARS,
    RULE_FLOOR,
    RULE_RANGE,
    RULE_START,
    RULE_STOP,
    RULE_TARGET,
    RULE_TIGHTEN,
    RULE_TRAIL,
    STOP_DYNAMIC,
    STOP_FIXED,
    STOP_LOSS,
    STOP_OWN,
    STOP_RANGE,
    STOP_TRAIL,
    TAKE_PROFIT,
    TARGET_FIXED,
    TARGET_OWN,
    TRAILING_STOP,
    VOLATILITY_STOP,
    Array,
    Book,
)


def range_at(book: Book, t: int, n: int) -> float:
    """Give the average true range of asset *n* at close *t*, NaN where there is none."""
    if book.knobs[RANGED] == 0:
        return math.nan
    return book.ranges[t, n]


def regime_at(book: Book, t: int, n: int) -> int:
    """Give the row of the rules' table of asset *n* at close *t*."""
    if book.knobs[REGIMES] == 0:
        return n * book.knobs[OWN_RULES]
    return int(book.regimes[t])


def raise_to(cold: Array, n: int, column: int, level: float) -> None:
    """Tighten a stop: NaN and lower levels change nothing."""
    if level > cold[n, column]:
        cold[n, column] = level


def lower_to(cold: Array, n: int, column: int, level: float) -> None:
    """Tighten a target: NaN and higher levels change nothing."""
    if level < cold[n, column]:
        cold[n, column] = level


def behind(price: float, fraction: float, side: float) -> float:
    """Give the level *fraction* on the losing side of *price*, times the side."""
    return side * (price * (1.0 - side * fraction))


def side_of(book: Book, n: int) -> float:
    """Give 1.0 for a long, -1.0 for a short."""
    return 1.0 if book.quantity[n] > 0.0 else -1.0


def trailing_fraction(table: Array, regime: int, bars: float) -> float:
    """Give how far a dynamic trailing stop is behind after *bars* bars, NaN where it is absent."""
    fraction = table[regime, RULE_START] - table[regime, RULE_TIGHTEN] * bars
    floor = table[regime, RULE_FLOOR]
    return max(fraction, floor)


def rest_levels(book: Book, n: int, order_bar: int) -> None:
    """Set the levels of a position that an order of close *order_bar* has just opened."""
    cold = book.cold
    for column in range(STOP_FIXED, STOP_OWN + 1):
        cold[n, column] = -math.inf
    cold[n, TARGET_FIXED] = math.inf
    cold[n, TARGET_OWN] = math.inf
    cold[n, BEST] = cold[n, BASIS]
    cold[n, REGIME] = regime_at(book, order_bar, n)
    table = book.table
    regime = int(cold[n, REGIME])
    set_due(book, n, book.counts[NOW] + table[regime, RULE_BARS])
    if book.quantity[n] > 0.0:
        book.trail_long[n] = 1.0 - table[regime, RULE_TRAIL]
    else:
        book.trail_short[n] = 1.0 + table[regime, RULE_TRAIL]
    cold[n, RANGE] = range_at(book, order_bar, n)
    tighten_all(book, n, cold[n, BASIS], cold[n, RANGE])


def set_due(book: Book, n: int, due: float) -> None:
    """Set the bar of the time exit."""
    book.due[n] = due
    book.next_due[0] = min(book.next_due[0], due)


def rest_again(book: Book, n: int, order_bar: int) -> None:
    """Tighten the levels of a position that an order of close *order_bar* has just added to."""
    cold = book.cold
    current = book.knobs[RANGE_CURRENT] != 0
    reach = range_at(book, order_bar, n) if current else cold[n, RANGE]
    raise_to(cold, n, STOP_TRAIL, merged_stop(book, n) if book.knobs[MOVING] == 0 else -math.inf)
    tighten_all(book, n, cold[n, BASIS], reach)


def tighten_all(book: Book, n: int, best: float, reach: float) -> None:
    """Move every level to what the rules ask for, none looser.

    Trailing stops follow *best*; *reach* is an average true range, or NaN.
    """
    cold = book.cold
    table = book.table
    regime = int(cold[n, REGIME])
    side = side_of(book, n)
    basis = cold[n, BASIS]
    bars = book.counts[NOW] - cold[n, FILL_BAR]
    raise_to(cold, n, STOP_FIXED, behind(basis, table[regime, RULE_STOP], side))
    raise_to(cold, n, STOP_RANGE, side * (basis - side * (table[regime, RULE_RANGE] * reach)))
    raise_to(cold, n, STOP_TRAIL, behind(best, table[regime, RULE_TRAIL], side))
    raise_to(cold, n, STOP_DYNAMIC, behind(best, trailing_fraction(table, regime, bars), side))
    lower_to(cold, n, TARGET_FIXED, side * (basis * (1.0 + side * table[regime, RULE_TARGET])))
    merge(book, n)


def merge(book: Book, n: int) -> None:
    """Let the tightest stop and target rest."""
    cold = book.cold
    stop = cold[n, STOP_FIXED]
    for column in range(STOP_RANGE, STOP_OWN + 1):
        stop = max(stop, cold[n, column])
    target = min(cold[n, TARGET_OWN], cold[n, TARGET_FIXED])
    if book.quantity[n] > 0.0:
        book.lower[n] = stop
        book.upper[n] = target
    else:
        book.lower[n] = -target
        book.upper[n] = -stop


def merged_stop(book: Book, n: int) -> float:
    """Give the stop that rests, times the side."""
    return book.lower[n] if book.quantity[n] > 0.0 else -book.upper[n]


def merged_target(book: Book, n: int) -> float:
    """Give the target that rests, times the side."""
    return book.upper[n] if book.quantity[n] > 0.0 else -book.lower[n]


def move_levels(book: Book, n: int) -> None:
    """Move the levels of a held asset at the close, for the next bar."""
    t = book.counts[NOW]
    cold = book.cold
    side = side_of(book, n)
    shown = book.high[t, n] if side > 0.0 else book.low[t, n]
    if side * shown > side * cold[n, BEST]:
        cold[n, BEST] = shown
    if book.knobs[REGIME_CURRENT] != 0 and regime_at(book, t, n) != int(cold[n, REGIME]):
        _switch_regime(book, n)
    else:
        _follow(book, n)


def _follow(book: Book, n: int) -> None:
    t = book.counts[NOW]
    cold = book.cold
    table = book.table
    regime = int(cold[n, REGIME])
    side = side_of(book, n)
    raise_to(cold, n, STOP_TRAIL, behind(cold[n, BEST], table[regime, RULE_TRAIL], side))
    fraction = trailing_fraction(table, regime, t - cold[n, FILL_BAR])
    raise_to(cold, n, STOP_DYNAMIC, behind(cold[n, BEST], fraction, side))
    if book.knobs[RANGE_CURRENT] != 0:
        level = side * (cold[n, BASIS] - side * (table[regime, RULE_RANGE] * range_at(book, t, n)))
        if book.knobs[RANGE_RATCHET] != 0:
            raise_to(cold, n, STOP_RANGE, level)
        elif level == level:  # noqa: PLR0124 - not NaN
            cold[n, STOP_RANGE] = level
    merge(book, n)


def _switch_regime(book: Book, n: int) -> None:
    t = book.counts[NOW]
    cold = book.cold
    cold[n, REGIME] = regime_at(book, t, n)
    due = cold[n, FILL_BAR] + book.table[int(cold[n, REGIME]), RULE_BARS]
    if book.knobs[MAY_LOOSEN] != 0:
        for column in range(STOP_FIXED, STOP_OWN):
            cold[n, column] = -math.inf
        cold[n, TARGET_FIXED] = math.inf
        set_due(book, n, due)
    else:
        set_due(book, n, min(book.due[n], due))
    reach = range_at(book, t, n) if book.knobs[RANGE_CURRENT] != 0 else cold[n, RANGE]
    tighten_all(book, n, cold[n, BEST], reach)


def stop_reason(book: Book, n: int) -> int:
    """Give the rule (``Reason``) whose stop rests; of equal ones the first in their order."""
    cold = book.cold
    level = merged_stop(book, n)
    if cold[n, STOP_FIXED] == level:
        return STOP_LOSS
    if cold[n, STOP_RANGE] == level:
        return VOLATILITY_STOP
    if cold[n, STOP_TRAIL] == level or book.knobs[MOVING] == 0:
        return TRAILING_STOP
    return DYNAMIC_TRAILING_STOP if cold[n, STOP_DYNAMIC] == level else PYTHON_RULE


def target_reason(book: Book, n: int) -> int:
    """Give the rule (``Reason``) whose target rests."""
    fixed = book.cold[n, TARGET_FIXED] == merged_target(book, n)
    return TAKE_PROFIT if fixed else PYTHON_RULE
