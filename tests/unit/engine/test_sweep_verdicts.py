from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from engine.configuration import Measure
from engine.findings import Behaviour, Finding, Reason, SuiteVerdict
from engine.orders import SweepEvidence, Trials
from engine.sweep.rows import PointResult
from engine.values import Mode, Outcome, Side
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import (
    benchmarked,
    late,
    pairs,
    perf_budget,
    points,
    report,
    returns_of,
    stored_baseline,
    sweep_order,
    swept,
)

GOOD = (1.52, 1.31, 0.94, 1.1)
NOTHING = tuple(
    msgspec.structs.replace(row, metrics={"is": {"sharpe": 0.0}, "oos": {"sharpe": 0.0}})
    for row in points((0.0, 0.0))
)


def judged(base: Sequence[PointResult], head: Sequence[PointResult], **terms: Any) -> SuiteVerdict:
    order = sweep_order()
    given = RunTerms(perf_budget=perf_budget(), budget_file="sweeps/perf_budget.yaml")
    given = msgspec.structs.replace(given, **terms)
    return judge_run(order, given, report(order, swept(base, head)))


def metric(verdict: SuiteVerdict) -> Finding:
    (found,) = [finding for finding in verdict.findings if finding.metric == "sharpe"]
    return found


@pytest.mark.parametrize(
    "best, outcome",
    [
        (1.52, Outcome.PASS),
        (1.47, Outcome.PASS),  # exactly at the limit
        (1.46, Outcome.REGRESSION),
        (1.57, Outcome.PASS),
        (1.60, Outcome.IMPROVEMENT),
    ],
)
def test_the_selected_configuration_decides_head_against_the_merge_base(
    best: float, outcome: Outcome
) -> None:
    assert judged(points(GOOD), points((best, *GOOD[1:]))).outcome is outcome


def test_a_metric_that_is_minimised_worsens_upwards() -> None:
    order = sweep_order()
    budget = perf_budget(mode=Mode.MIN, max_drops={"sharpe": 0.05})
    evidence = msgspec.structs.replace(
        swept(points(GOOD), points((1.7, 1.5, 1.4, 1.5))), mode="min"
    )

    verdict = judge_run(order, RunTerms(perf_budget=budget), report(order, evidence))

    assert metric(verdict).outcome is Outcome.REGRESSION


def test_the_budget_line_of_a_drop_is_its_key_in_the_budget_file() -> None:
    verdict = judged(points(GOOD), points((1.0, 1.0, 0.9, 0.9)))

    assert (verdict.budget_file, metric(verdict).budget_path) == (
        "sweeps/perf_budget.yaml",
        ("max_sharpe_drop",),
    )


def test_too_few_points_that_succeed_are_a_regression() -> None:
    verdict = judged(points(GOOD * 3), points((*GOOD, *[None] * 8)))

    assert (verdict.outcome, verdict.reason) == (Outcome.REGRESSION, Reason.SUCCESS_UNDER)


def test_too_few_successes_of_too_few_points_to_be_sure_are_a_doubt() -> None:
    verdict = judged(points(GOOD), points((1.52, 1.31, None, None)))  # 2 of 4: p = 0.26

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, Reason.CANNOT_TELL)


def test_points_that_take_too_long_are_a_regression() -> None:
    verdict = judged(points(GOOD), points(GOOD, elapsed_s=61.0))

    assert (verdict.outcome, verdict.reason) == (Outcome.REGRESSION, Reason.P90_OVER)


def test_a_base_that_is_over_the_time_too_is_said_so() -> None:
    verdict = judged(points(GOOD, elapsed_s=70.0), points(GOOD, elapsed_s=71.0))

    assert "the merge base is over it too" in verdict.findings[-1].caveats


def test_a_head_in_which_every_point_failed_is_an_error_of_the_candidate() -> None:
    verdict = judged(points(GOOD), points((None,) * 4))

    assert metric_failed(verdict)


def test_a_head_whose_metric_is_missing_is_an_error_of_the_candidate() -> None:
    empty = [msgspec.structs.replace(row, metrics={"is": {}}) for row in points(GOOD)]

    assert metric_failed(judged(points(GOOD), empty))


def metric_failed(verdict: SuiteVerdict) -> bool:
    return any(finding.reason is Reason.FAILED for finding in verdict.findings)


@pytest.mark.parametrize("base", [(), points((None, None)), NOTHING])
def test_a_base_without_a_level_is_no_verdict(base: tuple[PointResult, ...]) -> None:
    verdict = judged(base, points(GOOD))

    assert verdict.outcome is Outcome.NO_VERDICT


def test_a_head_without_rows_is_no_verdict() -> None:
    assert judged(points(GOOD), ()).outcome is Outcome.NO_VERDICT


def test_points_that_head_lost_are_no_verdict() -> None:
    verdict = judged(points(GOOD), points(GOOD)[:3])

    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.MISSING_IN_HEAD)
    assert (verdict.expected, verdict.measured) == (4, 3)


def test_points_that_only_head_has_change_nothing() -> None:
    assert judged(points(GOOD)[:3], points(GOOD)).outcome is Outcome.PASS


def test_a_budget_for_another_metric_is_no_verdict() -> None:
    other = perf_budget(metric="sortino", max_drops={"sortino": 0.05})

    assert judged(points(GOOD), points(GOOD), perf_budget=other).outcome is Outcome.NO_VERDICT


def test_a_sweep_without_a_budget_is_wrong_input() -> None:
    verdict = judged(points(GOOD), points(GOOD), perf_budget=None)

    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.INVALID)


def test_bounds_that_were_not_set_give_no_rows() -> None:
    budget = perf_budget(min_success_rate=None, max_p90_elapsed_s=None)

    verdict = judged(points(GOOD), points(GOOD), perf_budget=budget)

    assert [finding.metric for finding in verdict.findings] == ["sharpe"]


def test_equal_signatures_of_every_point_are_bit_equal_behaviour() -> None:
    assert judged(points(GOOD), points(GOOD)).behaviour == Behaviour(signed=("returns",), points=4)


def test_changed_signatures_are_listed() -> None:
    changed = (points(GOOD, returns="other")[0], *points(GOOD)[1:])

    behaviour = judged(points(GOOD), changed).behaviour

    assert behaviour is not None
    assert (behaviour.changed, behaviour.unchanged) == (("p00",), False)


def test_equal_signatures_with_other_metrics_are_not_unchanged_behaviour() -> None:
    worse = msgspec.structs.replace(points(GOOD)[1], metrics={"is": {"sharpe": 0.1}})

    behaviour = judged(points(GOOD), (points(GOOD)[0], worse, *points(GOOD)[2:])).behaviour

    assert behaviour is not None
    assert (behaviour.other_metrics, behaviour.unchanged) == (("p01",), False)


def test_points_that_only_head_has_keep_behaviour_from_being_called_unchanged() -> None:
    behaviour = judged(points(GOOD)[:3], points(GOOD)).behaviour

    assert behaviour is not None
    assert (behaviour.added, behaviour.unchanged) == (1, False)


def test_every_kind_of_signature_is_named() -> None:
    first = msgspec.structs.replace(points(GOOD)[0], signed="trades and returns")
    rows = (first, *points(GOOD)[1:])

    behaviour = judged(rows, rows).behaviour

    assert behaviour is not None
    assert behaviour.signed == ("returns", "trades and returns")


def test_a_new_point_that_head_selected_is_named() -> None:
    best_last = (1.1, 1.2, 1.52)

    found = judged(points(best_last)[:2], points(best_last)).findings[-1]

    assert (found.reason, found.selected) == (Reason.NEW_IN_HEAD, "p02")


def test_a_new_point_that_head_did_not_select_is_not() -> None:
    assert judged(points(GOOD)[:3], points(GOOD)).findings[-1].selected == ""


def test_new_points_are_counted_among_heads_own() -> None:
    found = judged(points(GOOD)[:1], points(GOOD)).findings[-1]

    assert (found.points, found.points_of) == (3, 4)


def test_a_point_without_signature_keeps_behaviour_from_being_called_unchanged() -> None:
    unsigned = msgspec.structs.replace(points(GOOD)[0], signature=None, signed=None)

    behaviour = judged(points(GOOD), (unsigned, *points(GOOD)[1:])).behaviour

    assert behaviour is not None
    assert (behaviour.unsigned, behaviour.unchanged) == (1, False)


def test_rows_without_returns_claim_no_behaviour() -> None:
    bare = [msgspec.structs.replace(row, signature=None, signed=None) for row in points(GOOD)]

    assert judged(bare, bare).behaviour is None


def test_stored_baselines_stand_beside_and_change_nothing() -> None:
    baselines = {"prod": stored_baseline(1.5), "dev": stored_baseline(1.9)}

    verdict = judged(points(GOOD), points(GOOD), baselines=baselines)

    assert verdict.outcome is Outcome.PASS
    assert [(line.name, line.passed) for line in verdict.beside] == [("dev", False), ("prod", True)]


def test_a_baseline_that_cannot_be_compared_says_why() -> None:
    other = msgspec.structs.replace(stored_baseline(1.5), metric="sortino")

    (line,) = judged(points(GOOD), points(GOOD), baselines={"prod": other}).beside

    assert line.passed is None
    assert "sortino" in line.problems[0]


def test_a_baseline_that_could_not_be_read_is_a_line_too() -> None:
    verdict = judged(points(GOOD), points(GOOD), baseline_problems={"prod": "not JSON"})

    assert [(line.name, line.passed) for line in verdict.beside] == [("prod", None)]


def test_in_sample_values_are_called_so() -> None:
    inside = [
        msgspec.structs.replace(row, metrics={"is": row.metrics["oos"]}) for row in points(GOOD)
    ]

    assert judged(inside, inside).caveats


def test_evidence_of_another_kind_is_not_judged() -> None:
    order = sweep_order()

    verdict = judge_run(order, RunTerms(), report(order, benchmarked(pairs({"a": 1.0}))))

    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.INFRASTRUCTURE)


def test_a_merge_base_that_ran_out_of_time_is_no_verdict_however_good_head_looks() -> None:
    verdict = judged(late(points(GOOD), 0, 3), points((1.31, 1.31, 1.31, 1.31)))
    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.OUT_OF_TIME)
    assert [finding.side for finding in verdict.findings] == [Side.BASE]
    assert (verdict.findings[0].points, verdict.findings[0].points_of) == (2, 4)
    assert (verdict.measured, verdict.expected) == (2, 4)


def test_a_head_that_ran_out_of_time_is_no_verdict() -> None:
    verdict = judged(points(GOOD), late(points(GOOD), 3))
    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.OUT_OF_TIME)
    assert [finding.side for finding in verdict.findings] == [Side.HEAD]


def test_a_head_of_which_no_point_ended_in_time_failed() -> None:
    verdict = judged(points(GOOD), late(points(GOOD), 0, 1, 2, 3))
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.FAILED)


def test_where_nothing_of_the_merge_base_succeeded_head_is_not_to_blame() -> None:
    verdict = judged(points((None, None)), late(points((1.0, 1.0)), 0, 1))
    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.OUT_OF_TIME)


def test_two_sides_out_of_time_are_both_told() -> None:
    verdict = judged(late(points(GOOD), 1), late(points(GOOD), 2))
    assert [finding.side for finding in verdict.findings] == [Side.BASE, Side.HEAD]
    assert verdict.outcome is Outcome.NO_VERDICT


def test_a_base_that_is_not_over_the_time_is_not_said_to_be() -> None:
    verdict = judged(points(GOOD), points(GOOD, elapsed_s=61.0))

    assert verdict.findings[-1].caveats == ()


def test_a_sweep_that_measured_nothing_is_no_verdict() -> None:
    order = sweep_order()
    base = points((0.5, 0.4))
    nothing = [
        msgspec.structs.replace(row, metrics={"is": {"sharpe": 0.0}}, elapsed_s=0.0) for row in base
    ]
    evidence = msgspec.structs.replace(swept(base, nothing), mode="min")
    terms = RunTerms(perf_budget=perf_budget(mode=Mode.MIN))

    assert judge_run(order, terms, report(order, evidence)).outcome is Outcome.NO_VERDICT


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


def test_another_winner_in_head_does_not_hide_that_the_selected_one_dropped() -> None:
    verdict = judged(points(GOOD), points((1.2, 1.9, 0.94, 1.1)))

    assert (verdict.outcome, verdict.reason) == (Outcome.REGRESSION, Reason.METRIC_DROP)
    assert (metric(verdict).base, metric(verdict).head) == (1.52, 1.2)


def test_a_winner_that_lost_its_place_to_no_drop_of_the_selected_one_is_no_regression() -> None:
    worse_elsewhere = points((1.52, 1.6, 0.94, 1.1))  # best out of sample is another one now

    verdict = judged(points(GOOD), worse_elsewhere)

    assert verdict.outcome is Outcome.PASS
    assert verdict.quality is not None and verdict.quality.winner is not None
    assert verdict.quality.winner.configuration == "p01"


def test_the_best_may_stay_while_the_plain_rule_breaks_and_the_verdict_is_green() -> None:
    inside, outside = (1.0, 1.2), (1.5, 1.0)
    base = two_samples((1.1, 1.0), (1.5, 1.0))
    head = two_samples(inside, outside)  # head selects p01 now, which is worse out of sample

    verdict = judged(base, head)

    assert verdict.quality is not None and verdict.quality.plain is not None
    assert (verdict.outcome, verdict.quality.plain.passed) == (Outcome.PASS, False)


def two_samples(inside: Sequence[float], outside: Sequence[float]) -> list[PointResult]:
    return [
        msgspec.structs.replace(row, metrics={"is": {"sharpe": one}, "oos": {"sharpe": other}})
        for row, one, other in zip(points(outside), inside, outside, strict=True)
    ]


def test_a_selected_configuration_that_fails_on_head_is_an_error_of_the_candidate() -> None:
    verdict = judged(points(GOOD), points((None, *GOOD[1:])))

    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.FAILED)
    assert verdict.findings[0].detail == "p00: ValueError: no data"


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


def rerun_of(base: Sequence[PointResult], value: float, **order: Any) -> SuiteVerdict:
    again = msgspec.structs.replace(base[0], metrics={"is": {"sharpe": value}})
    return judged_by(swept(at_value(base, 1.7), base, rerun=[again]), **order)


def at_value(rows: Sequence[PointResult], value: float) -> list[PointResult]:
    first = msgspec.structs.replace(rows[0], metrics={"is": {"sharpe": value}})
    return [first]


def judged_by(evidence: SweepEvidence, **measure: Any) -> SuiteVerdict:
    order = sweep_order()
    suite = msgspec.structs.replace(order.suite, measure=Measure(**measure))
    order = msgspec.structs.replace(order, suite=suite)
    return judge_run(order, RunTerms(perf_budget=perf_budget()), report(order, evidence))


INSIDE = [msgspec.structs.replace(points(GOOD)[0], metrics={"is": {"sharpe": 1.7}})]


def test_a_declared_determinism_that_does_not_hold_is_a_failure_of_its_own() -> None:
    verdict = rerun_of(INSIDE, 1.7 + 1e-6, deterministic=True)

    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.NOT_REPRODUCIBLE)


def test_what_is_not_reproducible_and_was_not_declared_so_cannot_be_told() -> None:
    verdict = rerun_of(INSIDE, 1.7 + 1e-6)

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, Reason.NOT_REPRODUCIBLE)


def test_numbers_that_differ_by_rounding_alone_are_reproduced() -> None:
    verdict = rerun_of(INSIDE, 1.7 + 1e-10, deterministic=True)

    assert verdict.outcome is Outcome.PASS
    assert verdict.quality is not None
    assert verdict.quality.reproduced is True


def test_a_sweep_that_was_not_run_again_says_so() -> None:
    verdict = judged_by(swept(points(GOOD), points(GOOD), rerun=()))

    assert verdict.outcome is Outcome.PASS
    assert any("same seed" in caveat for caveat in verdict.caveats)


SEEDS = tuple(0.02 * (((7 * seed) % 11) - 5) / 5 for seed in range(24))


def seeded(level: float, shifts: Sequence[float] = SEEDS) -> list[PointResult]:
    return [
        msgspec.structs.replace(row, id="a", params={}, seed=seed)
        for seed, row in enumerate(points([level + shift for shift in shifts]))
    ]


def test_pairs_of_seeds_decide_where_there_are_several() -> None:
    worse = seeded(1.0, [shift + 0.01 * (-1) ** place for place, shift in enumerate(SEEDS)])

    verdict = judged_by(swept(seeded(1.2), worse))

    assert (verdict.outcome, verdict.reason) == (Outcome.REGRESSION, Reason.METRIC_DROP)
    assert (metric(verdict).seeds, round(metric(verdict).change or 0, 3)) == (24, -0.2)


def test_seeds_that_scatter_widely_leave_it_open_and_say_how_many_it_takes() -> None:
    scattered = seeded(1.14, [20 * shift for shift in reversed(SEEDS)])

    verdict = judged_by(swept(seeded(1.2), scattered))

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, Reason.CANNOT_TELL)
    assert (metric(verdict).further_pairs or 0) > 100


def test_a_few_seeds_decide_nothing() -> None:
    verdict = judged_by(swept(seeded(1.2, SEEDS[:4]), seeded(1.0, SEEDS[:4])))

    assert (verdict.outcome, verdict.reason) == (Outcome.INCONCLUSIVE, Reason.TOO_FEW_PAIRS)


def test_seeds_that_all_gave_the_same_again_are_unchanged() -> None:
    verdict = judged_by(swept(seeded(1.2, SEEDS[:3]), seeded(1.2, SEEDS[:3])))

    assert verdict.outcome is Outcome.PASS


def test_seeds_that_head_lacks_are_no_verdict() -> None:
    verdict = judged_by(swept(seeded(1.2), seeded(1.2)[:-1]))

    assert verdict.reason is Reason.MISSING_IN_HEAD


def test_whether_the_strategy_is_distinguishably_worse_stands_beside() -> None:
    verdict = judged(points(GOOD), points((1.4, *GOOD[1:]), returns="other"))

    assert verdict.quality is not None and verdict.quality.sharpe is not None
    assert verdict.quality.sharpe.high < 0
    assert verdict.quality.sharpe.by_chance is not None


def test_the_looks_of_earlier_sweeps_make_the_winner_luckier() -> None:
    trials = Trials(points=4, effective=2.0, sharpe_sd=0.02)
    evidence = swept(points(GOOD), points(GOOD, returns="other"), trials=trials)
    order = sweep_order()
    deflated = []
    for looks in (0, 99):
        terms = RunTerms(perf_budget=perf_budget(), looks=looks)
        found = judge_run(order, terms, report(order, evidence)).quality
        assert found is not None and found.winner is not None
        deflated.append((found.winner.trials, found.winner.deflated or 0.0))

    assert [trials for trials, _ in deflated] == [2.0, 200.0]
    assert deflated[1][1] < deflated[0][1]


@pytest.mark.parametrize(
    "trials",
    [
        Trials(points=4, effective=0.0, sharpe_sd=0.1),
        Trials(points=4, effective=1e308, sharpe_sd=1e300),
        Trials(points=-1, effective=2.0, sharpe_sd=-1.0),
    ],
)
def test_hostile_trials_give_no_ratio_and_no_crash(trials: Trials) -> None:
    evidence = swept(points(GOOD), points(GOOD), trials=trials)

    found = judged_by(evidence).quality

    assert found is not None and found.winner is not None
    assert found.winner.deflated is None or trials.sharpe_sd == -1.0


def test_returns_without_as_many_dates_are_not_tested() -> None:
    (kept, *_) = returns_of(points(GOOD), Side.BASE)
    torn = msgspec.structs.replace(kept, dates=kept.dates[1:])

    verdict = judged_by(swept(points(GOOD), points(GOOD), returns=(torn,)))

    assert verdict.quality is not None
    assert verdict.quality.sharpe is None
