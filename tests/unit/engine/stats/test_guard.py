"""The rule, on numbers that can be checked by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from scipy import stats

from engine.stats import constants as c
from engine.stats.guard import (
    IMPROVEMENT,
    PASS,
    REGRESSION,
    UNDECIDED,
    Comparisons,
    Decisions,
    decide_all,
)

# Sum 0 and sd 1 in every prefix of 8, 12, 18, 27 and 36 only roughly: enough for the rule.
WOBBLE = (0.4, -0.9, 0.7, -0.2, 1.1, -0.6, 0.1, -0.6, 0.9, 0.3, -0.5, -0.7) * 5
L3 = math.log(1.03)


def decide(
    values: Sequence[float],
    *,
    limit: float = L3,
    stored: float = math.nan,
    path: c.Path = c.SHORT,
    family: int | None = None,
) -> Decisions:
    rows = Comparisons(np.array([values]), np.array([limit]), np.array([stored]))
    return decide_all(rows, path, family=family)


def shifted(effect: float, sd: float, count: int = 36) -> list[float]:
    return [effect + sd * wobble for wobble in WOBBLE[:count]]


@pytest.mark.parametrize(
    "effect, outcome, pairs",
    [
        (0.06, REGRESSION, 8),
        (-0.06, IMPROVEMENT, 8),
        (0.0, PASS, 5),
        (0.01, PASS, 5),
    ],
)
def test_a_clear_effect_is_decided_at_the_first_look_that_may(
    effect: float, outcome: int, pairs: int
) -> None:
    decided = decide(shifted(effect, 0.003))

    assert (decided.outcome[0], decided.pairs[0]) == (outcome, pairs)


def test_no_alarm_comes_before_eight_pairs() -> None:
    assert decide(shifted(0.5, 0.001, 7)).outcome[0] == UNDECIDED


def test_four_pairs_are_no_look() -> None:
    decided = decide(shifted(0.0, 0.001, 4))

    assert (decided.outcome[0], decided.pairs[0]) == (UNDECIDED, 0)
    assert math.isnan(decided.half_width(c.REPEATED_95)[0])


def test_an_effect_under_the_budget_is_never_red_however_sure() -> None:
    assert decide(shifted(0.9 * L3, 0.0001)).outcome[0] == PASS


def test_without_history_the_interval_is_that_of_the_pairs_alone() -> None:
    values = shifted(0.06, 0.003, 8)

    decided = decide(values)

    expected = stats.t.ppf(1 - 0.0014, 7) * np.std(values, ddof=1) / math.sqrt(8)
    assert decided.half_width(c.REPEATED_99)[0] == pytest.approx(expected)
    assert decided.df[0] == 7


def test_a_stored_spread_counts_for_four_degrees_of_freedom() -> None:
    values = shifted(0.06, 0.004, 8)
    own = float(np.std(values, ddof=1))

    decided = decide(values, stored=own)

    moderated = math.sqrt((7 * own**2 + 4 * own**2) / 11)
    assert (decided.df[0], decided.sd[0]) == (11, pytest.approx(moderated))


def test_a_stored_spread_that_an_f_test_refuses_is_dropped() -> None:
    values = shifted(0.06, 0.01, 8)
    own = float(np.std(values, ddof=1))
    limit = math.sqrt(stats.chi2.ppf(0.99, 7) / 7)

    kept = decide(values, stored=own / (limit - 0.01))
    dropped = decide(values, stored=own / (limit + 0.01))

    assert (kept.moderated[0], dropped.moderated[0]) == (True, False)


def test_pairs_that_spread_over_three_times_their_history_decide_nothing() -> None:
    decided = decide(shifted(0.0, 0.008), stored=0.001)

    assert (decided.outcome[0], decided.noisier[0]) == (UNDECIDED, True)


def test_one_outlier_does_not_keep_a_quiet_case_from_passing() -> None:
    values = shifted(0.0, 0.003)
    values[3] = 0.4

    assert decide(values, stored=0.003).outcome[0] == PASS


def test_one_outlier_makes_no_alarm() -> None:
    values = shifted(0.0, 0.003)
    values[3] = 5.0

    assert decide(values).outcome[0] == PASS


def test_equal_pairs_have_a_spread_of_zero_and_are_decided() -> None:
    decided = decide([0.05] * 8)

    assert (decided.outcome[0], decided.sd[0], decided.p[0]) == (REGRESSION, 0.0, 0.0)


def test_more_than_half_equal_pairs_are_not_pulled_onto_their_median() -> None:
    decided = decide([0.0, 0.0, 0.02] * 12, limit=0.01)

    assert decided.effect[0] == pytest.approx(0.02 * 4 / 12)


def test_halves_of_opposite_sign_make_no_alarm() -> None:
    first, second = [-0.002] * 4, [0.3] * 4
    decided = decide([*first, *second], stored=0.3)

    assert (decided.outcome[0], decided.halves_differ[0]) == (UNDECIDED, True)


def test_whatever_is_stored_the_pairs_alone_must_show_it() -> None:
    values = shifted(0.034, 0.0265, 8)
    decided = decide(values, stored=0.0125, limit=L3)
    own = float(np.std(values, ddof=1))
    alone = stats.t.ppf(1 - c.OWN_ALARM, 7) * own / math.sqrt(8)

    assert alone > 0.034
    assert decided.outcome[0] == UNDECIDED


def test_p_is_that_of_the_smallest_look_times_the_looks_factor() -> None:
    values = shifted(0.06, 0.004, 8)
    own = float(np.std(values, ddof=1))

    decided = decide(values, stored=own)

    last = decided.effect[0] / (decided.sd[0] / math.sqrt(8))
    first = np.mean(values[:5]) / (
        math.sqrt((4 * np.var(values[:5], ddof=1) + 4 * own**2) / 8) / math.sqrt(5)
    )
    smallest = min(stats.t.sf(last, 11), stats.t.sf(first, 8))
    assert decided.p[0] == pytest.approx(2.8 * smallest)


def test_an_improvement_has_no_small_p() -> None:
    assert decide(shifted(-0.06, 0.003)).p[0] > 0.5


def test_an_alarm_that_its_family_does_not_hold_goes_on() -> None:
    values = shifted(0.06, 0.08)
    alone, among = decide(values), decide(values, family=10**9)

    assert alone.outcome[0] == REGRESSION
    assert (among.outcome[0], among.alone[0]) == (UNDECIDED, True)


def test_rows_of_unequal_length_are_decided_as_if_alone() -> None:
    short, long = shifted(0.06, 0.003, 8), shifted(0.03, 0.09, 36)
    padded = np.full((2, 36), np.nan)
    padded[0, :8], padded[1] = short, long

    both = decide_all(Comparisons(padded, np.array([L3, L3]), np.array([np.nan] * 2)), c.SHORT)

    assert [int(one) for one in both.pairs] == [8, 36]
    assert both.outcome[0] == decide(short).outcome[0]
    assert both.effect[1] == decide(long).effect[0]


def test_the_long_path_looks_at_forty_and_sixty() -> None:
    decided = decide(shifted(0.03, 0.15, 60), path=c.LONG)

    assert decided.pairs[0] == 60


def test_a_path_of_few_pairs_ends_at_the_last_look_that_it_reaches() -> None:
    assert c.path_of(26).looks == (5, 8, 12, 18)


def test_no_row_at_all_is_decided_without_an_error() -> None:
    empty = decide_all(Comparisons(np.empty((0, 0)), np.empty(0), np.empty(0)), c.SHORT)

    assert len(empty.outcome) == 0
