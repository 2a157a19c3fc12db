from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy.stats import rankdata, wilcoxon

from engine.stats.signed_rank import MAX_EXACT, signed_rank


def by_all_signs(changes: list[float]) -> float:
    """Count every pattern of signs of the ranks that zeros leave over."""
    ranks = rankdata(np.abs(changes))
    signs = np.sign(changes)
    left = ranks[signs != 0]
    observed = abs(float(left @ signs[signs != 0]))
    sums = [
        abs(float(left @ np.array(pattern)))
        for pattern in itertools.product((-1, 1), repeat=len(left))
    ]
    return float(np.mean([one >= observed - 1e-9 for one in sums]))


@pytest.mark.parametrize(
    "changes",
    [
        [0.3, -0.1, 0.2, 0.5, -0.4, 0.6],
        [0.1, 0.1, 0.1, -0.1, 0.2, 0.2],
        [0.0, 0.0, 0.3, -0.1, 0.2, 0.4],
        [0.0, 1.0],
        [-1.0, -2.0, -3.0, -4.0, -5.0, -5.0, 0.0, 0.5],
        [1.0, -1.0],
    ],
)
def test_p_counts_all_signs_with_ties_and_zeros(changes: list[float]) -> None:
    assert signed_rank(changes) == pytest.approx(by_all_signs(changes))


@pytest.mark.parametrize("seed", range(5))
def test_without_ties_it_is_the_exact_test(seed: int) -> None:
    changes = np.random.default_rng(seed).normal(0.3, 1.0, 40)
    expected = wilcoxon(changes, mode="exact").pvalue
    assert signed_rank(list(changes)) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("count", [MAX_EXACT + 30, 5000])
def test_very_many_changes_take_the_normal_limit(count: int) -> None:
    changes = np.round(np.random.default_rng(1).normal(0.04, 1.0, count), 1)
    expected = wilcoxon(changes, zero_method="pratt", correction=True, mode="approx").pvalue
    assert signed_rank(list(changes)) == pytest.approx(expected, rel=1e-9)


def test_the_two_ways_meet() -> None:
    changes = list(np.random.default_rng(2).normal(0.12, 1.0, MAX_EXACT))
    assert signed_rank(changes) == pytest.approx(signed_rank([*changes, 1e-9]), rel=0.03)


def test_changes_within_rounding_are_none() -> None:
    changes = [1e-9, -2e-9, 0.3, 0.1, 0.2, 0.5]
    assert signed_rank(changes, zero=1e-6) == signed_rank([0.0, 0.0, 0.3, 0.1, 0.2, 0.5])


@pytest.mark.parametrize("changes", [[], [0.0], [0.0] * 10])
def test_no_change_is_no_evidence(changes: list[float]) -> None:
    assert signed_rank(changes) == 1.0


def test_an_infinite_change_is_the_largest() -> None:
    assert signed_rank([math.inf, 1.0, 2.0, 3.0, 4.0]) == 0.0625


@pytest.mark.parametrize(
    "changes, zero", [([math.nan, 1.0], 0.0), ([1.0], -1.0), ([1.0], math.nan)]
)
def test_what_is_no_change_is_refused(changes: list[float], zero: float) -> None:
    with pytest.raises(ValueError, match="changes are numbers"):
        signed_rank(changes, zero)
