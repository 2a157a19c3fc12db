"""What other tools do with the same launches: rules that call a change or call nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import mannwhitneyu, ttest_ind  # type: ignore[attr-defined]

from benchmarks.accuracy.draws import Draws, Floats

Signs = NDArray[np.int8]  # 1: called slower, -1: called faster, 0: called unchanged
TOLERANCE = 0.05
LEVEL = 0.05
LAUNCHES = 10  # a side, for the tests


def rivals(draws: Draws) -> dict[str, tuple[Signs, int]]:
    """Give each rule's calls and the launches of both sides that it costs."""
    return {
        "naive 5 %, stored level, 1 launch": (_against_stored(draws, 1), 1),
        "naive 5 %, stored level, 5 launches": (_against_stored(draws, 5), 5),
        "naive 5 %, interleaved 5": (_interleaved(draws), 10),
        "Welch p < .05": (_welch(draws), 2 * LAUNCHES),
        "benchstat (rank test p < .05)": (_ranks(draws, 0.0), 2 * LAUNCHES),
        "rank test p < .05 and 3 %": (_ranks(draws, 0.03), 2 * LAUNCHES),
    }


def _beyond(ratio: Floats, tolerance: float) -> Signs:
    return np.asarray((ratio > 1 + tolerance) * 1 - (ratio < 1 - tolerance) * 1, dtype=np.int8)


def _against_stored(draws: Draws, launches: int) -> Signs:
    level = np.exp(draws.head[:, :launches]).mean(axis=1)
    return _beyond(level / np.exp(draws.earlier), TOLERANCE)


def _interleaved(draws: Draws) -> Signs:
    head, base = (np.exp(side[:, :5]).mean(axis=1) for side in (draws.head, draws.base))
    return _beyond(head / base, TOLERANCE)


def _welch(draws: Draws) -> Signs:
    head, base = (np.exp(side[:, :LAUNCHES]) for side in (draws.head, draws.base))
    found = ttest_ind(head, base, axis=1, equal_var=False)
    return _signs(found.pvalue < LEVEL, found.statistic)


def _ranks(draws: Draws, tolerance: float) -> Signs:
    head, base = draws.head[:, :LAUNCHES], draws.base[:, :LAUNCHES]
    found = mannwhitneyu(head, base, axis=1, method="asymptotic")
    apart = np.median(head, axis=1) - np.median(base, axis=1)
    far = np.abs(np.expm1(apart)) > tolerance
    return _signs((found.pvalue < LEVEL) & far, apart)


def _signs(sure: NDArray[np.bool_], direction: Floats) -> Signs:
    """Call what is sure; rows with too few launches have no p and are called unchanged."""
    return np.asarray(np.where(sure, np.sign(direction), 0), dtype=np.int8)
