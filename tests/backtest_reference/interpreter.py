"""The reference: one bar after the other, one asset after the other, nothing clever."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.profiles import Profile
from engine.backtest.results import Backtest, Dropped, Flag, Reason
from engine.backtest.risk.rules import Rule
from engine.backtest.signals import Signals
from tests.backtest_reference.account import Account, Exit, Market, slipped
from tests.backtest_reference.armed import Armoury
from tests.backtest_reference.columns import backtest
from tests.backtest_reference.held import Held
from tests.backtest_reference.opinions import ask
from tests.backtest_reference.orders import Order, wanted


@dataclass(frozen=True)
class Case:
    """Everything that a run depends on but its signals."""

    bars: Bars
    terms: AccountTerms
    costs: Costs
    profile: Profile
    rules: tuple[Rule, ...] = ()


@dataclass
class Bar:
    """The bar of one asset."""

    open: float
    high: float
    low: float
    close: float


def beyond(price: float, level: float, side: int) -> bool:
    """Say whether *price* is at *level* or beyond it: above for side 1, below for -1."""
    return price >= level if side > 0 else price <= level


def interpret(case: Case, signals: Signals) -> Backtest:
    """Run *case* on *signals*, slowly."""
    interpreter = Interpreter(case)
    for t in range(case.bars.length):
        interpreter.step(t)
        sizes = None if signals.size is None else signals.size[t].tolist()
        interpreter.close(t, signals.codes[t].tolist(), sizes)
    return interpreter.finish()


class Interpreter:
    """``step(t)`` is steps 1 to 6 of a bar, ``close(t, …)`` is the strategy's turn."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.profile = case.profile
        self.armoury = Armoury(case.rules, case.bars)
        self.account = Account(case.terms, case.costs, self.armoury)
        self.queue: dict[int, Order] = {}
        self.left_on_bar: set[int] = set()
        self.equity: list[float] = []

    def bar(self, t: int, n: int) -> Bar | None:
        """Give the bar of asset *n*: None where it has none."""
        rows = self.case.bars
        if math.isnan(rows.close[t, n]):
            return None
        return Bar(*(float(a[t, n]) for a in (rows.open, rows.high, rows.low, rows.close)))

    def step(self, t: int) -> None:
        """Take the bar up to its close, and the risk rules' turn at it."""
        self.left_on_bar = set()
        if not self.profile.fill_at_close:
            self.fill_queue(t)
        bars = {n: self.bar(t, n) for n in range(self.case.bars.width)}
        present = {n: bar for n, bar in bars.items() if bar is not None}
        for n, bar in present.items():
            if n in self.account.held and not self.profile.on_close:
                self.within_bar(t, self.account.held[n], bar)
        for n, bar in present.items():
            self.account.marks[n] = bar.close
            if n in self.account.held:
                self.end_of_bar(t, self.account.held[n], bar)

    def within_bar(self, t: int, held: Held, bar: Bar) -> None:
        """Leave where a live level is met: nothing else is done with the asset on this bar."""
        by = self.exit_within(held, bar) if self.is_live(held, t) else None
        if by is None:
            return
        self.account.leave(t, held, held.quantity, by)
        self.left_on_bar.add(held.asset)

    def is_live(self, held: Held, t: int) -> bool:
        """Say whether the levels of *held* are tested on bar *t*."""
        return t > held.entry_bar or self.profile.live_on_fill_bar

    def exit_within(self, held: Held, bar: Bar) -> Exit | None:
        """Steps 2 to 4: gap, stop, target."""
        side = held.side
        why_stop, stop = held.levels.stop() or (Reason.STOP_LOSS, -side * math.inf)
        why_target, target = held.levels.target() or (Reason.TAKE_PROFIT, side * math.inf)
        worst, best = (bar.low, bar.high) if side > 0 else (bar.high, bar.low)
        if beyond(bar.open, stop, -side):
            flags = Flag.GAP if bar.open != stop else 0
            return Exit(self.slipped(bar.open, -side, bar), why_stop, flags)
        stopped = beyond(worst, stop, -side)
        if beyond(bar.open, target, side) and (self.profile.gap_first or not stopped):
            return Exit(bar.open, why_target, Flag.GAP if bar.open != target else 0)
        if stopped:
            flags = Flag.AMBIGUOUS if beyond(best, target, side) else 0
            return Exit(self.slipped(stop, -side, bar), why_stop, flags)
        if beyond(best, target, side):
            return Exit(target, why_target)
        return None

    def slipped(self, price: float, direction: int, bar: Bar) -> float:
        """Give *price* after slippage, within the bar."""
        return slipped(price, direction, self.case.costs.slippage, (bar.low, bar.high))

    def end_of_bar(self, t: int, held: Held, bar: Bar) -> None:
        """Steps 5 and 6: the time exit; what the bar has shown; the levels of the next one."""
        n = held.asset
        levels = held.levels
        if levels.max_bars is not None and t - held.entry_bar >= levels.max_bars:
            self.queue[n] = Order("close", t, Reason.TIME)
        if self.profile.on_close and self.is_live(held, t):
            self.leave_on_close(t, held, bar)
        held.see(bar.high)
        held.see(bar.low)
        levels.best = max(levels.best, bar.high) if held.side > 0 else min(levels.best, bar.low)
        self.move_levels(t, held)
        if self.armoury.python and ask(self.armoury.python, held, self.case.bars, t):
            self.queue.setdefault(n, Order("close", t, Reason.PYTHON_RULE))

    def leave_on_close(self, t: int, held: Held, bar: Bar) -> None:
        """Test the close alone, to leave at the next open."""
        stop, target = held.levels.stop(), held.levels.target()
        if stop is not None and beyond(bar.close, stop[1], -held.side):
            self.queue.setdefault(held.asset, Order("close", t, stop[0]))
        elif target is not None and beyond(bar.close, target[1], held.side):
            self.queue.setdefault(held.asset, Order("close", t, target[0]))

    def move_levels(self, t: int, held: Held) -> None:
        """Move the levels at close *t*, for the next bar."""
        levels, regimes = held.levels, self.armoury.regimes
        count = t - held.entry_bar
        follows_regime = any(rule.switch == "current" for rule in regimes)
        if not follows_regime or self.armoury.label_at(t) == levels.label:
            self.follow(t, held, count)
            return
        levels.label, levels.arms = self.armoury.label_at(t), self.armoury.arms_at(t)
        rule = levels.arms.volatility
        current = rule is not None and rule.scale == "current"
        atr = self.armoury.range_at(t, held.asset) if current else levels.entry_range
        limits = [levels.max_bars, levels.arms.max_bars]
        if any(rule.may_loosen for rule in regimes):
            levels.replace_all(atr, count)
            levels.max_bars = levels.arms.max_bars
        else:
            levels.tighten_all(atr, count)
            levels.max_bars = min((one for one in limits if one is not None), default=None)

    def follow(self, t: int, held: Held, count: int) -> None:
        """Move what moves within one regime: trailing stops, and stops by the current range."""
        levels, rule = held.levels, held.levels.arms.volatility
        fresh = levels.fresh_stops(self.armoury.range_at(t, held.asset), count)
        for kind in (Reason.TRAILING_STOP, Reason.DYNAMIC_TRAILING_STOP):
            if kind in fresh:
                levels.tighten_stop(kind, fresh[kind])
        if rule is not None and rule.scale == "current" and Reason.VOLATILITY_STOP in fresh:
            if rule.ratchet:
                levels.tighten_stop(Reason.VOLATILITY_STOP, fresh[Reason.VOLATILITY_STOP])
            else:
                levels.stops[Reason.VOLATILITY_STOP] = fresh[Reason.VOLATILITY_STOP]

    def close(self, t: int, codes: Sequence[int], sizes: Sequence[float] | None) -> None:
        """Step 7: read the strategy's codes, one an asset."""
        equity = self.account.equity()
        for n in range(self.case.bars.width):
            if self.bar(t, n) is not None:
                size = math.nan if sizes is None else sizes[n]
                self.read(t, n, codes[n], (size, equity))
        if self.profile.fill_at_close:
            self.fill_queue(t)
        self.equity.append(self.account.equity())

    def read(self, t: int, n: int, code: int, measure: tuple[float, float]) -> None:
        """Queue what one code asks for."""
        held = self.account.held.get(n)
        side = 0 if held is None else held.side
        word = wanted(code, side)
        size, equity = measure
        amount = self.case.terms.size if math.isnan(size) else size
        if self.case.terms.sizing is Sizing.FRACTION:
            amount = amount * equity
        if word in {"conflict", "conflict+close"}:
            self.account.drop(t, n, Dropped.CONFLICT)
        elif self.enters(word, amount) and n in self.left_on_bar and self.profile.fill_at_close:
            self.account.drop(t, n, Dropped.EXIT_ON_BAR)
        elif word == "target":
            self.queue[n] = Order("target", t, amount=amount)
        elif word == "reverse":
            self.queue[n] = Order("reverse", t, Reason.REVERSAL, -side, amount)
        elif word in {"open long", "open short"}:
            self.queue[n] = Order("open", t, side=1 if word == "open long" else -1, amount=amount)
        if word in {"close", "conflict+close"}:
            self.queue.setdefault(n, Order("close", t))

    @staticmethod
    def enters(word: str | None, amount: float) -> bool:
        """Say whether an order of a flat asset would open a position."""
        return word in {"open long", "open short"} or (word == "target" and amount != 0)

    def fill_queue(self, t: int) -> None:
        """Fill the queued orders of all assets with a bar: what leaves, then what enters."""
        entering: list[tuple[Order, Market]] = []
        at_close = self.profile.fill_at_close
        for n in sorted(self.queue):
            bar = self.bar(t, n)
            if bar is None:
                continue
            order = self.queue.pop(n)
            signal_close = float(self.case.bars.close[order.placed, n])
            price = bar.close if at_close else bar.open
            basis = None if self.profile.basis_is_fill else signal_close
            market = Market(t, n, price, basis, bar.low, bar.high)
            rest = self.account.leave_by_order(order, market)
            if rest is not None:
                entering.append((rest, market))
        for order, market in entering:
            self.account.enter_by_order(order, market)

    def finish(self) -> Backtest:
        """Give the run as columns."""
        for n in sorted(self.queue):
            self.account.drop(self.case.bars.length - 1, n, Dropped.NEVER_FILLED)
        return backtest(self.case.bars, self.account, self.equity)
