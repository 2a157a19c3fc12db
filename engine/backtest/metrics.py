"""The metrics of one run. What is not defined is None with its reason: never 0, infinite or NaN.

Returns are those from close to close of the account's equity, as fractions; nothing is subtracted
for a riskless rate. Ratios and rates are a year's: x the periods of a year or its square root.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import msgspec
import numpy as np

from engine.backtest.metric_sums import CONSTANT, CurveSums, TradeSums, sums_of
from engine.backtest.money import rounded_money
from engine.backtest.results import Backtest

MIN_RETURNS = 20  # of a Sharpe ratio, as engine.stats.sharpe has it

_ROUNDING = 1e-12
_RUINED = "the equity is not positive and finite at bar {bar}"
_FEW = "it takes 20 returns or more: there are {count}"
_SAME = "all returns are the same"
_NO_RETURNS = "one bar has no return"
_NO_TRADES = "no trade was closed"
_TOO_LARGE = "it is beyond the largest number that a float holds"
_OF_LEVELS = ("max_drawdown", "max_drawdown_bars", "longest_drawdown_bars")
_OF_RETURNS = (
    "annual_return",
    "annual_volatility",
    "sharpe",
    "sharpe_error",
    "sortino",
    "calmar",
    "cvar_95",
    "cvar_99",
)


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """The metrics by name, in the order in which they are reported; ``reasons`` of those None.

    total_return: final equity / starting cash - 1.
    annual_return: (final equity / starting cash) ^ (periods a year / returns) - 1.
    annual_volatility: standard deviation of the returns (over n - 1) x √periods.
    sharpe: mean / standard deviation (over n - 1) x √periods; W. Sharpe, "The Sharpe ratio",
        Journal of Portfolio Management 21 (1994). Of 20 returns or more.
    sharpe_error: its standard error, robust to fat tails and dependence over time: √(Ψ/n) x
        √periods, Ψ the long-run variance of x - S/2 (x² - 1), x the standardised returns and S
        the ratio of a period: O. Ledoit, M. Wolf, Journal of Empirical Finance 15 (2008), 3.1.
    sortino: mean / √(Σ min(return, 0)² / n) x √periods; F. Sortino, R. van der Meer, "Downside
        risk", Journal of Portfolio Management 17 (1991).
    calmar: annual return / maximum drawdown; T. Young, Futures 20 (1991), over the whole run.
    max_drawdown: the largest 1 - equity / highest equity before it, the starting cash being the
        first; positive. ``max_drawdown_bars``: bars from that peak until the equity is there
        again, else to the last bar. ``longest_drawdown_bars``: the longest such time.
    cvar_95, cvar_99: the mean loss of the worst 5 % (1 %) of the returns, the last one in part;
        positive is a loss; R. T. Rockafellar, S. Uryasev, Journal of Banking & Finance 26 (2002).
    turnover: money bought and sold / mean equity, a year.
    exposure: the share of bars at whose close anything is held.
    trades: round trips; a part of a position that is left is one. ``hit_rate``: the share of them
        that gained. ``profit_factor``: Σ gains / Σ losses. ``average_trade``: money a trade, net
        of fees. ``average_mfe``, ``average_mae``: mean of the best and of the worst excursion
        from the entry price, as fractions of it.
    ambiguous_exits: trades left at the stop on a bar that held their target too.
    open_positions: held at the end, marked; they are no trades.
    fees: money. final_equity: money.
    """

    total_return: float | None
    annual_return: float | None
    annual_volatility: float | None
    sharpe: float | None
    sharpe_error: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float | None
    max_drawdown_bars: int | None
    longest_drawdown_bars: int | None
    cvar_95: float | None
    cvar_99: float | None
    turnover: float | None
    exposure: float
    trades: int
    hit_rate: float | None
    profit_factor: float | None
    average_trade: float | None
    average_mfe: float | None
    average_mae: float | None
    ambiguous_exits: int
    open_positions: int
    fees: float
    final_equity: float | None
    reasons: Mapping[str, str] = {}

    def values(self) -> dict[str, float | int | None]:
        """Give the metrics alone, without the reasons."""
        return {name: getattr(self, name) for name in NAMES}


NAMES = tuple(name for name in Metrics.__struct_fields__ if name != "reasons")
MONEY = ("average_trade", "fees", "final_equity")

SumsOf = Callable[[Backtest], tuple[CurveSums, TradeSums]]
_Found = float | int | str  # text: why there is none


def metrics_of(result: Backtest, periods_per_year: float, sums: SumsOf = sums_of) -> Metrics:
    """Give the metrics of *result*, whose bars come *periods_per_year* times a year.

    *sums* adds up: by numpy, or ``metric_kernels.sums_of``, with the same bits.
    """
    return metrics(*sums(result), periods_per_year)


def metrics(curve: CurveSums, trades: TradeSums, periods_per_year: float) -> Metrics:
    """Give the metrics that the sums of a run come to."""
    found = {**_of_curve(curve, periods_per_year), **_of_trades(curve, trades, periods_per_year)}
    reasons = {name: value for name, value in found.items() if isinstance(value, str)}
    for name, value in found.items():
        if isinstance(value, float) and not math.isfinite(value):
            reasons[name] = _TOO_LARGE
    known = {name: None if name in reasons else value for name, value in found.items()}
    return Metrics(**known, reasons=reasons)  # type: ignore[arg-type]


def rounded(found: Metrics, digits: int) -> Metrics:
    """Round what is money to the *digits* of the account's currency, for a report."""
    money = {name: getattr(found, name) for name in MONEY}
    known = {
        name: float(rounded_money(np.array(value), digits))
        for name, value in money.items()
        if value is not None
    }
    return msgspec.structs.replace(found, **known)


def _of_curve(curve: CurveSums, periods: float) -> dict[str, _Found]:
    found: dict[str, _Found] = {"final_equity": curve.final}
    found["total_return"] = curve.final / curve.start - 1.0
    if curve.bad_bar >= 0:
        why = _RUINED.format(bar=int(curve.bad_bar))
        return {**dict.fromkeys((*_OF_LEVELS, *_OF_RETURNS), why), **found}
    found |= {
        "max_drawdown": curve.drawdown,
        "max_drawdown_bars": int(curve.drawdown_bars),
        "longest_drawdown_bars": int(curve.longest_bars),
    }
    if curve.bars < 2:  # noqa: PLR2004 - a return has two ends
        return {**dict.fromkeys(_OF_RETURNS, _NO_RETURNS), **found}
    if math.isnan(curve.squares):
        return {**dict.fromkeys(_OF_RETURNS, _TOO_LARGE), **found}
    return found | _of_returns(curve, curve.bars - 1, periods)


def _of_returns(curve: CurveSums, count: float, periods: float) -> dict[str, _Found]:
    year = math.sqrt(periods)
    annual = _power(curve.final / curve.start, periods / count) - 1.0
    same = _SAME if math.sqrt(curve.squares / count) <= CONSTANT * curve.largest else None
    few = _FEW.format(count=int(count)) if count < MIN_RETURNS else None
    spread = math.sqrt(curve.squares / max(count - 1, 1.0))
    return {
        "annual_return": annual,
        "annual_volatility": same or spread * year,
        "sharpe": few or same or curve.mean / spread * year,
        "sharpe_error": few or same or _error(curve, count, year),
        "sortino": curve.mean / math.sqrt(curve.downside / count) * year
        if curve.downside > 0
        else "no return is negative",
        "calmar": annual / curve.drawdown if curve.drawdown > 0 else "there was no drawdown",
        "cvar_95": _loss(curve.tail_95, 20),
        "cvar_99": _loss(curve.tail_99, 100),
    }


def _of_trades(curve: CurveSums, trades: TradeSums, periods: float) -> dict[str, _Found]:
    count = trades.trades
    return {
        "turnover": _turnover(curve, trades, periods),
        "exposure": trades.held_bars / curve.bars,
        "trades": count,
        "hit_rate": _share(trades.wins, count),
        "profit_factor": trades.gains / trades.losses
        if trades.losses > 0
        else ("no trade lost" if count else _NO_TRADES),
        "average_trade": _share(trades.pnl, count),
        "average_mfe": _share(trades.mfe, count),
        "average_mae": _share(trades.mae, count),
        "ambiguous_exits": trades.ambiguous,
        "open_positions": trades.open_positions,
        "fees": trades.fees,
    }


def _error(curve: CurveSums, count: float, year: float) -> _Found:
    """Give the standard error of the Sharpe ratio a year."""
    ratio = curve.mean / math.sqrt(curve.squares / count)
    if math.sqrt(max(curve.variance, 0.0)) <= _ROUNDING * (1 + ratio * ratio):
        return "the returns take two values that leave no error to estimate"
    return math.sqrt(curve.variance / count) * year


def _turnover(curve: CurveSums, trades: TradeSums, periods: float) -> _Found:
    if curve.bad_bar >= 0:
        return _RUINED.format(bar=int(curve.bad_bar))
    if curve.bars < 2:  # noqa: PLR2004 - a return has two ends
        return _NO_RETURNS
    if not curve.mean_equity < math.inf:
        return _TOO_LARGE
    return trades.notional / curve.mean_equity * periods / (curve.bars - 1)


def _loss(tail: float, returns: int) -> _Found:
    return f"it takes {returns} returns or more" if math.isnan(tail) else 0.0 - tail


def _share(whole: float, count: int) -> _Found:
    return whole / count if count else _NO_TRADES


def _power(growth: float, exponent: float) -> float:
    try:
        return math.pow(growth, exponent)
    except OverflowError:
        return math.inf
