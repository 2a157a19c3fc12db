"""Daily returns of a sweep's configurations: is it really worse, and is the winner luck?"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from scipy.special import ndtr

from engine.orders import PointReturns, SweepEvidence, Trials
from engine.quality import SharpeTest
from engine.stats.deflated_sharpe import deflated_sharpe
from engine.stats.sharpe import annualised_sharpe
from engine.stats.sharpe_bootstrap import sharpe_difference
from engine.values import Side

_Series = Mapping[tuple[int | None, int], Mapping[str, float]]  # fold and seed → date → return


def tested_sharpe(evidence: SweepEvidence, configuration: str, seed: int) -> SharpeTest | None:
    """Test the Sharpe ratio of one configuration, head against base, on the dates that both have.

    *seed* draws the resamples. None: a side has no returns, too few, or always the same.
    """
    try:
        base, head = paired_returns(evidence.returns, configuration)
        before, after = annualised_sharpe(base), annualised_sharpe(head)
        found = sharpe_difference(base, head, seed)
    except ValueError:
        return None
    return SharpeTest(
        configuration=configuration,
        days=len(base),
        base=before,
        head=after,
        difference=found.difference,
        low=found.low,
        high=found.high,
        p=found.p,
        resamples=found.resamples,
        by_chance=None,
    )


def by_chance(test: SharpeTest, limit: float) -> float:
    """Give how often a drop of more than *limit* is seen where the strategies are equally good.

    The difference is then normal about 0 with the standard error that the interval shows:
    Φ(-limit / error). With an error of 0.1 a year, a drop of 0.05 is seen in 31 of 100.

    >>> test = SharpeTest(configuration="a", days=756, base=1.5, head=1.5, difference=0.0,
    ...     low=-0.196, high=0.196, p=1.0)
    >>> round(by_chance(test, 0.05), 2)
    0.31
    """
    error = (test.high - test.low) / (2 * _NORMAL_95)
    return float(ndtr(-limit / error)) if error > 0 else 0.0


def deflated(
    returns: Sequence[PointReturns], configuration: str, trials: Trials, sweeps: int
) -> tuple[float, float] | None:
    """Give the Deflated Sharpe Ratio of head's *configuration*, and of how many trials it is best.

    Each of so many *sweeps* was another look at the same data. None: its returns do not say.
    """
    rows = [row for row in returns if row.side is Side.HEAD and row.id == configuration]
    looks = trials.effective * sweeps
    try:
        found = deflated_sharpe(pooled(rows), trials.sharpe_sd**2, looks)
    except (ValueError, OverflowError):
        return None
    return (found, looks) if math.isfinite(found) else None


def pooled(rows: Iterable[PointReturns]) -> tuple[float, ...]:
    """Give one series of several folds and seeds: by date, averaged where several have it.

    Raises:
        ValueError: a row has not as many dates as returns.
    """
    series = _by_place(rows)
    dates = sorted({date for one in series.values() for date in one})
    return tuple(_mean([one[date] for one in series.values() if date in one]) for date in dates)


def paired_returns(
    returns: Sequence[PointReturns], configuration: str
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Give both sides' returns of a configuration on the dates, folds and seeds that both have.

    Raises:
        ValueError: a row has not as many dates as returns.
    """
    mine = [row for row in returns if row.id == configuration]
    base, head = (_by_place(row for row in mine if row.side is side) for side in Side)
    places = sorted(base.keys() & head.keys(), key=str)
    dates = sorted({date for place in places for date in base[place].keys() & head[place].keys()})
    pairs = [
        [
            (base[place][date], head[place][date])
            for place in places
            if _both(base, head, place, date)
        ]
        for date in dates
    ]
    return (
        tuple(_mean([before for before, _ in day]) for day in pairs),
        tuple(_mean([after for _, after in day]) for day in pairs),
    )


_NORMAL_95 = 1.959963984540054


def _both(base: _Series, head: _Series, place: tuple[int | None, int], date: str) -> bool:
    return date in base[place] and date in head[place]


def _by_place(rows: Iterable[PointReturns]) -> _Series:
    return {(row.fold, row.seed): dict(zip(row.dates, row.values, strict=True)) for row in rows}


def _mean(values: Sequence[float]) -> float:
    return math.fsum(value / len(values) for value in values)  # never beyond the largest
