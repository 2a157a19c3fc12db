"""The difference of two Sharpe ratios by resampling blocks of days, for where the test is close.

Ledoit and Wolf (2008), section 3.2: the studentised circular block bootstrap. Blocks of days are
drawn with both strategies together; each resample's difference is measured in its own standard
error, which for blocks is natural (F. Götze, H. Künsch, Annals of Statistics 24 (1996) 1914-1933).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from engine.stats.sharpe import (
    CONFIDENCE,
    Floats,
    PairedReturns,
    SharpeDifference,
    annualised,
    hac_difference,
    hac_error,
    paired_returns,
)

BLOCK = 5  # days; a week
RESAMPLES = 4999  # leaves p an error of 0.003 at 0.05
NEAR_THE_LINE = (0.005, 0.10)  # p values of the normal limit that are not left to it
MAX_RESAMPLED_DAYS = 10_000  # beyond forty years the normal limit is exact enough

_WIDEST = 10.0  # standard errors; a wider interval only says that few days differ
_AT_ONCE = 200_000  # blocks in memory
_ROUNDING = 1e-12  # a resample's variance in units of the series' own


def sharpe_difference(base: Sequence[float], head: Sequence[float], seed: int) -> SharpeDifference:
    """Test head minus base of the annualised Sharpe ratio; by resampling where it is close.

    The normal limit is a little liberal on a year of days: where its p is within
    ``NEAR_THE_LINE``, p and interval are those of the bootstrap.

    Raises:
        ValueError: as ``hac_difference``.
    """
    limit = hac_difference(base, head)
    low, high = NEAR_THE_LINE
    if not low <= limit.p <= high or len(base) > MAX_RESAMPLED_DAYS:
        return limit
    return bootstrap_difference(base, head, seed)


def bootstrap_difference(
    base: Sequence[float], head: Sequence[float], seed: int, resamples: int = RESAMPLES
) -> SharpeDifference:
    """Test as ``hac_difference`` does, with critical values of the studentised bootstrap.

    p = (1 + #{d* >= d}) / (1 + resamples), and the symmetric interval that excludes 0 where
    p <= 0.05. The same *seed* draws the same days.

    >>> base = [0.01, -0.008, 0.004, 0.001] * 15
    >>> head = [one - 0.002 * (day % 7 == 0) for day, one in enumerate(base)]
    >>> found = bootstrap_difference(base, head, seed=1, resamples=999)
    >>> found.high < 0, found.p == bootstrap_difference(base, head, seed=1, resamples=999).p
    (True, True)

    Raises:
        ValueError: as ``hac_difference``; or under 999 resamples.
    """
    if resamples < 999:  # noqa: PLR2004 - what the paper calls for
        message = f"a bootstrap takes 999 resamples or more: {resamples}"
        raise ValueError(message)
    pairs = paired_returns(base, head)
    error = hac_error(pairs)
    if error is None:
        return SharpeDifference(0.0, 0.0, 0.0, 1.0, 0.0, resamples)
    distances = np.sort(np.concatenate(list(_distances(pairs, seed, resamples))))
    beyond = resamples - int(np.searchsorted(distances, abs(pairs.difference) / error))
    critical = float(distances[math.ceil(CONFIDENCE * (resamples + 1)) - 1])
    p = (1 + beyond) / (1 + resamples)
    return replace(
        annualised(pairs.difference, error, min(critical, _WIDEST), p), resamples=resamples
    )


def _distances(pairs: PairedReturns, seed: int, resamples: int) -> Iterator[Floats]:
    """Give each resample's distance from the observed difference, in its own standard errors."""
    generator = np.random.default_rng(seed)
    blocks = pairs.days // BLOCK
    sums = np.array([_block_sums(pairs.deviations), _block_sums(pairs.deviations**2)])
    for start in range(0, resamples, at_once := max(1, _AT_ONCE // blocks)):
        count = min(at_once, resamples - start)
        drawn = generator.integers(pairs.days, size=(count, blocks))
        yield _studentised(sums[:, :, drawn], pairs.ratios)


def _block_sums(values: Floats) -> Floats:
    """Sum each row over the block that begins at each day; the first day follows the last."""
    return np.asarray(np.sum([np.roll(values, -day, axis=1) for day in range(BLOCK)], axis=0))


def _studentised(sums: Floats, ratios: Floats) -> Floats:
    """Work on sums of deviations and their squares: (2, side, resample, block)."""
    days = sums.shape[-1] * BLOCK
    means, squares = sums.sum(axis=-1) / days
    variances = np.where(squares - means**2 > _ROUNDING, squares - means**2, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        resampled = (ratios[:, None] + means) / np.sqrt(variances)
        differences = resampled[1] - resampled[0] - (ratios[1] - ratios[0])
        parts = _influence_sums(sums, means, variances, resampled)
        spread = np.mean((parts[1] - parts[0]) ** 2, axis=-1) / BLOCK
        found = np.abs(differences) / np.sqrt(spread / days)
    # A resample that hit no day on which anything differs says nothing: it counts against.
    return np.asarray(np.where(np.isfinite(found), found, np.inf))


def _influence_sums(sums: Floats, means: Floats, variances: Floats, ratios: Floats) -> Floats:
    """Sum x - S/2 (x² - 1) over each block, x and S those of the resample."""
    slope = (1 / np.sqrt(variances) + ratios * means / variances)[..., None]
    curve = (ratios / (2 * variances))[..., None]
    level = means / np.sqrt(variances) + ratios / 2 * (means**2 / variances - 1)
    return np.asarray(slope * sums[0] - curve * sums[1] - BLOCK * level[..., None])
