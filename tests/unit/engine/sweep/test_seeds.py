from __future__ import annotations

import math

import msgspec
import pytest

from engine.findings import Reason
from engine.sweep.matching import Matched, matched, placed
from engine.sweep.rows import PointResult
from engine.sweep.seeds import decide_seeds, needed_pairs, seed_changes
from engine.values import Outcome
from tests.fakes.sweep_verdicts import SEEDS, seeded

NOISE = tuple(0.01 * (((5 * place) % 13) - 6) / 6 for place in range(26))  # sum 0


def shifted(by: float) -> list[float]:
    return [by + noise for noise in NOISE]


@pytest.mark.parametrize(
    "by, outcome",
    [
        (0.08, Outcome.REGRESSION),
        (0.0, Outcome.PASS),
        (-0.08, Outcome.IMPROVEMENT),
        (0.05, Outcome.INCONCLUSIVE),
    ],
)
def test_the_mean_worsening_is_held_to_the_budget(by: float, outcome: Outcome) -> None:
    assert decide_seeds(shifted(by), 0.05).outcome is outcome


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("by, outlier", [(0.06, 0.0), (0.0, 0.9)])
def test_the_unit_of_the_metric_decides_nothing(scale: float, by: float, outlier: float) -> None:
    values = [outlier, *shifted(by)]

    found = decide_seeds([scale * value for value in values], scale * 0.05)

    expected = decide_seeds(values, 0.05)
    assert found.outcome is expected.outcome is not Outcome.INCONCLUSIVE
    assert found.worsening / scale == pytest.approx(expected.worsening)


@pytest.mark.parametrize(
    "size, limit", [(1e150, 1e-6), (1e150, 0.0), (1e-150, 1e-300), (1.0, 1e-300), (0.0, 0.0)]
)
def test_numbers_of_any_size_are_no_crash(size: float, limit: float) -> None:
    found = decide_seeds([size * (1 + noise) for noise in NOISE], limit)

    assert math.isfinite(found.p)
    assert found.low is not None
    assert math.isfinite(found.low)
    assert (found.outcome is Outcome.REGRESSION) is (size > 0)


def test_no_red_without_eight_pairs() -> None:
    assert decide_seeds(shifted(1.0)[:7], 0.05).outcome is Outcome.INCONCLUSIVE


def test_four_pairs_are_too_few_to_look_at() -> None:
    found = decide_seeds(shifted(1.0)[:4], 0.05)

    assert (found.reason, found.needed, found.low) == (Reason.TOO_FEW_PAIRS, 8, None)


def test_the_shown_interval_of_a_pass_lies_within_the_budget() -> None:
    found = decide_seeds(shifted(0.03), 0.05)

    assert found.outcome is Outcome.PASS
    assert found.high is not None
    assert found.high < 0.05


def test_a_budget_of_nothing_can_still_be_broken() -> None:
    assert decide_seeds(shifted(0.08), 0.0).outcome is Outcome.REGRESSION


@pytest.mark.parametrize("sd, pairs", [(0.05, 25), (0.2, 391), (0.0001, 8)])
def test_the_pairs_needed_grow_with_the_square_of_the_spread(sd: float, pairs: int) -> None:
    assert needed_pairs(sd, 0.05) == pairs


def of_folds(folds: dict[int, int]) -> Matched:
    """Give a configuration with so many folds for each seed; head is better by the fold."""
    base = [row(seed, fold, 1.0) for seed, count in folds.items() for fold in range(count)]
    head = [row(seed, fold, 1.0 + fold) for seed, count in folds.items() for fold in range(count)]
    return matched(*placed(base, head), "sharpe")["a"]


def row(seed: int, fold: int, value: float) -> PointResult:
    (found,) = seeded(value, SEEDS[:1])
    metrics = {"is": {"sharpe": value}}
    return msgspec.structs.replace(found, seed=seed, fold=fold, metrics=metrics)


def test_the_folds_of_a_seed_are_one_pair() -> None:
    assert seed_changes(of_folds({1: 3, 2: 3})) == (1.0, 1.0)


def test_where_seeds_have_other_folds_each_is_a_pair() -> None:
    assert len(seed_changes(of_folds({1: 3, 2: 2}))) == 5
