"""The one rule that turns a sweep red, by whole verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from engine.findings import Reason, SuiteVerdict
from engine.sweep.rows import PointResult
from engine.values import Mode, Outcome
from engine.verdicts import RunTerms, exit_code, judge_check, judge_run
from tests.fakes.evidence import facts, perf_budget, points, report, sweep_order, swept
from tests.fakes.sweep_verdicts import (
    GOOD,
    SEEDS,
    judged,
    judged_by,
    metric,
    quality_of,
    seeded,
    two_samples,
)


def test_another_winner_in_head_does_not_hide_that_the_selected_one_dropped() -> None:
    verdict = judged(points(GOOD), points((1.2, 1.9, 0.94, 1.1)))

    assert (verdict.outcome, verdict.reason) == (Outcome.REGRESSION, Reason.METRIC_DROP)
    assert (metric(verdict).base, metric(verdict).head) == (1.52, 1.2)


def test_a_winner_that_lost_its_place_to_no_drop_of_the_selected_one_is_no_regression() -> None:
    worse_elsewhere = points((1.52, 1.6, 0.94, 1.1))  # best out of sample is another one now

    verdict = judged(points(GOOD), worse_elsewhere)

    assert verdict.outcome is Outcome.PASS
    assert quality_of(verdict).winner is not None


def test_the_best_may_stay_while_the_plain_rule_breaks_and_the_verdict_is_green() -> None:
    inside, outside = (1.0, 1.2), (1.5, 1.0)
    base = two_samples((1.1, 1.0), (1.5, 1.0))
    head = two_samples(inside, outside)  # head selects p01 now, which is worse out of sample

    verdict = judged(base, head)

    plain = quality_of(verdict).plain
    assert plain is not None
    assert (verdict.outcome, plain.passed) == (Outcome.PASS, False)


def test_a_selected_configuration_that_fails_on_head_is_an_error_of_the_candidate() -> None:
    verdict = judged(points(GOOD), points((None, *GOOD[1:])))

    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.FAILED)
    assert verdict.findings[0].detail == "fast=5 (p00): ValueError: no data"


def test_a_median_drop_is_a_regression_though_the_selected_one_is_unchanged() -> None:
    verdict = judged(points(GOOD), points((1.52, 1.2, 0.8, 1.0)))

    assert (verdict.outcome, verdict.reason) == (Outcome.REGRESSION, Reason.MEDIAN_DROP)
    assert [row.reason for row in verdict.findings[:2]] == [
        Reason.WITHIN_BUDGET,
        Reason.MEDIAN_DROP,
    ]


def test_a_change_within_the_budget_is_the_fact_that_behaviour_changed() -> None:
    found = metric(judged(points(GOOD), points((1.5, *GOOD[1:]))))

    assert (found.outcome, found.reason) == (Outcome.PASS, Reason.BEHAVIOUR_CHANGED)


def test_a_change_of_rounding_is_none() -> None:
    found = metric(judged(points(GOOD), points((1.52 - 1e-7, *GOOD[1:]))))

    assert found.reason is Reason.WITHIN_BUDGET


def test_out_of_sample_on_one_side_is_not_compared_with_in_sample_on_the_other() -> None:
    bare = [
        msgspec.structs.replace(row, metrics={"is": row.metrics["is"]}) if row.id == "p00" else row
        for row in points((1.0, *GOOD[1:]))
    ]

    assert judged(points(GOOD), bare).reason is Reason.NOT_COMPARABLE


def run_again(value: float, **measure: Any) -> SuiteVerdict:
    """Judge a sweep of one unchanged configuration whose second run gave *value*, not 1.52."""
    again = msgspec.structs.replace(points(GOOD)[0], metrics={"is": {"sharpe": value}})
    first = [msgspec.structs.replace(points(GOOD)[0], metrics={"is": {"sharpe": 1.52}})]
    return judged_by(swept(first, first, rerun=[again]), **measure)


def test_a_declared_determinism_that_does_not_hold_is_a_failure_of_its_own() -> None:
    verdict = run_again(1.52 + 1e-6, deterministic=True)

    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.NOT_REPRODUCIBLE)
    assert exit_code(judge_check(facts(), (verdict,))) == 1


def test_what_is_not_reproducible_and_was_not_declared_so_cannot_be_told() -> None:
    verdict = run_again(1.52 + 1e-6)

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, Reason.NOT_REPRODUCIBLE)


@pytest.mark.parametrize("rerun, outcome", [(None, Outcome.ERROR), ((), Outcome.INCONCLUSIVE)])
def test_a_head_that_is_not_reproducible_failed_where_the_merge_base_is(
    rerun: Sequence[PointResult] | None, outcome: Outcome
) -> None:
    again = msgspec.structs.replace(points(GOOD)[0], metrics={"is": {"sharpe": 9.0}})

    verdict = judged_by(swept(points(GOOD), points(GOOD), rerun=rerun, rerun_head=(again,)))

    assert (verdict.outcome, verdict.reason) == (outcome, Reason.NOT_REPRODUCIBLE)
    assert quality_of(verdict).reproduced_head is False


def test_numbers_that_differ_by_rounding_alone_are_reproduced() -> None:
    verdict = run_again(1.52 + 1e-10, deterministic=True)

    assert verdict.outcome is Outcome.PASS
    assert quality_of(verdict).reproduced is True


def test_a_sweep_that_was_not_run_again_says_so() -> None:
    verdict = judged_by(swept(points(GOOD), points(GOOD), rerun=()))

    assert verdict.outcome is Outcome.PASS
    assert [caveat[:16] for caveat in verdict.caveats] == ["no time was left"]


def test_a_command_that_nobody_asked_to_run_again_says_so() -> None:
    order = sweep_order()
    suite = msgspec.structs.replace(order.suite, spec=None, command=("make",))
    order = msgspec.structs.replace(order, suite=suite)
    evidence = swept(points(GOOD), points(GOOD), rerun=())

    verdict = judge_run(order, RunTerms(perf_budget=perf_budget()), report(order, evidence))

    assert [caveat[:9] for caveat in verdict.caveats] == ["not known"]


def test_pairs_of_seeds_decide_where_there_are_several() -> None:
    worse = seeded(1.0, [shift + 0.01 * (-1) ** place for place, shift in enumerate(SEEDS)])

    verdict = judged_by(swept(seeded(1.2), worse))

    assert (verdict.outcome, verdict.reason) == (Outcome.REGRESSION, Reason.METRIC_DROP)
    assert (metric(verdict).seeds, round(metric(verdict).change or 0, 3)) == (24, -0.2)


def test_seeds_that_scatter_widely_leave_it_open_and_say_how_many_it_takes() -> None:
    scattered = seeded(1.14, [20 * shift for shift in reversed(SEEDS)])

    verdict = judged_by(swept(seeded(1.2), scattered))

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, Reason.CANNOT_TELL)
    seeds = quality_of(verdict).seeds
    assert seeds is not None
    assert metric(verdict).further_pairs == (seeds.needed or 0) - 24 > 100


def test_a_few_seeds_decide_nothing() -> None:
    verdict = judged_by(swept(seeded(1.2, SEEDS[:4]), seeded(1.0, SEEDS[:4])))

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, Reason.TOO_FEW_PAIRS)


def test_seeds_that_all_gave_the_same_again_are_unchanged() -> None:
    verdict = judged_by(swept(seeded(1.2, SEEDS[:3]), seeded(1.2, SEEDS[:3])))

    assert verdict.outcome is Outcome.PASS


def test_seeds_that_head_lacks_are_no_verdict() -> None:
    verdict = judged_by(swept(seeded(1.2), seeded(1.2)[:-1]))

    assert verdict.reason is Reason.MISSING_IN_HEAD


def test_a_selected_configuration_of_which_head_lost_a_fold_has_no_verdict() -> None:
    folds = [
        msgspec.structs.replace(row, fold=fold, elapsed_s=0.5 + fold)
        for row in points((1.5, 1.0))
        for fold in range(2)
    ]

    verdict = judged(folds, folds[:1] + folds[2:])

    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.MISSING_IN_HEAD)
    assert verdict.findings[-1].selected == "p00"
    assert "sharpe" not in [row.metric for row in verdict.findings if row.change is not None]


def test_the_median_over_one_configuration_is_not_told_beside_it() -> None:
    found = metric(judged(points((1.5,)), points((1.0,))))

    assert (found.outcome, found.caveats) == (Outcome.REGRESSION, ())


def test_a_value_in_sample_is_labelled_so() -> None:
    inside = [
        msgspec.structs.replace(row, metrics={"is": row.metrics["oos"]}) for row in points(GOOD)
    ]

    assert metric(judged(inside, inside)).caveats == ("in-sample",)
    assert metric(judged(points(GOOD), points(GOOD))).caveats == ()


def test_pairs_of_seeds_of_a_metric_that_is_minimised_worsen_upwards() -> None:
    wobbly = [shift + 0.01 * (-1) ** place for place, shift in enumerate(SEEDS)]
    evidence = msgspec.structs.replace(swept(seeded(1.0), seeded(1.2, wobbly)), mode="min")

    found = metric(judged_by(evidence, {"perf_budget": perf_budget(mode=Mode.MIN)}))

    assert (found.outcome, round(found.change or 0, 3)) == (Outcome.REGRESSION, 0.2)
