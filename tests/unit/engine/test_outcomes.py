from __future__ import annotations

import msgspec
import pytest

from engine.findings import Finding, Reason
from engine.orders import Failure
from engine.outcomes import decisive, exit_code, worst_outcome
from engine.values import Outcome
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.evidence import benchmark_order, facts, report
from tests.fakes.situations import situations

R = Reason


def finding(outcome: Outcome, reason: Reason) -> Finding:
    return Finding(case="c", metric="wall", outcome=outcome, reason=reason)


WORST_FIRST = [
    finding(Outcome.REGRESSION, R.OVER_BUDGET),
    finding(Outcome.ERROR, R.FAILED),
    finding(Outcome.ERROR, R.INVALID),
    finding(Outcome.NO_VERDICT, R.MISSING_IN_HEAD),
    finding(Outcome.ERROR, R.INFRASTRUCTURE),
    finding(Outcome.INCONCLUSIVE, R.CANNOT_TELL),
    finding(Outcome.IMPROVEMENT, R.BETTER),
    finding(Outcome.PASS, R.WITHIN_BUDGET),
]


@pytest.mark.parametrize("index", range(len(WORST_FIRST)))
def test_the_worst_finding_decides_wherever_it_stands(index: int) -> None:
    rest = WORST_FIRST[index:]

    assert decisive(reversed(rest)) is WORST_FIRST[index]


def test_nothing_judged_is_no_verdict() -> None:
    assert worst_outcome(()) is Outcome.NO_VERDICT


def test_a_new_case_changes_nothing() -> None:
    new = finding(Outcome.NO_VERDICT, R.NEW_IN_HEAD)

    assert worst_outcome((new, finding(Outcome.PASS, R.WITHIN_BUDGET))) is Outcome.PASS


@pytest.mark.parametrize(
    "situation, code, strict",
    [
        ("refactoring", 0, 0),
        ("improvement", 0, 0),
        ("skipped", 0, 0),
        ("regression", 1, 1),
        ("candidate_failed", 1, 1),
        ("cannot_tell", 3, 1),
        ("missing_and_new", 4, 1),
        ("base_failed", 4, 1),
        ("runner_lost", 5, 5),
        ("broken_configuration", 5, 5),
    ],
)
def test_exit_codes_are_those_of_the_contract(situation: str, code: int, strict: int) -> None:
    verdict = situations()[situation]

    assert (exit_code(verdict), exit_code(verdict, strict=True)) == (code, strict)


def test_a_check_without_a_suite_to_run_is_no_verdict() -> None:
    assert judge_check(facts(), ()).outcome is Outcome.NO_VERDICT


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_the_exit_code_does_not_depend_on_the_order_of_the_suites(names: tuple[str, str]) -> None:
    suites = []
    for name, blame in zip(names, ("candidate", "input"), strict=True):
        order = benchmark_order(name=name)
        failure = msgspec.convert({"blame": blame, "step": "build"}, Failure)
        suites.append(judge_run(order, RunTerms(), report(order, None, failure)))

    assert exit_code(judge_check(facts(), suites)) == 1
