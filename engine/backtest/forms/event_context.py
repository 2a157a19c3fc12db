"""What a strategy sees and may do at one event: one asset's bar has closed."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engine.backtest.account_terms import Sizing
from engine.backtest.bars import Bars
from engine.backtest.forms.orders import EXIT, Account, past, wanted_size, worth
from engine.backtest.signals import ENTER_LONG, ENTER_SHORT, TARGET

_NAN = math.nan


class EventContext:
    """The bar ``t`` of one asset, at its close; nothing of a later bar can be reached from here.

    ``asset`` is its column, ``close`` its closing price, ``position`` the units held of it, signed;
    further prices are attributes that are looked up when asked for. The object is the same at
    every event: keep its values, not itself. Of several orders for one asset the last counts.
    """

    __slots__ = (
        "_account",
        "_bars",
        "_closes",
        "_codes",
        "_complete",
        "_rows",
        "_sizes",
        "_sizing",
        "asset",
        "close",
        "is_asking",
        "position",
        "t",
    )

    asset: int
    close: float
    is_asking: bool  # whether the strategy is being asked: its own verbs work then alone
    position: float
    t: int

    def __init__(self, bars: Bars, sizing: Sizing, account: Account) -> None:
        self._bars = bars
        self._sizing = sizing
        self._closes = bars.close
        missing = np.asarray(np.isnan(bars.close).any(axis=1))
        self._complete: list[bool] = np.logical_not(missing).tolist()
        self._rows: dict[str, list[float]] = {}
        self.is_asking = False
        self.use(account)

    def use(self, account: Account) -> None:
        """Trade on *account* from now on."""
        self._account = account
        self._codes = account.codes
        self._sizes = account.sizes

    def at(self, t: int) -> Iterable[tuple[int, float, float]]:
        """Go to bar *t*: give asset, close and position of each event, to be set on this."""
        self.t = t
        if self._rows:
            self._rows = {}
        closes: list[float] = self._closes[t].tolist()
        held: list[float] = self._account.position.tolist()
        events = zip(range(len(held)), closes, held, strict=True)
        return events if self._complete[t] else [one for one in events if one[1] == one[1]]

    @property
    def open(self) -> float:
        """The first price of the bar."""
        return (self._rows.get("open") or self._row("open"))[self.asset]

    @property
    def high(self) -> float:
        """The highest price of the bar."""
        return (self._rows.get("high") or self._row("high"))[self.asset]

    @property
    def low(self) -> float:
        """The lowest price of the bar."""
        return (self._rows.get("low") or self._row("low"))[self.asset]

    @property
    def volume(self) -> float:
        """What was traded within the bar; ``UserError`` where the bars have no volume."""
        return (self._rows.get("volume") or self._row("volume"))[self.asset]

    @property
    def symbol(self) -> str:
        """The asset's name."""
        return self._bars.symbols[self.asset]

    @property
    def time(self) -> np.datetime64:
        """The moment at which the bar was complete, UTC."""
        return np.datetime64(self._bars.times[self.t])

    @property
    def entry_price(self) -> float | None:
        """The average price at which the position was entered; None: there is none."""
        return float(self._account.entry_price[self.asset]) if self.position else None

    @property
    def equity(self) -> float:
        """Cash plus marks of the whole account at this close."""
        return self._account.equity

    @property
    def cash(self) -> float:
        """Money of the account that is not in positions."""
        return self._account.cash

    def history(self, field: str, n: int) -> NDArray[np.float64]:
        """Give the last *n* values up to this bar of ``open`` … ``volume``; fewer at the start."""
        return past(self._bars, field, self.t, n)[:, self.asset].copy()

    def buy(self, size: float | None = None) -> None:
        """Open a long position, or turn a short one into it; add *size* to a long one.

        *size* is in the account's sizing; without it the account's own is opened, and a position
        that is long already stays as it is.
        """
        if size is None:
            self._order(ENTER_LONG, _NAN)
        elif self.position > 0:
            self._order(TARGET, self._worth() + wanted_size(size))
        else:
            self._order(ENTER_LONG, wanted_size(size))

    def sell(self, size: float | None = None) -> None:
        """Open a short position, or turn a long one into it; add *size* to a short one."""
        if size is None:
            self._order(ENTER_SHORT, _NAN)
        elif self.position < 0:
            self._order(TARGET, self._worth() - wanted_size(size))
        else:
            self._order(ENTER_SHORT, wanted_size(size))

    def target(self, size: float) -> None:
        """Hold *size*, signed, in the account's sizing, whatever is held now; 0 closes."""
        if not math.isfinite(size):
            message = f"a target is a finite number, not {size!r}"
            raise ValueError(message)
        self._order(TARGET, size)

    def close_position(self) -> None:
        """Leave the position, long or short; nothing where there is none."""
        self._order(EXIT, _NAN)

    def _order(self, code: int, size: float) -> None:
        self._codes[self.asset] = code
        self._sizes[self.asset] = size

    def _worth(self) -> float:
        return float(worth(self.position, self.close, self._sizing, self._account.equity))

    def _row(self, field: str) -> list[float]:
        row: list[float] = past(self._bars, field, self.t, 1)[0].tolist()
        self._rows[field] = row
        return row
