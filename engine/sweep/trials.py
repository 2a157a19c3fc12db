"""How many looks a sweep was: what the Deflated Sharpe Ratio needs to know of all its points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from engine.orders import Trials
from engine.stats.deflated_sharpe import effective_trials
from engine.stats.sharpe import DAYS_PER_YEAR, MIN_DAYS, Floats, annualised_sharpe
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


def even_selection(points: int, days: int) -> tuple[int, ...]:
    """Choose the places of as many of *points* as may have their returns kept, two or more.

    >>> even_selection(5, 2_000_000), even_selection(3, 250)
    ((0, 2), (0, 1, 2))
    """
    count = min(points, max(2, MOST_RETURNS // max(1, days)))
    return tuple(place * points // count for place in range(count))


def trials_of_series(series: Sequence[Floats], points: int) -> Trials | None:
    """Count the independent trials among *points* that succeeded, by the returns of some of them.

    *series* are daily returns of an even selection, all of the same days. None: under two, or
    too few days.
    """
    if len(series) < 2 or len(series[0]) < MIN_DAYS:  # noqa: PLR2004 - one is no choice
        return None
    ratios = [ratio for one in series if (ratio := _daily_ratio(one.tolist())) is not None]
    if len(ratios) < 2:  # noqa: PLR2004 - a spread takes two
        return None
    return Trials(
        points=points,
        effective=_scaled_up(
            effective_trials([one.tolist() for one in series]), len(series), points
        ),
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
    return _daily_ratio([series[date] for date in dates])


def _daily_ratio(returns: Sequence[float]) -> float | None:
    """Give the Sharpe ratio a day; None where the returns are all the same."""
    try:
        return annualised_sharpe(returns) / math.sqrt(DAYS_PER_YEAR)
    except ValueError:
        return None


def _effective(series: Sequence[Mapping[str, float]], dates: Sequence[str]) -> float:
    """Count the effective trials of as many as fit, and from them of all."""
    places = even_selection(len(series), len(dates))
    found = effective_trials([[series[place][date] for date in dates] for place in places])
    return _scaled_up(found, len(places), len(series))


def _scaled_up(found: float, count: int, points: int) -> float:
    """Take the mean correlation r of *count* trials, and r + (1 - r) M of all M points."""
    correlation = (count - found) / (count - 1)
    return correlation + (1 - correlation) * points
