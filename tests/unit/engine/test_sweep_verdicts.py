from __future__ import annotations

import msgspec
import pytest

from engine.findings import Behaviour, Reason, SuiteVerdict
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
    stored_baseline,
    sweep_order,
    swept,
)
from tests.fakes.sweep_verdicts import GOOD, judged, metric

NOTHING = tuple(
    msgspec.structs.replace(row, metrics={"is": {"sharpe": 0.0}, "oos": {"sharpe": 0.0}})
    for row in points((0.0, 0.0))
)


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
