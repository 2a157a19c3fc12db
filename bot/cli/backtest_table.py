"""How a backtest's metrics read: a table of two columns for a terminal, two lines for a plot."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from engine.backtest.bar_checks import DataReport
from engine.backtest.metrics import Metrics
from worker.backtest_files import BacktestManifest

_NOTHING = "-"
_WIDTH, _GAP = 34, 4
_MAX_PARAMS = 60
_VAST = 1e15  # money beyond it would be wider than its cell, and a float has no cents there


def table(manifest: BacktestManifest, metrics: Metrics, digits: int) -> str:
    """Give the table, headed by what was run on what; figures that are missing say why below.

    *digits* are those of money. A reason is given once, for all that it is the reason of.
    """
    pairs = zip_longest(_left(metrics), _right(metrics, digits), fillvalue=("", ""))
    lines = [f"{_cell(*one)}{' ' * _GAP}{_cell(*two)}".rstrip() for one, two in pairs]
    return "\n".join([*_heading(manifest), "", *lines, *_reasons(metrics.reasons)])


def data_words(report: DataReport) -> str:
    """Say which repairs had rows to mend, and what is odd about the bars; else nothing."""
    repairs = ", ".join(f"{name} ({_rows(count)})" for name, count in report.repairs.items())
    lines = [f"Repairs: {repairs}"] if repairs else []
    return "\n".join([*lines, *(f"Warning: {one}" for one in report.warnings)])


def curve_title(manifest: BacktestManifest, metrics: Metrics) -> tuple[str, str]:
    """Give a plot's title and the line below it."""
    parts = [
        f"{manifest.first_bar[:10]} to {manifest.last_bar[:10]}",
        f"Sharpe {_with_error(metrics)}",
        f"annual return {_percent(metrics.annual_return)}",
        f"max drawdown {_percent(metrics.max_drawdown)}",
    ]
    params = _params(manifest.params)
    title = f"{manifest.strategy}  {params}" if params else manifest.strategy
    return title, "    ".join(part for part in parts if not part.endswith(_NOTHING))


def _heading(manifest: BacktestManifest) -> list[str]:
    params = _params(manifest.params)
    assets = "" if manifest.assets == 1 else f" of {manifest.assets} assets"
    period = f"{manifest.first_bar} to {manifest.last_bar}"
    return [
        f"{manifest.strategy}  {params}".rstrip(),
        f"{manifest.bars:,} bars{assets}, {period}, {manifest.periods_per_year:g} a year",
    ]


def _left(metrics: Metrics) -> list[tuple[str, str]]:
    lasted = ("  from peak to peak", _bars(metrics.max_drawdown_bars))
    is_longest = metrics.max_drawdown_bars == metrics.longest_drawdown_bars
    return [
        ("total return", _percent(metrics.total_return)),
        ("annual return", _percent(metrics.annual_return)),
        ("annual volatility", _percent(metrics.annual_volatility)),
        ("Sharpe", _with_error(metrics)),
        ("Sortino", _number(metrics.sortino)),
        ("Calmar", _number(metrics.calmar)),
        ("max drawdown", _percent(metrics.max_drawdown)),
        *([] if is_longest else [lasted]),
        ("longest drawdown", _bars(metrics.longest_drawdown_bars)),
        ("CVaR 95 %", _percent(metrics.cvar_95)),
        ("CVaR 99 %", _percent(metrics.cvar_99)),
    ]


def _right(metrics: Metrics, digits: int) -> list[tuple[str, str]]:
    return [
        ("final equity", _money(metrics.final_equity, digits)),
        ("fees", _money(metrics.fees, digits)),
        ("turnover a year", _times(metrics.turnover)),
        ("exposure", _percent(metrics.exposure)),
        ("trades", f"{metrics.trades:,}"),
        ("hit rate", _percent(metrics.hit_rate)),
        ("profit factor", _number(metrics.profit_factor)),
        ("average trade", _money(metrics.average_trade, digits)),
        ("average MFE, MAE", f"{_percent(metrics.average_mfe)}, {_percent(metrics.average_mae)}"),
        ("ambiguous exits", f"{metrics.ambiguous_exits:,}"),
        ("open positions", f"{metrics.open_positions:,}"),
    ]


def _reasons(reasons: Mapping[str, str]) -> list[str]:
    names: dict[str, list[str]] = {}
    for name, reason in reasons.items():
        names.setdefault(reason, []).append(name)
    lines = [f"{', '.join(found)}: {reason}" for reason, found in names.items()]
    return ["", *lines] if lines else []


def _cell(label: str, value: str) -> str:
    return f"{label}{value:>{_WIDTH - len(label)}}"


def _params(params: Mapping[str, Any]) -> str:
    text = ", ".join(f"{name} {value}" for name, value in params.items())
    return text if len(text) <= _MAX_PARAMS else f"{text[: _MAX_PARAMS - 1]}…"


def _percent(share: float | None) -> str:
    return _NOTHING if share is None else f"{share * 100:,.2f} %"


def _number(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:,.2f}"


def _with_error(metrics: Metrics) -> str:
    if metrics.sharpe is None or metrics.sharpe_error is None:
        return _number(metrics.sharpe)
    return f"{metrics.sharpe:.2f} ± {metrics.sharpe_error:.2f}"


def _money(money: float | None, digits: int) -> str:
    if money is None:
        return _NOTHING
    return f"{money:,.{digits}f}" if abs(money) < _VAST else f"{money:.6e}"


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _times(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:,.2f} x"


def _bars(count: int | None) -> str:
    return _NOTHING if count is None else f"{count:,} bars"
