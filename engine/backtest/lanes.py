"""Many runs over the bars of one asset at once, each with an account of its own.

The wide kernel carries them out, with the functions of ``kernels.lanes`` in the place of those
that know one account alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.backtest.account_terms import AccountTerms
from engine.backtest.bars import Bars
from engine.backtest.costs import Costs
from engine.backtest.kernels import layout
from engine.backtest.kernels.fast import run_compiled
from engine.backtest.kernels.records import trades_of
from engine.backtest.kernels.state import State
from engine.backtest.profiles import PROFILES, Profile, ProfileName
from engine.backtest.results import Trades
from engine.backtest.risk.compiled_rules import CompiledRules
from engine.backtest.risk.risk_manager import RiskManager, compiled_rows
from engine.backtest.risk.rules import PythonRule, RegimeDependentRule, Rule
from engine.backtest.setup import Setup
from engine.backtest.signals import Signals

_FREE = Costs()
_USUAL = AccountTerms()


@dataclass(frozen=True, slots=True)
class LaneRuns:
    """C runs side by side: views that the next ``Lanes.run`` overwrites, so copy what is to stay.

    equity: float64 ``[T, C]``, of each close; with ``equity=False`` ``[1, C]``, of the last one.
    cash_end: float64 ``[C]``, after all.
    trade_counts: int64 ``[C]``.
    trades: those of all lanes in the order of their exits; their ``asset`` is the lane's number.
    """

    equity: NDArray[np.float64]
    cash_end: NDArray[np.float64]
    trade_counts: NDArray[np.int64]
    trades: Trades


class Lanes:
    """Up to *width* runs at once over the bars of one asset, each with an account of its own.

    Ten times as quick as one after the other, to the same bits as ``run``: a bar is looked at for
    all of them in vectors. About 250 lanes fit the caches of a processor, so run a thousand
    combinations in four turns.

    *rules* guard the positions of every lane; *own_rules* instead are *width* sequences of rules,
    that of lane c at place c. Neither may have a ``PythonRule``, and *own_rules* no
    ``RegimeDependentRule``. With ``equity=False`` no curves are kept, only the equity of the last
    close. The kernel is always a compiled one. An object belongs to one thread; threads with an
    object each run side by side.
    """

    def __init__(  # noqa: PLR0913 - every term has a default
        self,
        bars: Bars,
        width: int,
        *,
        account: AccountTerms = _USUAL,
        costs: Costs = _FREE,
        profile: Profile | ProfileName = ProfileName.OURS,
        rules: Sequence[Rule] = (),
        own_rules: Sequence[Sequence[Rule]] | None = None,
        equity: bool = True,
    ) -> None:
        """Make room for runs, and compile the rules.

        Raises:
            ValueError: bars of more than one asset, none, or prices that are not ``[T, 1]``; a
                width below 1; rules that lanes cannot have, or *own_rules* of another number.
            UserError: rules that make no sense.
        """
        _check_bars(bars)
        if width < 1:
            message = f"the width is {width}, not 1 or more"
            raise ValueError(message)
        named = profile if isinstance(profile, Profile) else PROFILES[ProfileName(profile)]
        compiled = _compiled(bars, width, rules, own_rules)
        self._bars, self._width = bars, width
        self._setup = Setup(terms=account, costs=costs, profile=named, rules=compiled)
        self._state = State.fresh(self._setup, bars.length, width, lanes=True, equity=equity)
        self._state.knobs[layout.OWN_RULES] = own_rules is not None

    def run(self, codes: NDArray[np.uint8], sizes: NDArray[np.float64] | None = None) -> LaneRuns:
        """Run *codes*, uint8 ``[T, C]`` as in ``Signals``, 1 <= C <= *width*: a column a lane.

        *sizes* are float64 ``[T, C]`` in the account's sizing, NaN or None: the account's own.

        Raises:
            ValueError: arrays of another shape or type.
        """
        self._check(codes, sizes)
        count = codes.shape[1]
        spare = self._width - count
        if spare:
            codes = np.pad(codes, ((0, 0), (0, spare)))
            sizes = None if sizes is None else np.pad(sizes, ((0, 0), (0, spare)))
        self._state.reset(self._setup.terms.cash)
        job = self._bars, Signals(codes, sizes), self._setup
        book = run_compiled(self._state, "enter_wide", job, lanes=True)
        trades = trades_of(book)
        return LaneRuns(
            equity=book.equity[:, :count],
            cash_end=book.cash[:count],
            trade_counts=np.bincount(trades.asset, minlength=count),
            trades=trades,
        )

    def _check(self, codes: object, sizes: object) -> None:
        """Refuse what a kernel would read beyond its end, or as something else."""
        found = _array("codes", codes, np.uint8)
        length, width = self._bars.length, self._width
        if found.ndim != 2 or len(found) != length or not 1 <= found.shape[1] <= width:  # noqa: PLR2004
            message = f"codes are {found.shape}, not ({length}, C) with C from 1 to {width}"
            raise ValueError(message)
        shape = found.shape if sizes is None else _array("sizes", sizes, np.float64).shape
        if shape != found.shape:
            message = f"sizes are {shape}, not {found.shape} as the codes"
            raise ValueError(message)


def _array(name: str, given: object, kind: type[np.generic]) -> NDArray[np.generic]:
    if not isinstance(given, np.ndarray):
        message = f"{name} are a {type(given).__name__}, not an array of {kind.__name__}"
        raise ValueError(message)  # noqa: TRY004 - one error for all that codes may be instead
    if given.dtype != kind:
        message = f"{name} are an array of {given.dtype}, not of {kind.__name__}"
        raise ValueError(message)
    return given


def _check_bars(bars: Bars) -> None:
    if bars.width != 1:
        message = f"lanes run over the bars of one asset, found {bars.width}"
        raise ValueError(message)
    if bars.length == 0:
        message = "there are no bars"
        raise ValueError(message)
    for name in ("open", "high", "low", "close"):
        shape = np.shape(getattr(bars, name))
        if shape != (bars.length, 1):
            message = f"{name} is {shape} for {bars.length} bars of one asset"
            raise ValueError(message)


def _compiled(
    bars: Bars,
    width: int,
    rules: Sequence[Rule],
    own_rules: Sequence[Sequence[Rule]] | None,
) -> CompiledRules | None:
    if own_rules is None:
        _refuse(rules, PythonRule)
        return RiskManager(rules).compiled(bars) if rules else None
    if rules:
        message = "rules and own_rules: give those of all lanes, or those of each"
        raise ValueError(message)
    if len(own_rules) != width:
        message = f"own_rules are {len(own_rules)} for {width} lanes"
        raise ValueError(message)
    for row in own_rules:
        _refuse(row, PythonRule, RegimeDependentRule)
    return compiled_rows(own_rules, bars)


def _refuse(rules: Sequence[Rule], *kinds: type) -> None:
    for rule in rules:
        if isinstance(rule, kinds):
            message = f"lanes cannot have a {type(rule).__name__} here: run one after the other"
            raise ValueError(message)  # noqa: TRY004 - the rule is one, but not for lanes
