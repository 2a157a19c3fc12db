"""The equity of a sweep's selected configuration, chained over what was out of sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.sweep.leaderboard import SweepSummary
from engine.sweep.rows import SweepRow
from worker.equity_plot import Curve, Floats, equity_plots

START = 100.0
MIN_DAYS = 2
_MAX_PARAMS = 80


def sweep_plots(rows: Sequence[SweepRow], summary: SweepSummary, strategy: str) -> dict[str, bytes]:
    """Draw 100 invested in the selected configuration: its returns by day, fold after fold.

    Empty where it has no returns, or several for one day: then there is no one curve.
    """
    selected = [row for row in rows if row.id == summary.selected and row.returns]
    days = sorted(day for row in selected for day in row.returns or ())
    dates = [date for date, _ in days]
    if len(days) < MIN_DAYS or len(set(dates)) < len(dates):
        return {}
    times = np.array(dates, dtype="datetime64[ns]")
    values = np.array([value for _, value in days], dtype=np.float64)
    growth: Floats = np.multiply(START, np.cumprod(1.0 + values), dtype=np.float64)
    curve = Curve(
        times=times,
        equity=growth,
        start=START,
        title=f"{strategy}  {_params(selected[0])}".rstrip(),
        subtitle=_subtitle(summary, dates, len(selected)),
    )
    return equity_plots(curve)


def _subtitle(summary: SweepSummary, dates: Sequence[str], folds: int) -> str:
    parts = [f"{dates[0][:10]} to {dates[-1][:10]}", "100 at the start"]
    if summary.summary.sample == "oos":
        parts.append("out of sample" if folds == 1 else f"out of sample, {folds} folds in a row")
    if summary.best is not None and summary.best.metric is not None:
        parts.append(f"{summary.metric} {summary.best.metric:.3g}")
    return "    ".join(parts)


def _params(row: SweepRow) -> str:
    text = ", ".join(f"{name}={value}" for name, value in sorted(row.params.items()))
    return text if len(text) <= _MAX_PARAMS else f"{text[:_MAX_PARAMS]}…"
