"""Whether two strategies' Sharpe ratios differ: paired daily returns, the test of Ledoit and Wolf.

O. Ledoit, M. Wolf, "Robust performance hypothesis testing with the Sharpe ratio", Journal of
Empirical Finance 15 (2008) 850-859, section 3.1: the delta method on means and second moments,
their long-run covariance by a kernel with the automatic bandwidth of D. Andrews,
"Heteroskedasticity and autocorrelation consistent covariance matrix estimation", Econometrica 59
(1991) 817-858.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri

Floats: TypeAlias = npt.NDArray[np.float64]

DAYS_PER_YEAR = 252
MIN_DAYS = 20
CONFIDENCE = 0.95

_PARAMETERS = 4  # two means, two second moments
_PARZEN_BANDWIDTH = 2.6614  # Andrews (1991), equation (6.2)
_MAX_AUTOCORRELATION = 0.97  # beyond, the bandwidth explodes: Andrews and Monahan (1992), p. 957
_CONSTANT = 1e-6  # a standard deviation of so small a part of the largest return is none
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class SharpeDifference:
    """Head minus base of the annualised Sharpe ratio, with its two-sided 95 % interval and p.

    All but ``p`` are annual Sharpe units. ``resamples`` is how many resamples the interval and p
    rest on; 0: on the normal limit.
    """

    difference: float
    low: float
    high: float
    p: float
    standard_error: float
    resamples: int = 0


@dataclass(frozen=True, slots=True)
class PairedReturns:
    """The returns of base and head on the same days, in units of their own standard deviation.

    ``deviations`` has two rows, base's and head's (return - mean) / sd, the sd over n; ``ratios``
    the two daily Sharpe ratios mean / sd on the same terms.
    """

    deviations: Floats
    ratios: Floats

    @property
    def days(self) -> int:
        """How many days both have."""
        return int(self.deviations.shape[1])

    @property
    def difference(self) -> float:
        """Head minus base of the daily Sharpe ratio, its standard deviation over n - 1."""
        return float(self.ratios[1] - self.ratios[0]) * math.sqrt(1 - 1 / self.days)

    @property
    def influences(self) -> Floats:
        """Each day's part in the difference: the delta method's gradient times the moments.

        In standard units x that product is, for either strategy, x - S/2 (x² - 1).
        """
        ratios = self.ratios[:, None]
        parts = self.deviations - ratios / 2 * (self.deviations**2 - 1)
        return np.asarray(parts[1] - parts[0])


def annualised_sharpe(returns: Sequence[float]) -> float:
    """Give mean / standard deviation (over n - 1) x √252 of daily returns (Sharpe 1994).

    Eleven days of 1 % and eleven of -0.5 %: 0.25 % / 0.7676 % x 15.87.

    >>> round(annualised_sharpe([0.01, -0.005] * 11), 3)
    5.17

    Raises:
        ValueError: under ``MIN_DAYS`` returns, one that is not finite, or all the same.
    """
    _, ratio = standardised(returns, "the series")
    return ratio * math.sqrt((1 - 1 / len(returns)) * DAYS_PER_YEAR)


def paired_returns(base: Sequence[float], head: Sequence[float]) -> PairedReturns:
    """Pair daily returns by index, which is the day.

    Raises:
        ValueError: the sides differ in length, there are under ``MIN_DAYS`` days, a return is not
            finite, or a side's returns are all the same, so that it has no Sharpe ratio.
    """
    if len(base) != len(head):
        message = f"returns are paired by day: found {len(base)} of base, {len(head)} of head"
        raise ValueError(message)
    sides = [standardised(side, name) for side, name in ((base, "base"), (head, "head"))]
    deviations, ratios = zip(*sides, strict=True)
    return PairedReturns(np.array(deviations), np.array(ratios))


def hac_difference(base: Sequence[float], head: Sequence[float]) -> SharpeDifference:
    """Test the difference of two Sharpe ratios, robust to fat tails and dependence over time.

    With the influences u of the days and their long-run variance Ψ, the difference is normal
    around the true one with variance Ψ/n. The bandwidth is Andrews' for u itself, which is to give
    all weight to the one combination of the four moments that the difference is made of; so
    neither the unit of the returns nor nearly identical strategies disturb it.

    >>> base = [0.01, -0.008, 0.003] * 20
    >>> same = hac_difference(base, base)
    >>> same.difference, same.p
    (0.0, 1.0)
    >>> less = hac_difference(base, [one - 0.001 * (day % 2) for day, one in enumerate(base)])
    >>> round(less.difference, 2), less.high < 0
    (-1.07, True)

    Raises:
        ValueError: as ``paired_returns``; or the difference is not zero, yet the same on every
            day, so that nothing can be said of its error.
    """
    pairs = paired_returns(base, head)
    error = hac_error(pairs)
    if error is None:
        return SharpeDifference(0.0, 0.0, 0.0, 1.0, 0.0)
    p = 2 * float(ndtr(-abs(pairs.difference) / error))
    return annualised(pairs.difference, error, float(ndtri((1 + CONFIDENCE) / 2)), p)


def hac_error(pairs: PairedReturns) -> float | None:
    """Give the standard error of the daily difference; None where the strategies are the same.

    Raises:
        ValueError: the difference is not zero, yet has no spread.
    """
    influences = pairs.influences
    rounding = _ROUNDING * (1 + float(np.max(pairs.ratios**2)))
    if float(np.sqrt(np.mean(influences**2))) > rounding:
        return math.sqrt(long_run_variance(influences) / pairs.days)
    if abs(pairs.difference) <= rounding:
        return None
    message = "the Sharpe ratios differ by the same on every day: no error can be estimated"
    raise ValueError(message)


def long_run_variance(values: Floats) -> float:
    """Give n times the variance of the mean of *values*, whose mean is zero, dependent in time.

    Ψ = n/(n-4) · (Γ₀ + 2 Σ k(j/S) Γⱼ), k the Parzen kernel, Γⱼ the autocovariance over n, and
    S = 2.6614 (a n)^(1/5) with a = 4 r² / (1-r)⁴, r the slope of a first-order autoregression:
    Andrews (1991), equations (2.5), (6.2), (6.4). The kernel keeps it from being negative.

    An alternating series has hardly any variance in the long run.

    >>> round(long_run_variance(np.array([1.0, -1.0] * 50)), 3)
    0.015
    """
    count = len(values)
    slope = _autoregression(values)
    bandwidth = _PARZEN_BANDWIDTH * (4 * slope**2 / (1 - slope) ** 4 * count) ** 0.2
    lags = np.arange(1, min(math.ceil(bandwidth), count))
    covariances = np.array([values[lag:] @ values[:-lag] for lag in lags]) / count
    total = values @ values / count + 2 * (
        _parzen(lags / bandwidth) @ covariances if lags.size else 0
    )
    return float(total) * count / (count - _PARAMETERS)


def annualised(difference: float, error: float, critical: float, p: float) -> SharpeDifference:
    """Say a daily *difference* and its *error* a year; the interval is *critical* errors wide."""
    year = math.sqrt(DAYS_PER_YEAR)
    half = critical * error
    return SharpeDifference(
        difference=difference * year,
        low=(difference - half) * year,
        high=(difference + half) * year,
        p=p,
        standard_error=error * year,
    )


def standardised(returns: Sequence[float], name: str) -> tuple[Floats, float]:
    """Give (return - mean) / sd, the sd over n, and mean / sd, the Sharpe ratio on those terms.

    Raises:
        ValueError: as ``annualised_sharpe``; *name* says whose returns they are.
    """
    values = np.asarray(returns, dtype=np.float64)
    if len(values) < MIN_DAYS:
        message = f"a Sharpe ratio takes {MIN_DAYS} days or more: {name} has {len(values)}"
        raise ValueError(message)
    if not np.isfinite(values).all():
        day = int(np.argmin(np.isfinite(values)))
        message = f"returns are finite: {name} has {values[day]} at index {day}"
        raise ValueError(message)
    # In parts of the largest: whatever the unit, no square overflows or vanishes.
    values = values / (np.max(np.abs(values)) or 1.0)
    spread = float(np.std(values))
    if spread <= _CONSTANT:
        message = f"all returns of {name} are the same, so it has no Sharpe ratio"
        raise ValueError(message)
    mean = float(np.mean(values))
    return (values - mean) / spread, mean / spread


def _autoregression(values: Floats) -> float:
    """Regress each value on the one before it, with a constant; the slope, kept below 1."""
    before, after = values[:-1] - np.mean(values[:-1]), values[1:]
    spread = float(before @ before)
    slope = float(before @ after) / spread if spread else 0.0
    return min(max(slope, -_MAX_AUTOCORRELATION), _MAX_AUTOCORRELATION)


def _parzen(parts: npt.NDArray[Any]) -> Floats:
    near, far = 1 - 6 * parts**2 + 6 * parts**3, 2 * (1 - parts) ** 3
    return np.where(parts <= 0.5, near, far)  # noqa: PLR2004 - where the kernel's halves meet
