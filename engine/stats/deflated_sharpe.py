"""How much of the best of many Sharpe ratios is luck: the Deflated Sharpe Ratio.

D. Bailey, M. López de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40 (2014)
94-107. Ratios are a day's (or whatever the returns' period is), never annualised.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr, ndtri

from engine.stats.sharpe import Floats, standardised

_EULER = float(np.euler_gamma)


def deflated_sharpe(returns: Sequence[float], variance: float, trials: float) -> float:
    """Give the probability that the true Sharpe ratio exceeds what luck gives the best of many.

    *returns* are the winner's, *variance* that of the Sharpe ratios over all trials, *trials* how
    many independent ones they amount to. Skewness and raw kurtosis are the winner's own.

    >>> winner = [0.012, -0.008] * 126
    >>> round(deflated_sharpe(winner, 0.0, 1), 3), round(deflated_sharpe(winner, 0.01, 50), 3)
    (0.999, 0.329)

    Raises:
        ValueError: under 20 returns, one that is not finite, all the same, a negative variance, or
            less than one trial.
    """
    units, ratio = standardised(returns, "the winner")
    return probabilistic_sharpe(
        ratio * math.sqrt(1 - 1 / len(units)),
        expected_maximum(variance, trials),
        days=len(units),
        skewness=float(np.mean(units**3)),
        kurtosis=float(np.mean(units**4)),
    )


def expected_maximum(variance: float, trials: float) -> float:
    """Give the largest Sharpe ratio to expect of *trials* independent ones whose true one is 0.

    √V ((1-c) Φ⁻¹(1 - 1/N) + c Φ⁻¹(1 - 1/(N e))), c Euler's constant 0.5772; 0 for a single trial.
    The paper's example: a yearly variance of 1/2 is 0.002 a day, and of 100 trials the best shows
    0.1132.

    >>> round(expected_maximum(0.5 / 250, 100), 4), expected_maximum(0.002, 1)
    (0.1132, 0.0)

    Raises:
        ValueError: a negative variance, or less than one trial.
    """
    if not (0 <= variance < math.inf and 1 <= trials < math.inf):
        message = f"variance is 0 or more, trials 1 or more: {variance}, {trials}"
        raise ValueError(message)
    if trials == 1:
        return 0.0
    highest = float(ndtri(1 - 1 / trials)), float(ndtri(1 - 1 / (trials * math.e)))
    # Between one trial and two the approximation falls below zero; the true value does not.
    return math.sqrt(variance) * max(0.0, (1 - _EULER) * highest[0] + _EULER * highest[1])


def probabilistic_sharpe(
    ratio: float, threshold: float, *, days: int, skewness: float, kurtosis: float
) -> float:
    """Give the probability that the true Sharpe ratio exceeds *threshold*.

    Φ((S - S₀) √(n-1) / √(1 - γ₃ S + (γ₄-1)/4 S²)), γ₄ the raw kurtosis, 3 for a normal law
    (Bailey and López de Prado 2012). The paper's example: 2.5 a year over 1,250 days.

    >>> found = probabilistic_sharpe(
    ...     2.5 / 250**0.5, 0.1132, days=1250, skewness=-3, kurtosis=10
    ... )
    >>> round(found, 3)
    0.9

    Raises:
        ValueError: under two days.
    """
    if days < 2:  # noqa: PLR2004 - a spread takes two
        message = f"a probability takes two days or more: {days}"
        raise ValueError(message)
    # Positive for moments that one series can have at once: kurtosis >= 1 + skewness².
    spread = 1 - skewness * ratio + (kurtosis - 1) / 4 * ratio**2
    distance = (ratio - threshold) * math.sqrt(days - 1)
    if spread <= 0:
        return float(np.heaviside(distance, 0.5))
    return float(ndtr(distance / math.sqrt(spread)))


def effective_trials(returns: Sequence[Sequence[float]]) -> float:
    """Give how many independent trials these amount to: r + (1-r) M, r their mean correlation.

    One row a trial, one column a day (paper, appendix A.3). A trial whose returns are all the same
    is correlated with none. A negative mean correlation counts as none.

    >>> up, down = [0.01, -0.01, 0.02, 0.0], [0.01, 0.01, -0.02, 0.0]
    >>> effective_trials([up, up, up]), effective_trials([up, down])
    (1.0, 2.0)

    Raises:
        ValueError: no trials, rows of unequal length, or a return that is not finite.
    """
    if not returns or len({len(row) for row in returns}) != 1 or len(returns[0]) < 2:  # noqa: PLR2004
        message = "trials are rows of equally many returns, two or more"
        raise ValueError(message)
    values = np.asarray(returns, dtype=np.float64)
    if not np.isfinite(values).all():
        message = "a trial's return is not finite"
        raise ValueError(message)
    return _effective(values)


def _effective(values: Floats) -> float:
    count = len(values)
    if count == 1:
        return 1.0
    scale = np.max(np.abs(values), axis=1, keepdims=True)
    values = values / np.where(scale > 0, scale, 1.0)
    values = values - np.mean(values, axis=1, keepdims=True)
    length = np.sqrt(np.sum(values**2, axis=1, keepdims=True))
    moving = length > 1e-6 * math.sqrt(values.shape[1])
    units = np.where(moving, values / np.where(moving, length, 1.0), 0.0)
    # The sum of all correlations is the square of the sum of the unit vectors: no M x M matrix.
    off_diagonal = float(np.sum(np.sum(units, axis=0) ** 2)) - float(np.sum(moving))
    mean = min(max(off_diagonal / (count * (count - 1)), 0.0), 1.0)
    return mean + (1 - mean) * count
