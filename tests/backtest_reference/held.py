"""A held position: what was paid, the levels that rest for it, and what it has seen."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.backtest.results import Reason
from tests.backtest_reference.armed import Arms

# In the order in which equal stops are named as an exit's reason.
STOPS = (
    Reason.STOP_LOSS,
    Reason.VOLATILITY_STOP,
    Reason.TRAILING_STOP,
    Reason.DYNAMIC_TRAILING_STOP,
    Reason.PYTHON_RULE,
)


@dataclass
class Levels:
    """The prices at which a position is left, each kind with its own; absent ones are not in."""

    side: int
    basis: float
    best: float  # what trailing stops follow: the highest price of a long, the lowest of a short
    arms: Arms
    label: tuple[int, ...]
    entry_range: float | None
    max_bars: int | None
    stops: dict[Reason, float] = field(default_factory=dict)
    targets: dict[Reason, float] = field(default_factory=dict)

    def behind(self, price: float, fraction: float) -> float:
        """Give the level on the losing side of *price*."""
        return price * (1 - fraction) if self.side > 0 else price * (1 + fraction)

    def ahead(self, price: float, fraction: float) -> float:
        """Give the level on the winning side of *price*."""
        return price * (1 + fraction) if self.side > 0 else price * (1 - fraction)

    def fresh_stops(
        self, atr: float | None, held: int, *, best: float | None = None
    ) -> dict[Reason, float]:
        """Give the stops that the arms ask for after *held* bars, whatever rests now.

        *best*: what trailing stops follow now; None: the best price so far.
        """
        followed = self.best if best is None else best
        asked: dict[Reason, float] = {}
        if self.arms.stop is not None:
            asked[Reason.STOP_LOSS] = self.behind(self.basis, self.arms.stop)
        if self.arms.volatility is not None and atr is not None:
            away = self.arms.volatility.multiple * atr
            long = self.side > 0
            asked[Reason.VOLATILITY_STOP] = self.basis - away if long else self.basis + away
        if self.arms.trail is not None:
            asked[Reason.TRAILING_STOP] = self.behind(followed, self.arms.trail)
        if self.arms.dynamic is not None:
            rule = self.arms.dynamic
            fraction = max(rule.floor, rule.start - rule.tighten * held)
            asked[Reason.DYNAMIC_TRAILING_STOP] = self.behind(followed, fraction)
        return asked

    def fresh_target(self) -> dict[Reason, float]:
        """Give the target that the arms ask for, whatever rests now."""
        if self.arms.target is None:
            return {}
        return {Reason.TAKE_PROFIT: self.ahead(self.basis, self.arms.target)}

    def tighten_stop(self, kind: Reason, level: float) -> None:
        """Move one stop, unless it would loosen."""
        now = self.stops.get(kind)
        if now is None:
            self.stops[kind] = level
        else:
            self.stops[kind] = max(now, level) if self.side > 0 else min(now, level)

    def tighten_target(self, kind: Reason, level: float) -> None:
        """Move one target, unless it would loosen."""
        now = self.targets.get(kind)
        if now is None:
            self.targets[kind] = level
        else:
            self.targets[kind] = min(now, level) if self.side > 0 else max(now, level)

    def tighten(self, stops: dict[Reason, float], targets: dict[Reason, float]) -> None:
        """Move levels to what is asked, none looser."""
        for kind, level in stops.items():
            self.tighten_stop(kind, level)
        for kind, level in targets.items():
            self.tighten_target(kind, level)

    def tighten_all(self, atr: float | None, held: int) -> None:
        """Move every level to what the arms ask for, none looser."""
        self.tighten(self.fresh_stops(atr, held), self.fresh_target())

    def replace_all(self, atr: float | None, held: int) -> None:
        """Forget what rested but for the user's own rules, and set what the arms ask for."""
        own = Reason.PYTHON_RULE
        self.stops = {kind: at for kind, at in self.stops.items() if kind == own}
        self.targets = {kind: at for kind, at in self.targets.items() if kind == own}
        self.tighten_all(atr, held)

    def stop(self) -> tuple[Reason, float] | None:
        """Give the tightest stop and whose it is."""
        found: tuple[Reason, float] | None = None
        for kind in STOPS:
            level = self.stops.get(kind)
            if level is None:
                continue
            if found is None or (level > found[1] if self.side > 0 else level < found[1]):
                found = kind, level
        return found

    def target(self) -> tuple[Reason, float] | None:
        """Give the nearest target and whose it is."""
        found: tuple[Reason, float] | None = None
        for kind in (Reason.TAKE_PROFIT, Reason.PYTHON_RULE):
            level = self.targets.get(kind)
            if level is None:
                continue
            if found is None or (level < found[1] if self.side > 0 else level > found[1]):
                found = kind, level
        return found


@dataclass
class Held:
    """One position; ``side`` is 1 or -1, ``quantity`` > 0, ``fees`` those of entry not yet used."""

    asset: int
    side: int
    quantity: float
    entry_price: float
    entry_bar: int
    fees: float
    levels: Levels
    highest: float  # prices seen since the first fill
    lowest: float

    @property
    def locked(self) -> float:
        """What a short keeps from being spent: its proceeds and as much again."""
        return 2.0 * self.entry_price * self.quantity if self.side < 0 else 0.0

    def see(self, price: float) -> None:
        """Take a price into the excursions."""
        self.highest = max(self.highest, price)
        self.lowest = min(self.lowest, price)

    def excursions(self, *at: float) -> tuple[float, float]:
        """Give the best and the worst excursion so far and *at*, as fractions of the entry."""
        up = (max((self.highest, *at)) - self.entry_price) / self.entry_price
        down = (self.entry_price - min((self.lowest, *at))) / self.entry_price
        best, worst = (up, down) if self.side > 0 else (down, up)
        return max(best, 0.0), max(worst, 0.0)
