from __future__ import annotations

import math

import pytest

from engine.findings import Reason
from engine.stats.paired import MAX_POOLED_PAIRS, bound_outcome, decide, level, t_interval
from engine.values import Better, Outcome
from tests.fakes.evidence import QUIET

BASE = [0.010] * len(QUIET)


def head(effect: float, spread: float = 1.0) -> list[float]:
    return [0.010 * effect * (1 + spread * wobble / 100) for wobble in QUIET]


def decided(effect: float, spread: float = 1.0, budget: float = 0.10) -> Outcome:
    return decide(BASE, head(effect, spread), max_worsening=budget, better=Better.LOWER).outcome


@pytest.mark.parametrize(
    "effect, spread, outcome",
    [
        (1.43, 1.0, Outcome.REGRESSION),
        (0.70, 1.0, Outcome.IMPROVEMENT),
        (1.00, 1.0, Outcome.PASS),
        (1.05, 1.0, Outcome.PASS),
        (1.10, 1.0, Outcome.INCONCLUSIVE),
        (1.00, 30.0, Outcome.INCONCLUSIVE),
    ],
)
def test_the_interval_against_the_budget_decides(
    effect: float, spread: float, outcome: Outcome
) -> None:
    assert decided(effect, spread) is outcome


def test_the_interval_is_that_of_student_on_the_logarithm_of_the_ratio() -> None:
    # sample sd of QUIET/100 around ln(1.2), by hand: t(11; 0.995) = 3.1058
    decision = decide(BASE, head(1.2), max_worsening=0.10, better=Better.LOWER)

    logs = [math.log(1.2 * (1 + wobble / 100)) for wobble in QUIET]
    mean = sum(logs) / 12
    deviation = math.sqrt(sum((value - mean) ** 2 for value in logs) / 11)
    assert decision.high == pytest.approx(mean + 3.10580652 * deviation / math.sqrt(12), rel=1e-8)


def test_exactly_at_the_budget_is_not_a_regression() -> None:
    assert decide([1.0] * 12, [1.1] * 12, max_worsening=0.1, better=Better.LOWER).outcome is (
        Outcome.PASS
    )


def test_a_small_effect_that_excludes_zero_is_called_real_but_small() -> None:
    decision = decide(BASE, head(1.05), max_worsening=0.10, better=Better.LOWER)

    assert decision.reason is Reason.REAL_BUT_SMALL


def test_an_interval_over_the_budget_that_excludes_zero_is_at_the_budget() -> None:
    decision = decide(BASE, head(1.10), max_worsening=0.10, better=Better.LOWER)

    assert decision.reason is Reason.AT_THE_BUDGET


def test_an_interval_over_the_budget_that_holds_zero_is_cannot_tell() -> None:
    decision = decide(BASE, head(1.0, 30.0), max_worsening=0.10, better=Better.LOWER)

    assert decision.reason is Reason.CANNOT_TELL


def test_where_higher_is_better_a_fall_is_the_regression() -> None:
    decision = decide(BASE, head(0.7), max_worsening=0.10, better=Better.HIGHER)

    assert decision.outcome is Outcome.REGRESSION


def test_where_higher_is_better_the_effect_keeps_its_sign() -> None:
    decision = decide(BASE, head(0.7), max_worsening=0.10, better=Better.HIGHER)

    assert decision.low is not None
    assert decision.high is not None
    assert decision.low < decision.high < 0


def test_four_pairs_decide_nothing_however_large_the_effect() -> None:
    decision = decide([1.0] * 4, [9.0] * 4, max_worsening=0.1, better=Better.LOWER)

    assert (decision.outcome, decision.reason) == (Outcome.INCONCLUSIVE, Reason.TOO_FEW_PAIRS)


def test_one_pair_has_no_interval() -> None:
    decision = decide([1.0], [9.0], max_worsening=0.1, better=Better.LOWER)

    assert (decision.low, decision.high, decision.smallest_visible) == (None, None, None)


def test_no_pair_is_no_verdict() -> None:
    decision = decide([], [], max_worsening=0.1, better=Better.LOWER)

    assert decision.outcome is Outcome.NO_VERDICT


@pytest.mark.parametrize("level_found", [0.0, -1.0])
def test_a_level_that_is_not_positive_is_no_verdict_with_a_caveat(level_found: float) -> None:
    decision = decide(
        [1.0] * 12, [1.0] * 11 + [level_found], max_worsening=0.1, better=Better.LOWER
    )

    assert decision.outcome is Outcome.NO_VERDICT
    assert decision.caveats


def test_all_zero_levels_never_pass() -> None:
    decision = decide([0.0] * 12, [0.0] * 12, max_worsening=0.1, better=Better.LOWER)

    assert decision.outcome is Outcome.NO_VERDICT


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_level_that_is_not_finite_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="level 11 is not finite"):
        decide([1.0] * 12, [1.0] * 11 + [value], max_worsening=0.1, better=Better.LOWER)


def test_sides_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="found 2 of base, 3 of head"):
        decide([1.0] * 2, [1.0] * 3, max_worsening=0.1, better=Better.LOWER)


def test_extreme_levels_do_not_overflow() -> None:
    decision = decide([1e-308] * 12, [1e308] * 12, max_worsening=0.1, better=Better.LOWER)

    assert decision.outcome is Outcome.REGRESSION


def test_further_pairs_come_in_whole_orders() -> None:
    decision = decide(BASE, head(1.05, 8.0), max_worsening=0.10, better=Better.LOWER)

    assert decision.further_pairs is not None
    assert decision.further_pairs % 12 == 0


def test_so_many_further_pairs_do_settle_it_if_noise_and_effect_stay() -> None:
    first = decide(BASE, head(1.05, 8.0), max_worsening=0.10, better=Better.LOWER)

    assert first.further_pairs is not None
    times = 1 + first.further_pairs // 12
    again = decide(BASE * times, head(1.05, 8.0) * times, max_worsening=0.10, better=Better.LOWER)
    assert again.outcome is Outcome.PASS


def test_an_effect_right_at_the_budget_has_no_number_of_pairs_that_settles_it() -> None:
    decision = decide(BASE, head(1.1, 10.0), max_worsening=0.10, better=Better.LOWER)

    assert decision.further_pairs is None


def test_a_settled_outcome_asks_for_no_further_pairs() -> None:
    assert decide(BASE, head(1.43), max_worsening=0.1, better=Better.LOWER).further_pairs is None


def test_a_launch_without_samples_has_no_level() -> None:
    with pytest.raises(ValueError, match="needs samples"):
        level((), Better.LOWER)


def test_a_nan_sample_has_no_level() -> None:
    with pytest.raises(ValueError, match="all finite"):
        level((1.0, math.nan), Better.LOWER)


def test_one_value_has_no_interval() -> None:
    with pytest.raises(ValueError, match="two values"):
        t_interval([1.0])


@pytest.mark.parametrize(
    "levels, outcome",
    [
        ([0.080] * 12, Outcome.REGRESSION),
        ([0.070] * 12, Outcome.PASS),
        ([0.060] * 12, Outcome.PASS),
        ([0.069, 0.072] * 6, Outcome.INCONCLUSIVE),
        ([0.080] * 4, Outcome.INCONCLUSIVE),
    ],
)
def test_an_absolute_bound_is_judged_by_the_interval_of_heads_mean(
    levels: list[float], outcome: Outcome
) -> None:
    assert bound_outcome(levels, 0.070) is outcome


@pytest.mark.parametrize("scale", [1e-149, 1e-9, 1e9, 1e150])
@pytest.mark.parametrize(
    "part, outcome", [(0.5, Outcome.PASS), (1.0, Outcome.PASS), (1.2, Outcome.REGRESSION)]
)
def test_a_bound_is_judged_alike_at_any_scale(scale: float, part: float, outcome: Outcome) -> None:
    levels = [part * scale / 1.2] * 6
    assert bound_outcome(levels, scale / 1.2) is outcome


def test_levels_far_beyond_a_bound_do_not_overflow() -> None:
    assert bound_outcome([1.7e308, 1e200, 1e300, 1e305, 1.6e308], 5e-324) is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "levels, outcome",
    [
        ([80.0] * 12, Outcome.PASS),
        ([70.0] * 12, Outcome.PASS),
        ([60.0] * 12, Outcome.REGRESSION),
        ([69.0, 72.0] * 6, Outcome.INCONCLUSIVE),
    ],
)
def test_where_higher_is_better_the_bound_is_a_lower_one(
    levels: list[float], outcome: Outcome
) -> None:
    assert bound_outcome(levels, 70.0, Better.HIGHER) is outcome


@pytest.mark.parametrize("numbers", [([math.nan] * 5, 1.0), ([1.0] * 5, math.inf)])
def test_a_bound_of_what_is_not_finite_is_refused(numbers: tuple[list[float], float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        bound_outcome(*numbers)


@pytest.mark.parametrize("over, outcome", [(1e-13, Outcome.PASS), (1e-9, Outcome.REGRESSION)])
def test_rounding_alone_is_forgiven(over: float, outcome: Outcome) -> None:
    found = decide([1.0] * 12, [1.1 * (1 + over)] * 12, max_worsening=0.1, better=Better.LOWER)

    assert found.outcome is outcome


def test_pairs_that_are_pooled_to_the_full_ask_for_no_further_ones() -> None:
    times = MAX_POOLED_PAIRS // 12
    noisy = head(1.07, 16.0)
    first = decide(BASE, noisy, max_worsening=0.10, better=Better.LOWER)
    pooled = decide(BASE * times, noisy * times, max_worsening=0.10, better=Better.LOWER)

    assert first.further_pairs is not None
    assert (pooled.outcome, pooled.further_pairs) == (Outcome.INCONCLUSIVE, None)
