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
WILD = tuple(22 * wobble for wobble in QUIET)


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
        ("11ms", Outcome.PASS, Reason.WITHIN_BUDGET),
        ("10ms", Outcome.INCONCLUSIVE, Reason.AT_MAX_VALUE),
        ("9MiB", Outcome.ERROR, Reason.INVALID),
    ],
)
def test_an_absolute_bound_on_head_holds_beside_the_budget(
    max_value: str, outcome: Outcome, reason: Reason
) -> None:
    budget = {"default": {"time": {"max_worsening": 0.1, "max_value": max_value}}}

    verdict = judged(pairs({"a": 1.0}), budget=budget)

    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_a_bound_that_holds_does_not_excuse_a_regression() -> None:
    budget = {"default": {"time": {"max_worsening": 0.1, "max_value": "1s"}}}

    verdict = judged(pairs({"a": 1.4}), budget=budget)

    assert (verdict.outcome, verdict.reason) == (Outcome.REGRESSION, Reason.OVER_BUDGET)


def continuing(fingerprint: str) -> SuiteVerdict:
    """Judge noisy pairs that continue twelve of the machine with that fingerprint."""
    earlier = pairs({"a": 1.0}, noise=WILD)
    later = tuple(msgspec.structs.replace(one, pair=one.pair + 12) for one in earlier)
    order = msgspec.structs.replace(
        benchmark_order(), earlier=earlier, earlier_fingerprint=fingerprint
    )
    return judge_run(order, RunTerms(), report(order, benchmarked(later)))


def test_earlier_evidence_of_the_same_machine_is_pooled() -> None:
    assert only(continuing(MACHINE.fingerprint), "a").pairs == 18


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
    launches = pairs({"a": 1.4}, noise=QUIET[:8])

    assert only(judged(launches), "a").outcome is Outcome.REGRESSION
    assert only(judged(launches[:-1]), "a").pairs == 5


def test_a_run_that_was_cut_short_says_so_in_its_method() -> None:
    assert judged(pairs({"a": 1.3}, noise=QUIET[:7])).method.startswith("5 of at most 36 pairs")


def test_the_method_names_pairs_level_and_interval() -> None:
    said = judged(pairs({"a": 1.0, "b": 1.4})).method

    assert said == "5 to 8 of at most 36 pairs, minimum of a launch, sequential paired t"


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


def bounded(max_value: str | float, key: str = "time") -> dict[str, object]:
    return {"default": {key: {"max_worsening": 0.1, "max_value": max_value}}}


@pytest.mark.parametrize(
    "max_value, outcome, reason",
    [
        (110.0, Outcome.REGRESSION, Reason.OVER_MAX_VALUE),
        (90.0, Outcome.PASS, Reason.WITHIN_BUDGET),
        ("90ms", Outcome.ERROR, Reason.INVALID),
    ],
)
def test_where_higher_is_better_the_bound_is_the_least_that_head_may_reach(
    max_value: str | float, outcome: Outcome, reason: Reason
) -> None:
    hundred = scaled(pairs({"a": 1.0}, metric=RATE), 10_000.0)

    verdict = judged(hundred, budget=bounded(max_value, "rate"))

    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_a_bare_number_is_no_bound_on_a_time_of_another_name() -> None:
    launches = pairs({"a": 1.0}, metric=Metric("latency", "s"))

    verdict = judged(launches, budget=bounded(70.0, "latency"))

    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.INVALID)


def scaled(launches: tuple[PairLaunch, ...], factor: float) -> tuple[PairLaunch, ...]:
    return tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(
                msgspec.structs.replace(one, samples=tuple(s * factor for s in one.samples))
                for one in launch.measured
            ),
        )
        for launch in launches
    )


@pytest.mark.parametrize(
    "max_value, outcome, reason",
    [
        ("19ms", Outcome.REGRESSION, Reason.OVER_MAX_VALUE),
        ("20ms", Outcome.INCONCLUSIVE, Reason.AT_MAX_VALUE),
        ("21ms", Outcome.PASS, Reason.NEW_IN_HEAD),
        ("19MiB", Outcome.ERROR, Reason.INVALID),
    ],
)
def test_the_bound_holds_for_a_new_case_too(
    max_value: str, outcome: Outcome, reason: Reason
) -> None:
    launches = without(pairs(TWO), Side.BASE, "b")

    verdict = judged(launches, budget={"cases": {"b": bounded(max_value)["default"]}})

    assert (verdict.outcome, only(verdict, "b").reason) == (outcome, reason)


def in_pairs(
    launches: tuple[PairLaunch, ...], side: Side, case: str, first: int
) -> tuple[PairLaunch, ...]:
    """Drop a case from the launches of a side from pair *first* on."""
    dropped = without(launches, side, case)
    return tuple(
        lacking if launch.pair >= first else launch
        for launch, lacking in zip(launches, dropped, strict=True)
    )


@pytest.mark.parametrize("first", [5, 11])
def test_a_case_that_head_lost_in_some_pairs_is_no_verdict(first: int) -> None:
    verdict = judged(in_pairs(pairs(TWO), Side.HEAD, "a", first))

    found = only(verdict, "a")
    assert (found.outcome, found.reason) == (Outcome.NO_VERDICT, Reason.MISSING_IN_HEAD)
    assert found.detail == f"in {12 - first} of 12 pairs"
    assert (verdict.expected, verdict.measured) == (2, 1)


def test_what_head_lost_does_not_hide_a_regression() -> None:
    found = only(judged(in_pairs(pairs({"a": 1.4}), Side.HEAD, "a", 9)), "a")

    assert (found.outcome, found.pairs) == (Outcome.REGRESSION, 8)
    assert found.caveats == ("head did not measure it in 3 of 12 pairs",)


def test_a_case_that_base_lost_in_some_pairs_is_said_so() -> None:
    found = only(judged(in_pairs(pairs({"a": 1.0}), Side.BASE, "a", 9)), "a")

    assert (found.outcome, found.pairs) == (Outcome.PASS, 5)
    assert found.caveats == ("the merge base did not measure it in 3 of 12 pairs",)


def test_keys_of_the_budget_that_match_nothing_are_caveats_of_the_suite() -> None:
    budget = {"default": {"tiem": {}}, "cases": {"gone*": {"time": {}}}}

    verdict = judged(pairs({"a": 1.0}), budget=budget)

    assert verdict.caveats == (
        "the budget's key default.tiem matches nothing that was measured",
        "the budget's key cases.gone* matches nothing that was measured",
    )


def test_where_nothing_was_measured_no_key_is_blamed() -> None:
    assert judged((), budget={"default": {"tiem": {}}}).caveats == ()


def test_an_unknown_unit_of_a_time_is_a_caveat() -> None:
    found = only(judged(pairs({"a": 1.0}, metric=Metric("wall", "fortnights"))), "a")

    assert found.caveats[0].startswith("its unit fortnights is no known unit of time")


@pytest.mark.parametrize("fingerprint", [MACHINE.fingerprint, "another"])
def test_where_no_pair_was_added_the_earlier_ones_decide(fingerprint: str) -> None:
    order = msgspec.structs.replace(
        benchmark_order(), earlier=pairs({"a": 1.4}), earlier_fingerprint=fingerprint
    )

    verdict = judge_run(order, RunTerms(), report(order, benchmarked(())))

    assert (verdict.outcome, only(verdict, "a").pairs) == (Outcome.REGRESSION, 8)
    assert verdict.caveats == ("nothing new was measured: the earlier pairs decide",)


def test_launches_of_the_largest_numbers_are_judged() -> None:
    budget = bounded("1ns")
    launches = scaled(pairs({"a": 1.0}), 9e151)
    slow = tuple(msgspec.structs.replace(one, wall_s=1e9) for one in launches)

    verdict = judged(slow, budget=budget)

    assert (verdict.outcome, verdict.pair_s) == (Outcome.REGRESSION, 2e9)
