"""Short runs of one asset that a reader can follow on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.costs import Costs
from engine.backtest.profiles import PROFILES, ProfileName
from engine.backtest.results import Backtest
from engine.backtest.risk.rules import Rule
from engine.backtest.signals import ENTER_LONG, ENTER_SHORT, EXIT_LONG, EXIT_SHORT, TARGET, Signals
from tests.backtest_reference.interpreter import Case
from tests.backtest_reference.panels import of_prices
from tests.backtest_reference.scenarios import Scenario

OURS = PROFILES[ProfileName.OURS]
TEN_UNITS = AccountTerms(cash=100_000.0, sizing=Sizing.UNITS, size=10.0)
CODES = {
    "-": 0,
    "L": ENTER_LONG,
    "l": EXIT_LONG,
    "S": ENTER_SHORT,
    "s": EXIT_SHORT,
    "T": TARGET,
}

Row = tuple[float, float, float, float]
MISSING: Row = (np.nan, np.nan, np.nan, np.nan)


def story(
    rows: Sequence[Row],
    codes: str,
    *rules: Rule,
    sizes: Sequence[float] | None = None,
    **changes: Any,
) -> Scenario:
    """Put a run together: *rows* are open, high, low, close; *codes* one word a bar.

    A word is letters: L and l enter and leave long, S and s short, T targets, - is nothing; the
    bars after the last word have no signal. *changes* are of a case: profile, terms, costs.
    """
    bits = [sum(CODES[letter] for letter in word) for word in codes.split()]
    bits += [0] * (len(rows) - len(bits))
    size = None
    if sizes is not None:
        size = np.array([*sizes, *[np.nan] * (len(rows) - len(sizes))])[:, None]
    prices = (np.array(column, dtype=np.float64)[:, None] for column in zip(*rows, strict=True))
    plain = Case(of_prices(*prices), TEN_UNITS, Costs(), OURS, rules)
    case = replace(plain, **changes)
    return Scenario(case, Signals(np.array(bits, dtype=np.uint8)[:, None], size))


def trades(found: Backtest) -> list[tuple[Any, ...]]:
    """Give (entry bar, entry price, exit bar, exit price, reason's number) of each trade."""
    table = found.trades
    columns = (
        table.entry_bar,
        table.entry_price,
        table.exit_bar,
        table.exit_price,
        table.reason,
    )
    return list(zip(*(column.tolist() for column in columns), strict=True))


def fills(found: Backtest) -> list[tuple[Any, ...]]:
    """Give (bar, signed quantity, price) of each fill."""
    table = found.fills
    columns = (table.bar, table.quantity, table.price)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def dropped(found: Backtest) -> list[tuple[int, int]]:
    """Give (bar, reason's number) of each dropped order."""
    table = found.dropped
    return list(zip(table.bar.tolist(), table.reason.tolist(), strict=True))
