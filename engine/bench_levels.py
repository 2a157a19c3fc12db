"""Levels of benchmark cases on one machine: what ``bench run`` records and compares."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence

from engine.baselines import CaseBaseline
from engine.errors import UserError, Where
from engine.samples import Launch
from engine.sweep.leaderboard import percentile
from engine.values import Better

NANOSECONDS = 1e9
_PREFERRED = ("wall", "cpu")
_QUANTILES = {"p10": 0.10, "p50": 0.50, "p90": 0.90}

Timed = Mapping[str, tuple[Launch, ...]]


def timed_launches(launches: Sequence[Launch]) -> Timed:
    """Group launches by case and keep one time of each: ``wall``, else ``cpu``, else the first.

    A case without a time in seconds, where less is better, has no level and is left out.
    """
    cases: dict[str, dict[str, list[Launch]]] = {}
    for launch in launches:
        if launch.unit == "s" and launch.better is Better.LOWER:
            cases.setdefault(launch.case, {}).setdefault(launch.metric, []).append(launch)
    return {case: tuple(_chosen(metrics)) for case, metrics in sorted(cases.items())}


def means_ns(timed: Timed) -> dict[str, float]:
    """Give each case's mean time over all samples, in nanoseconds.

    >>> launch = Launch("a", "wall", "s", Better.LOWER, (1e-6, 3e-6))
    >>> means_ns({"a": (launch,)})
    {'a': 2000.0}

    Raises:
        UserError: a mean that is not above 0: the clock was too coarse for the case.
    """
    return {case: _mean_ns(case, _samples_ns(found)) for case, found in timed.items()}


def case_baseline(case: str, launches: Sequence[Launch]) -> CaseBaseline:
    """Make the baseline of a case, with each launch's level (its fastest sample) as evidence.

    Raises:
        UserError: fewer than two samples, which have no spread, or a mean or level of a launch
            that is not above 0.
    """
    samples = _samples_ns(launches)
    if len(samples) < 2:  # noqa: PLR2004 - the least that has a spread
        problem = f"{case} has one sample: nobody can tell how much it varies."
        raise UserError(problem, None, "Measure it more often, or launch the suite more often.")
    levels = tuple(min(launch.samples) * NANOSECONDS for launch in launches)
    _require_time(case, min(levels), "at its fastest")
    return CaseBaseline(
        mean_ns=_mean_ns(case, samples),
        std_dev_ns=statistics.stdev(samples),
        sample_size=len(samples),
        launches=levels,
        quantiles_ns={name: percentile(samples, share) for name, share in _QUANTILES.items()},
    )


def _chosen(metrics: Mapping[str, Sequence[Launch]]) -> Sequence[Launch]:
    known = (metrics[name] for name in _PREFERRED if name in metrics)
    return next(known, next(iter(metrics.values())))


def _samples_ns(launches: Sequence[Launch]) -> list[float]:
    return [sample * NANOSECONDS for launch in launches for sample in launch.samples]


def _mean_ns(case: str, samples: Sequence[float]) -> float:
    mean = math.fsum(samples) / len(samples)
    _require_time(case, mean, "in the mean")
    return mean


def _require_time(case: str, time_ns: float, which: str) -> None:
    if time_ns > 0:
        return
    problem = f"{case} took {time_ns:g} ns {which}: its clock is too coarse for it."
    raise UserError(problem, Where("samples", field=case), "Time more iterations at once.")
