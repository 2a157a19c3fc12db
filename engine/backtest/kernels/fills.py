"""Fills: what they cost, what they do to the account, and the records that they leave.

Plain Python, and compiled as it stands: the order of every operation is fixed, for all paths
give the same bits.
"""

# mypy: disable-error-code="no-any-return"
# What a kernel reads may be memory views or raw arrays: their elements are not typed.

from __future__ import annotations

import math

from engine.backtest.kernels.layout import (
    DROP_ASSET,
    DROP_BAR,
    DROP_REASON,
    DROPS,
    ENTRY,
    FEE,
    FEE_FIXED,
    FEES,
    FILL_ASSET,
    FILL_BAR,
    FILL_BAR_OF,
    FILL_FEE,
    FILL_PRICE,
    FILL_QUANTITY,
    FILLS,
    LOCKED,
    LOT,
    NOW,
    SHORTS,
    SLIPPAGE,
    TRADE_ASSET,
    TRADE_BARS,
    TRADE_ENTRY,
    TRADE_ENTRY_BAR,
    TRADE_EXIT,
    TRADE_EXIT_BAR,
    TRADE_FEES,
    TRADE_FLAGS,
    TRADE_MAE,
    TRADE_MFE,
    TRADE_PNL,
    TRADE_QUANTITY,
    TRADE_REASON,
    TRADE_SIDE,
    TRADES,
    WANTS_FLAT,
    WIDTH,
    Book,
    Exit,
)


def slipped(book: Book, n: int, price: float, buys: bool) -> float:  # noqa: FBT001
    """Give *price* made worse by slippage, inside the bar."""
    slippage = book.terms[SLIPPAGE]
    if slippage == 0.0:
        return price
    worse = price * (1.0 + slippage) if buys else price * (1.0 - slippage)
    t = book.counts[NOW]
    if worse < book.low[t, n]:
        return book.low[t, n]
    if worse > book.high[t, n]:
        return book.high[t, n]
    return worse


def whole_lots(book: Book, units: float) -> float:
    """Round *units* down to lots."""
    lot = book.terms[LOT]
    return units if lot == 0.0 else float(math.floor(units / lot)) * lot


def drop(book: Book, n: int, reason: int) -> None:
    """Record that an order was not carried out, or not whole."""
    k = book.counts[DROPS]
    book.whole[DROP_BAR, k] = book.counts[NOW]
    book.whole[DROP_ASSET, k] = n
    book.whole[DROP_REASON, k] = reason
    book.counts[DROPS] = k + 1


def pay(book: Book, n: int, signed: float, price: float) -> float:
    """Pay or take the money of one fill, *signed* > 0 buys; give its fee."""
    quantity = abs(signed)
    notional = quantity * price
    fee = notional * book.terms[FEE] + book.terms[FEE_FIXED]
    if signed > 0.0:
        book.cash[n] -= notional
    else:
        book.cash[n] += notional
    book.cash[n] -= fee
    k = book.counts[FILLS]
    book.whole[FILL_BAR_OF, k] = book.counts[NOW]
    book.whole[FILL_ASSET, k] = n
    book.money[FILL_QUANTITY, k] = signed
    book.money[FILL_PRICE, k] = price
    book.money[FILL_FEE, k] = fee
    book.counts[FILLS] = k + 1
    return fee


def see(book: Book, n: int, price: float) -> None:
    """Take a price into the excursions of asset *n*."""
    book.peak[n] = max(book.peak[n], price)
    book.trough[n] = min(book.trough[n], price)


def lock(book: Book, n: int, amount: float) -> None:
    """Keep *amount* of cash from being spent because of asset *n*."""
    cold = book.cold
    if cold[n, LOCKED] != amount:
        book.locked[n] += amount - cold[n, LOCKED]
        cold[n, LOCKED] = amount
        book.locked_most[n] = max(book.locked_most[n], book.locked[n])


def free_cash(book: Book, n: int) -> float:
    """Give what may be spent for asset *n*: what shorts lock is summed in asset order."""
    locked = 0.0
    if book.locked_most[n] > 0.0:
        for k in range(book.knobs[WIDTH]):
            locked += book.cold[k, LOCKED]
    return book.cash[n] - locked


def surely_free(book: Book, n: int) -> float:
    """Give a lower bound of ``free_cash`` at little cost.

    The running sum of what is locked is off by at most a rounding an update: 1e-7 of its largest
    value covers 1e8 updates.
    """
    margin = 1e-7 * book.locked_most[n] + 1e-12 * abs(book.cash[n])
    return book.cash[n] - book.locked[n] - margin


def leave(book: Book, n: int, left: Exit) -> None:
    """Leave a part of a position or the whole of it, and record the trade."""
    cold = book.cold
    held = abs(book.quantity[n])
    side = 1.0 if book.quantity[n] > 0.0 else -1.0
    fee = pay(book, n, -side * left.part, left.price)
    whole = left.part == held
    share = cold[n, FEES] if whole else cold[n, FEES] * (left.part / held)
    _record_trade(book, n, left, share + fee)
    if whole:
        _flatten(book, n)
        return
    book.quantity[n] = side * (held - left.part)
    cold[n, FEES] -= share
    if side < 0.0:
        lock(book, n, 2.0 * cold[n, ENTRY] * (held - left.part))


def _record_trade(book: Book, n: int, left: Exit, fees: float) -> None:
    cold = book.cold
    money = book.money
    whole = book.whole
    long = book.quantity[n] > 0.0
    side = 1.0 if long else -1.0
    k = book.counts[TRADES]
    entry_bar = int(cold[n, FILL_BAR])
    exit_bar = book.counts[NOW]
    whole[TRADE_ASSET, k] = n
    whole[TRADE_ENTRY_BAR, k] = entry_bar
    whole[TRADE_EXIT_BAR, k] = exit_bar
    whole[TRADE_BARS, k] = exit_bar - entry_bar
    whole[TRADE_REASON, k] = left.reason
    whole[TRADE_FLAGS, k] = left.flags
    whole[TRADE_SIDE, k] = 1 if long else -1
    money[TRADE_QUANTITY, k] = left.part
    money[TRADE_ENTRY, k] = cold[n, ENTRY]
    money[TRADE_EXIT, k] = left.price
    money[TRADE_FEES, k] = fees
    money[TRADE_PNL, k] = (left.price - cold[n, ENTRY]) * left.part * side - fees
    peak = max(left.price, book.peak[n])
    trough = min(left.price, book.trough[n])
    up = excursion(peak - cold[n, ENTRY], cold[n, ENTRY])
    down = excursion(cold[n, ENTRY] - trough, cold[n, ENTRY])
    money[TRADE_MFE, k] = up if long else down
    money[TRADE_MAE, k] = down if long else up
    book.counts[TRADES] = k + 1


def excursion(distance: float, entry: float) -> float:
    """Give a distance from the entry price as a fraction of it, at least 0."""
    share = distance / entry
    return share if share > 0.0 else 0.0  # noqa: FURB136 - max() is not compiled to the same


def _flatten(book: Book, n: int) -> None:
    book.counts[SHORTS] -= book.quantity[n] < 0.0
    book.quantity[n] = 0.0
    book.wants[n] = WANTS_FLAT
    book.lower[n] = -math.inf
    book.upper[n] = math.inf
    book.due[n] = math.inf
    book.trail_long[n] = math.nan
    book.trail_short[n] = math.nan
    book.cold[n, ENTRY] = math.nan
    lock(book, n, 0.0)
