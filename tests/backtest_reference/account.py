"""The account of the reference: cash, positions, and how orders become fills."""

from __future__ import annotations

import math
from dataclasses import dataclass

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.costs import Costs
from engine.backtest.results import Dropped, Reason
from tests.backtest_reference.armed import Armoury
from tests.backtest_reference.held import Held, Levels
from tests.backtest_reference.orders import Drop, Fill, Order, Trade


@dataclass(frozen=True)
class Market:
    """Where an order of asset *n* is filled: the price before slippage, and the bar's range.

    ``basis`` is what levels rest from; None: from the fill.
    """

    t: int
    n: int
    price: float
    basis: float | None
    low: float
    high: float


@dataclass(frozen=True)
class Exit:
    """At what price and why a position is left."""

    price: float
    reason: Reason
    flags: int = 0


@dataclass(frozen=True)
class Entry:
    """A fill that opens a position or adds to one."""

    order: Order
    market: Market
    units: float
    price: float
    fee: float

    @property
    def basis(self) -> float:
        """What levels rest from."""
        return self.price if self.market.basis is None else self.market.basis


def slipped(price: float, direction: int, slippage: float, within: tuple[float, float]) -> float:
    """Give *price* made worse for a buyer (1) or a seller (-1), within the bar."""
    if slippage != 0:
        price = price * (1 + slippage) if direction > 0 else price * (1 - slippage)
    return max(min(price, within[1]), within[0])


class Account:
    """Cash and positions; ``leave_by_order`` comes before ``enter_by_order`` on a bar."""

    def __init__(self, terms: AccountTerms, costs: Costs, armoury: Armoury) -> None:
        self.terms = terms
        self.costs = costs
        self.armoury = armoury
        self.cash = terms.cash
        self.held: dict[int, Held] = {}
        self.marks: dict[int, float] = {}
        self.fills: list[Fill] = []
        self.trades: list[Trade] = []
        self.dropped: list[Drop] = []

    def equity(self) -> float:
        """Give cash plus marks."""
        total = self.cash
        for n in sorted(self.held):
            held = self.held[n]
            total += held.side * held.quantity * self.marks[n]
        return total

    def free_cash(self) -> float:
        """Give what may be spent."""
        locked = 0.0
        for n in sorted(self.held):
            locked += self.held[n].locked
        return self.cash - locked

    def drop(self, t: int, n: int, reason: Dropped) -> None:
        """Note that an order was not carried out, or not whole."""
        self.dropped.append(Drop(t, n, reason))

    def whole_lots(self, units: float) -> float:
        """Round down to lots."""
        lot = self.terms.lot
        return units if lot is None else float(math.floor(units / lot)) * lot

    def fill(self, t: int, n: int, signed: float, price: float) -> float:
        """Pay or take the money of one fill; give its fee."""
        quantity = abs(signed)
        fee = quantity * price * self.costs.fee + self.costs.fee_fixed
        if signed > 0:
            self.cash -= quantity * price
        else:
            self.cash += quantity * price
        self.cash -= fee
        self.fills.append(Fill(t, n, signed, price, fee))
        return fee

    def leave(self, t: int, held: Held, part: float, by: Exit) -> None:
        """Leave *part* of a position, or the whole of it."""
        whole = part == held.quantity
        fee = self.fill(t, held.asset, -held.side * part, by.price)
        share = held.fees if whole else held.fees * (part / held.quantity)
        best, worst = held.excursions(by.price)
        fees = share + fee
        self.trades.append(
            Trade(
                asset=held.asset,
                side=held.side,
                quantity=part,
                entry_bar=held.entry_bar,
                entry_price=held.entry_price,
                exit_bar=t,
                exit_price=by.price,
                fees=fees,
                pnl=(by.price - held.entry_price) * part * held.side - fees,
                mfe=best,
                mae=worst,
                bars_held=t - held.entry_bar,
                reason=by.reason,
                flags=by.flags,
            )
        )
        if whole:
            del self.held[held.asset]
        else:
            held.quantity -= part
            held.fees -= share

    def slipped(self, market: Market, direction: int) -> float:
        """Give the price at which the market takes an order."""
        return slipped(market.price, direction, self.costs.slippage, (market.low, market.high))

    def leave_by_order(self, order: Order, market: Market) -> Order | None:
        """Carry out what leaves; give what is to enter."""
        held = self.held.get(market.n)
        if order.wants == "target":
            return self.leave_for_target(order, market)
        if order.wants in {"close", "reverse"}:
            assert held is not None
            price = self.slipped(market, -held.side)
            self.leave(market.t, held, held.quantity, Exit(price, order.reason))
        return None if order.wants == "close" else order

    def leave_for_target(self, order: Order, market: Market) -> Order | None:
        """Close or reduce towards a target; give what is to be opened or added."""
        held = self.held.get(market.n)
        holds = 0.0 if held is None else held.side * held.quantity
        difference = self.units(order.amount, market.price) - holds
        if difference == 0:
            return None
        direction = 1 if difference > 0 else -1
        price = self.slipped(market, direction)
        units = self.units(order.amount, price)
        side = 1 if units > 0 else -1
        opening = Order("open", order.placed, side=side, amount=abs(order.amount))
        if held is None:
            return opening
        if units == 0:
            self.leave(market.t, held, held.quantity, Exit(price, Reason.SIGNAL))
            return None
        if side != held.side:
            self.leave(market.t, held, held.quantity, Exit(price, Reason.REVERSAL))
            return opening
        return self.resize(held, abs(units), direction, (order, market))

    def resize(
        self, held: Held, units: float, direction: int, at: tuple[Order, Market]
    ) -> Order | None:
        """Reduce a position to *units*, or give the order that adds what is wanting."""
        order, market = at
        if direction == held.side:
            return Order("add", order.placed, side=held.side, amount=abs(order.amount))
        part = self.whole_lots(held.quantity - units)
        price = self.slipped(market, direction)
        if part >= held.quantity:
            self.leave(market.t, held, held.quantity, Exit(price, Reason.SIGNAL))
        elif part > 0:
            self.leave(market.t, held, part, Exit(price, Reason.REDUCTION))
        return None

    def units(self, amount: float, price: float) -> float:
        """Give units of an amount in the account's sizing (fractions are money by now)."""
        return amount if self.terms.sizing is Sizing.UNITS else amount / price

    def enter_by_order(self, order: Order, market: Market) -> None:
        """Open or add, as far as lots and cash go."""
        held = self.held.get(market.n)
        price = self.slipped(market, order.side)
        units = self.units(order.amount, price)
        if order.wants == "add":
            assert held is not None
            units = self.whole_lots(units - held.quantity)
            if not units > 0:
                return
        else:
            units = self.whole_lots(units)
        affordable = self.affordable(units, price, market)
        if affordable is None:
            return
        fee = self.fill(market.t, market.n, order.side * affordable, price)
        entry = Entry(order, market, affordable, price, fee)
        if held is None:
            self.open(entry)
        else:
            self.add(held, entry)

    def affordable(self, units: float, price: float, market: Market) -> float | None:
        """Cut or refuse what free cash cannot pay."""
        if not units > 0 or price <= 0:
            self.drop(market.t, market.n, Dropped.TOO_SMALL)
            return None
        free = self.free_cash()
        fee, fixed = self.costs.fee, self.costs.fee_fixed
        if units * price * (1 + fee) + fixed <= free:
            return units
        refused = self.terms.beyond_cash == "refuse"
        units = 0.0 if refused else self.whole_lots((free - fixed) / (price * (1 + fee)))
        if units > 0:
            self.drop(market.t, market.n, Dropped.CUT)
            return units
        why = Dropped.REFUSED if refused else Dropped.TOO_SMALL
        self.drop(market.t, market.n, why)
        return None

    def open(self, entry: Entry) -> None:
        """Hold a new position, its levels resting."""
        t, n, side, placed = entry.market.t, entry.market.n, entry.order.side, entry.order.placed
        arms = self.armoury.arms_at(placed)
        levels = Levels(
            side=side,
            basis=entry.basis,
            best=entry.basis,
            arms=arms,
            label=self.armoury.label_at(placed),
            entry_range=self.armoury.range_at(placed, n),
            max_bars=arms.max_bars,
        )
        levels.tighten_all(levels.entry_range, 0)
        self.held[n] = Held(
            asset=n,
            side=side,
            quantity=entry.units,
            entry_price=entry.price,
            entry_bar=t,
            fees=entry.fee,
            levels=levels,
            highest=entry.price,
            lowest=entry.price,
        )

    def add(self, held: Held, entry: Entry) -> None:
        """Average a position's entry and its basis; its levels move, but never loosen."""
        levels, units, basis = held.levels, entry.units, entry.basis
        after = held.quantity + units
        held.entry_price = (held.entry_price * held.quantity + entry.price * units) / after
        levels.basis = (levels.basis * held.quantity + basis * units) / after
        levels.best = max(levels.best, basis) if held.side > 0 else min(levels.best, basis)
        held.quantity = after
        held.fees += entry.fee
        held.see(entry.price)
        rule = levels.arms.volatility
        current = rule is not None and rule.scale == "current"
        now = self.armoury.range_at(entry.order.placed, held.asset)
        atr = now if current else levels.entry_range
        asked = levels.fresh_stops(atr, entry.market.t - held.entry_bar, best=levels.basis)
        levels.tighten(asked, levels.fresh_target())
