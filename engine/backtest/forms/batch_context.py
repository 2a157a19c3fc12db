"""What a strategy sees and may do at one timestamp: the bars of all assets have closed."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.backtest.account_terms import Sizing
from engine.backtest.bars import Bars
from engine.backtest.forms.orders import EXIT, Account, past, wanted_sizes, worth
from engine.backtest.signals import ENTER_LONG, ENTER_SHORT, TARGET

Row = NDArray[np.float64]


class BatchContext:
    """The bars ``t`` of all assets, at their close; no later bar can be reached from here.

    Rows are float64 ``[N]``, copies that may be kept; NaN where an asset has no bar. The object
    is the same at every timestamp. Of several orders for one asset the last counts.
    """

    __slots__ = (
        "_account",
        "_bars",
        "_closes",
        "_codes",
        "_sizes",
        "_sizing",
        "is_asking",
        "t",
    )

    is_asking: bool  # whether the strategy is being asked: its own verbs work then alone
    t: int

    def __init__(self, bars: Bars, sizing: Sizing, account: Account) -> None:
        self._bars = bars
        self._closes = bars.close
        self._sizing = sizing
        self.is_asking = False
        self.use(account)

    def use(self, account: Account) -> None:
        """Trade on *account* from now on."""
        self._account = account
        self._codes = account.codes
        self._sizes = account.sizes

    @property
    def open(self) -> Row:
        """The first prices of the bars."""
        row: Row = self._bars.open[self.t].copy()
        return row

    @property
    def high(self) -> Row:
        """The highest prices of the bars."""
        row: Row = self._bars.high[self.t].copy()
        return row

    @property
    def low(self) -> Row:
        """The lowest prices of the bars."""
        row: Row = self._bars.low[self.t].copy()
        return row

    @property
    def close(self) -> Row:
        """The closing prices."""
        row: Row = self._closes[self.t].copy()
        return row

    @property
    def volume(self) -> Row:
        """What was traded within the bars; ``UserError`` where they have no volume."""
        row: Row = past(self._bars, "volume", self.t, 1)[0].copy()
        return row

    @property
    def position(self) -> Row:
        """Units held, signed."""
        return self._account.position.copy()

    @property
    def entry_price(self) -> Row:
        """The average prices at which positions were entered; NaN where there is none."""
        held = self._account.position != 0.0
        return np.where(held, self._account.entry_price, np.nan)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The assets' names, in the order of the rows."""
        return self._bars.symbols

    @property
    def time(self) -> np.datetime64:
        """The moment at which the bars were complete, UTC."""
        return np.datetime64(self._bars.times[self.t])

    @property
    def equity(self) -> float:
        """Cash plus marks of the whole account at this close."""
        return self._account.equity

    @property
    def cash(self) -> float:
        """Money of the account that is not in positions."""
        return self._account.cash

    def history(self, field: str, n: int) -> NDArray[np.float64]:
        """Give the last *n* rows up to these bars of ``open`` … ``volume``; fewer at the start."""
        return past(self._bars, field, self.t, n).copy()

    def buy(self, which: ArrayLike | None = None, size: ArrayLike | None = None) -> None:
        """Open long positions, or turn short ones into them; add *size* to long ones.

        *which*: a mask ``[N]`` or column numbers, None: all. *size*: one for all or one each
        ``[N]``, in the account's sizing; without it the account's own is opened, and positions
        that are long already stay as they are.
        """
        self._enter(which, size, ENTER_LONG, 1)

    def sell(self, which: ArrayLike | None = None, size: ArrayLike | None = None) -> None:
        """Open short positions, or turn long ones into them; add *size* to short ones."""
        self._enter(which, size, ENTER_SHORT, -1)

    def target(self, sizes: ArrayLike) -> None:
        """Hold *sizes* (one for all, or ``[N]``), signed, in the account's sizing.

        NaN leaves an asset as it is, 0 closes.
        """
        wanted = np.broadcast_to(np.asarray(sizes, dtype=np.float64), self._codes.shape)
        if np.isinf(wanted).any():
            message = "a target is finite, or NaN to leave an asset as it is"
            raise ValueError(message)
        self._order(~np.isnan(wanted), TARGET, wanted)

    def close_positions(self, which: ArrayLike | None = None) -> None:
        """Leave positions, long or short; nothing where there is none."""
        self._order(self._mask(which), EXIT, np.nan)

    def _enter(self, which: ArrayLike | None, size: ArrayLike | None, code: int, side: int) -> None:
        mask = self._mask(which)
        if size is None:
            self._order(mask, code, np.nan)
            return
        sizes = wanted_sizes(size, mask)
        held = self._account.position
        added = mask & (held * side > 0)
        self._order(mask & ~added, code, sizes)
        if added.any():
            now = worth(held, self._closes[self.t], self._sizing, self._account.equity)
            self._order(added, TARGET, now + side * sizes)

    def _mask(self, which: ArrayLike | None) -> NDArray[np.bool_]:
        mask = np.zeros(self._codes.shape, dtype=bool)
        mask[slice(None) if which is None else np.asarray(which)] = True
        return mask

    def _order(self, mask: NDArray[np.bool_], code: int, sizes: Row | float) -> None:
        np.copyto(self._codes, code, where=mask, casting="unsafe")
        np.copyto(self._sizes, sizes, where=mask)
