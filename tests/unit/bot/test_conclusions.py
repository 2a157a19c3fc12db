from __future__ import annotations

import pytest

from bot.conclusions import (
    check_conclusion,
    conclusion_for,
    suite_conclusion,
    without_failing,
)
from bot.ports import Conclusion
from engine.configuration import Policy
from engine.findings import Finding, Reason, SuiteVerdict, Verdict
from engine.values import CommitSha, Outcome, SuiteKind

HEAD = CommitSha("1a2b3c4d" * 5)


def suite(outcome: Outcome, *reasons: Reason) -> SuiteVerdict:
    return SuiteVerdict(
        suite="core",
        kind=SuiteKind.BENCHMARK,
        tags=("linux",),
        run="c-1",
        outcome=outcome,
        findings=tuple(
            Finding(case="a", metric="wall", outcome=outcome, reason=reason) for reason in reasons
        ),
    )


def verdict(*suites: SuiteVerdict, inconclusive_fails: bool = False) -> Verdict:
    return Verdict(
        check="c",
        repository="o/r",
        pull_request=7,
        head=HEAD,
        base=HEAD,
        target=HEAD,
        policy=None,
        outcome=Outcome.PASS,
        suites=suites,
        created_utc="2026-11-20T00:00:00Z",
        inconclusive_fails=inconclusive_fails,
    )


@pytest.mark.parametrize(
    "outcome,reason,expected",
    [
        (Outcome.PASS, None, Conclusion.SUCCESS),
        (Outcome.IMPROVEMENT, None, Conclusion.SUCCESS),
        (Outcome.REGRESSION, None, Conclusion.FAILURE),
        (Outcome.INCONCLUSIVE, None, Conclusion.NEUTRAL),
        (Outcome.NO_VERDICT, None, Conclusion.ACTION_REQUIRED),
        (Outcome.ERROR, Reason.FAILED, Conclusion.FAILURE),
        (Outcome.ERROR, Reason.INVALID, Conclusion.ACTION_REQUIRED),
        (Outcome.ERROR, Reason.INFRASTRUCTURE, Conclusion.NEUTRAL),
        (Outcome.ERROR, None, Conclusion.FAILURE),
    ],
)
def test_each_outcome_has_its_conclusion(
    outcome: Outcome, reason: Reason | None, expected: Conclusion
) -> None:
    assert conclusion_for(outcome, reason, Policy()) is expected


@pytest.mark.parametrize("outcome", list(Outcome))
@pytest.mark.parametrize("reason", [None, *Reason])
def test_only_a_pass_or_an_improvement_is_green(outcome: Outcome, reason: Reason | None) -> None:
    green = conclusion_for(outcome, reason, Policy()) is Conclusion.SUCCESS
    assert green is (outcome in {Outcome.PASS, Outcome.IMPROVEMENT})


@pytest.mark.parametrize(
    "outcome,reason",
    [(Outcome.INCONCLUSIVE, None), (Outcome.ERROR, Reason.INFRASTRUCTURE)],
)
def test_a_policy_may_say_failure_for_what_could_not_be_told(
    outcome: Outcome, reason: Reason | None
) -> None:
    assert conclusion_for(outcome, reason, Policy(inconclusive="failure")) is Conclusion.FAILURE


def test_a_strict_policy_leaves_a_missing_verdict_as_it_is() -> None:
    strict = Policy(inconclusive="failure")
    assert conclusion_for(Outcome.NO_VERDICT, None, strict) is Conclusion.ACTION_REQUIRED


def test_a_suite_with_errors_of_several_kinds_takes_the_worst() -> None:
    mixed = suite(Outcome.ERROR, Reason.INFRASTRUCTURE, Reason.INVALID, Reason.FAILED)
    assert suite_conclusion(mixed, Policy()) is Conclusion.FAILURE


def test_a_suite_in_error_without_a_finding_fails() -> None:
    assert suite_conclusion(suite(Outcome.ERROR), Policy()) is Conclusion.FAILURE


def test_a_check_with_no_suite_selected_is_skipped() -> None:
    assert check_conclusion(verdict()) is Conclusion.SKIPPED


@pytest.mark.parametrize(
    "outcomes,expected",
    [
        ((Outcome.PASS, Outcome.INCONCLUSIVE), Conclusion.NEUTRAL),
        ((Outcome.INCONCLUSIVE, Outcome.NO_VERDICT), Conclusion.ACTION_REQUIRED),
        ((Outcome.NO_VERDICT, Outcome.REGRESSION, Outcome.PASS), Conclusion.FAILURE),
        ((Outcome.PASS, Outcome.IMPROVEMENT), Conclusion.SUCCESS),
    ],
)
def test_the_roll_up_says_what_its_worst_suite_says(
    outcomes: tuple[Outcome, ...], expected: Conclusion
) -> None:
    assert check_conclusion(verdict(*(suite(each) for each in outcomes))) is expected


def test_the_roll_up_fails_on_inconclusive_where_the_verdict_says_so() -> None:
    strict = verdict(suite(Outcome.INCONCLUSIVE), inconclusive_fails=True)
    assert check_conclusion(strict) is Conclusion.FAILURE


@pytest.mark.parametrize("conclusion", list(Conclusion))
def test_what_is_measured_nightly_fails_nothing(conclusion: Conclusion) -> None:
    assert without_failing(conclusion, "nightly") is not Conclusion.FAILURE
    assert without_failing(conclusion, "pull_request") is conclusion
