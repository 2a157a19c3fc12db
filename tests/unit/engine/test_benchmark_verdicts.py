from __future__ import annotations

import msgspec
import pytest

from engine.findings import Finding, Reason, SuiteVerdict
from engine.orders import Failure
from engine.samples import PairLaunch
from engine.values import Outcome, Side
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import (
    MACHINE,
    QUIET,
    RATE,
    Metric,
    benchmark_order,
    benchmarked,
    pairs,
    report,
    without,
)

TWO = {"a": 1.0, "b": 1.0}


def judged(
    launches: tuple[PairLaunch, ...],
    listed: tuple[str, ...] | None = None,
    failure: Failure | None = None,
    **suite: object,
) -> SuiteVerdict:
    order = benchmark_order(**suite)
    evidence = benchmarked(launches, listed_base=listed)
    return judge_run(order, RunTerms(), report(order, evidence, failure))


def only(verdict: SuiteVerdict, case: str) -> Finding:
    (found,) = [finding for finding in verdict.findings if finding.case == case]
    return found


def test_unchanged_cases_pass() -> None:
    assert judged(pairs(TWO)).outcome is Outcome.PASS


def test_one_slower_case_makes_the_suite_a_regression() -> None:
    assert judged(pairs({"a": 1.0, "b": 1.4})).outcome is Outcome.REGRESSION


def test_the_shown_levels_agree_with_the_shown_change() -> None:
    finding = only(judged(pairs({"a": 1.4})), "a")

    assert finding.base
    assert finding.head
    assert finding.head / finding.base - 1 == pytest.approx(finding.change)


def test_the_level_of_a_launch_is_its_best_sample() -> None:
    finding = only(judged(pairs({"a": 1.0})), "a")

    assert finding.base == pytest.approx(0.010)


def test_the_budget_of_the_matching_glob_is_named_by_its_path() -> None:
    budget = {"cases": {"a*": {"time": {"max_worsening": 0.5}}}}

    assert only(judged(pairs({"a": 1.4}), budget=budget), "a").budget_path == (
        "cases",
        "a*",
        "time",
    )


def test_a_case_that_head_did_not_measure_is_no_verdict() -> None:
    verdict = judged(without(pairs(TWO), Side.HEAD, "b"))

    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.MISSING_IN_HEAD)


def test_a_listed_case_that_nobody_measured_is_no_verdict() -> None:
    verdict = judged(pairs(TWO), listed=("a", "b", "c"))

    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.NOT_MEASURED)


def test_a_listed_case_that_head_alone_measured_is_not_taken_for_a_new_one() -> None:
    verdict = judged(without(pairs(TWO), Side.BASE, "b"), listed=("a", "b"))

    assert only(verdict, "b").reason is Reason.NOT_MEASURED


def test_a_new_case_is_a_row_that_changes_nothing() -> None:
    verdict = judged(without(pairs(TWO), Side.BASE, "b"))

    assert (verdict.outcome, only(verdict, "b").reason) == (Outcome.PASS, Reason.NEW_IN_HEAD)


def test_new_cases_alone_are_not_green() -> None:
    verdict = judged(without(pairs({"b": 1.0}), Side.BASE, "b"))

    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.NOT_COMPARABLE)


def test_a_suite_that_measured_nothing_is_not_green() -> None:
    verdict = judged(())

    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.NOT_MEASURED)


def test_expected_and_measured_are_counted_by_case() -> None:
    verdict = judged(without(pairs({**TWO, "new": 1.0}), Side.BASE, "new"), listed=("a", "b", "c"))

    assert (verdict.expected, verdict.measured) == (3, 2)


def test_another_unit_on_head_cannot_be_compared() -> None:
    in_seconds = [one for one in pairs({"a": 1.0}) if one.side is Side.BASE]
    in_bytes = [
        one for one in pairs({"a": 1.0}, metric=Metric("wall", "B")) if one.side is Side.HEAD
    ]

    assert judged((*in_seconds, *in_bytes)).reason is Reason.NOT_COMPARABLE


def test_zero_levels_are_never_green() -> None:
    zero = tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(msgspec.structs.replace(m, samples=(0.0,)) for m in launch.measured),
        )
        for launch in pairs({"a": 1.0})
    )

    assert judged(zero).outcome is Outcome.NO_VERDICT


def test_where_higher_is_better_less_is_a_regression() -> None:
    launches = pairs({"a": 0.7}, metric=RATE)

    assert judged(launches).outcome is Outcome.REGRESSION


@pytest.mark.parametrize(
    "max_value, outcome, reason",
    [
        ("9ms", Outcome.REGRESSION, Reason.OVER_MAX_VALUE),
        (0.009, Outcome.REGRESSION, Reason.OVER_MAX_VALUE),
        ("11ms", Outcome.PASS, Reason.WITHIN_BUDGET),
        ("10ms", Outcome.INCONCLUSIVE, Reason.AT_MAX_VALUE),
        ("9MiB", Outcome.ERROR, Reason.INVALID),
    ],
)
def test_an_absolute_bound_on_head_holds_beside_the_budget(
    max_value: str | float, outcome: Outcome, reason: Reason
) -> None:
    budget = {"default": {"time": {"max_worsening": 0.1, "max_value": max_value}}}

    verdict = judged(pairs({"a": 1.0}), budget=budget)

    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_a_bound_that_holds_does_not_excuse_a_regression() -> None:
    budget = {"default": {"time": {"max_worsening": 0.1, "max_value": "1s"}}}

    verdict = judged(pairs({"a": 1.4}), budget=budget)

    assert (verdict.outcome, verdict.reason) == (Outcome.REGRESSION, Reason.OVER_BUDGET)


def continuing(fingerprint: str) -> SuiteVerdict:
    """Judge twelve pairs that continue twelve of the machine with that fingerprint."""
    earlier = pairs({"a": 1.0})
    later = tuple(msgspec.structs.replace(one, pair=one.pair + 12) for one in earlier)
    order = msgspec.structs.replace(
        benchmark_order(), earlier=earlier, earlier_fingerprint=fingerprint
    )
    return judge_run(order, RunTerms(), report(order, benchmarked(later)))


def test_earlier_evidence_of_the_same_machine_is_pooled() -> None:
    assert only(continuing(MACHINE.fingerprint), "a").pairs == 24


def test_earlier_evidence_of_another_machine_is_left_out_and_said_so() -> None:
    verdict = continuing("another")

    assert only(verdict, "a").pairs == 12
    assert "another machine" in verdict.caveats[0]


def test_a_pair_that_is_launched_again_does_not_replace_what_it_showed_before() -> None:
    order = msgspec.structs.replace(
        benchmark_order(), earlier=pairs({"a": 1.4}), earlier_fingerprint=MACHINE.fingerprint
    )

    verdict = judge_run(order, RunTerms(), report(order, benchmarked(pairs({"a": 0.9}))))

    assert only(verdict, "a").change == only(judged(pairs({"a": 1.4})), "a").change


def test_half_a_pair_is_not_used() -> None:
    launches = pairs({"a": 1.0})

    assert only(judged(launches[:-1]), "a").pairs == 11


def test_a_run_that_was_cut_short_says_so_in_its_method() -> None:
    assert judged(pairs({"a": 1.0}, noise=QUIET[:7])).method.startswith("7 pairs, minimum")


def test_the_method_names_pairs_level_and_interval() -> None:
    assert judged(pairs(TWO)).method == "12 pairs, minimum of a launch, 99 % t interval"


def test_the_cost_of_a_pair_is_that_of_both_launches() -> None:
    assert judged(pairs(TWO)).pair_s == pytest.approx(3.2)


def test_the_order_of_launches_and_cases_does_not_matter() -> None:
    launches = pairs({"a": 1.0, "b": 1.4, "c": 0.7})
    reversed_ = tuple(
        msgspec.structs.replace(launch, measured=launch.measured[::-1]) for launch in launches[::-1]
    )

    assert judged(launches) == judged(reversed_)


@pytest.mark.parametrize(
    "blame, side, outcome, reason",
    [
        ("candidate", Side.HEAD, Outcome.ERROR, Reason.FAILED),
        ("candidate", None, Outcome.ERROR, Reason.FAILED),
        ("candidate", Side.BASE, Outcome.NO_VERDICT, Reason.BASE_FAILED),
        ("input", Side.HEAD, Outcome.ERROR, Reason.INVALID),
        ("runner", None, Outcome.ERROR, Reason.INFRASTRUCTURE),
    ],
)
def test_a_failure_is_laid_at_the_right_door(
    blame: str, side: Side | None, outcome: Outcome, reason: Reason
) -> None:
    failure = msgspec.convert({"blame": blame, "step": "build", "side": side}, Failure)

    verdict = judged((), failure=failure)

    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_rows_with_numbers_survive_a_failure() -> None:
    failure = Failure(blame="candidate", step="bench", side=Side.HEAD)

    verdict = judged(pairs({"a": 1.4}), failure=failure)

    assert [finding.reason for finding in verdict.findings] == [Reason.FAILED, Reason.OVER_BUDGET]
