"""How many looks a sweep was: what the Deflated Sharpe Ratio needs to know of all its points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from engine.orders import Trials
from engine.stats.deflated_sharpe import effective_trials
from engine.stats.sharpe import DAYS_PER_YEAR, MIN_DAYS, annualised_sharpe
from engine.sweep.rows import SweepRow

MOST_RETURNS = 4_000_000  # whose correlation is taken; of more, that of an even selection


def trials_of(rows: Sequence[SweepRow]) -> Trials | None:
    """Count the independent trials among the configurations whose returns say how good they are.

    Folds and seeds of one configuration are one trial: its mean return a day. None: under two
    configurations have returns, or they share too few dates.
    """
    series = _by_configuration(rows)
    if len(series) < 2:  # noqa: PLR2004 - one is no choice
        return None
    shared = frozenset.intersection(*(frozenset(one) for one in series.values()))
    if len(shared) < MIN_DAYS:
        return None
    dates = sorted(shared)
    ratios = [ratio for one in series.values() if (ratio := _ratio(one, dates)) is not None]
    if len(ratios) < 2:  # noqa: PLR2004 - a spread takes two
        return None
    return Trials(
        points=len(series),
        effective=_effective(list(series.values()), dates),
        sharpe_sd=float(np.std(ratios, ddof=1)),
    )


def _by_configuration(rows: Sequence[SweepRow]) -> dict[str, Mapping[str, float]]:
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        if row.status == "ok" and row.returns:
            days = found.setdefault(row.id, {})
            for date, value in row.returns:
                days.setdefault(date, []).append(value)
    return {
        name: {date: _mean(values) for date, values in days.items()} for name, days in found.items()
    }


def _mean(values: Sequence[float]) -> float:
    return math.fsum(value / len(values) for value in values)  # never beyond the largest


def _ratio(series: Mapping[str, float], dates: Sequence[str]) -> float | None:
    """Give the Sharpe ratio a day; None where the returns are all the same."""
    try:
        return annualised_sharpe([series[date] for date in dates]) / math.sqrt(DAYS_PER_YEAR)
    except ValueError:
        return None


def _effective(series: Sequence[Mapping[str, float]], dates: Sequence[str]) -> float:
    """Take the mean correlation r of as many as fit, and r + (1 - r) M of all M."""
    count = max(2, min(len(series), MOST_RETURNS // len(dates)))
    chosen = [series[place * len(series) // count] for place in range(count)]
    found = effective_trials([[one[date] for date in dates] for one in chosen])
    correlation = (count - found) / (count - 1)
    return correlation + (1 - correlation) * len(series)
