"""Single cases that failed: their own rows, beside all others."""

from __future__ import annotations

import msgspec

from engine.findings import Finding, Reason, SuiteVerdict
from engine.orders import CaseFailure, RunOrder
from engine.reports.comment import Links, render_comment
from engine.values import Outcome, Side
from engine.verdicts import RunTerms, exit_code, judge_check, judge_run
from tests.fakes.evidence import (
    QUIET,
    benchmark_order,
    benchmarked,
    facts,
    pairs,
    report,
    without,
)

THREE = {"a": 1.0, "b": 1.0, "slow": 1.4}
TAIL = 'Traceback (most recent call last):\n  File "work.py"\nZeroDivisionError: by zero'


def failed(case: str, side: Side, ending: str = "") -> CaseFailure:
    return CaseFailure(case=case, side=side, tail=TAIL, ending=ending)


def judged(
    *failures: CaseFailure, order: RunOrder | None = None, slower: float = 1.4
) -> SuiteVerdict:
    launches = pairs({**THREE, "slow": slower})
    for one in failures:
        launches = without(launches, one.side, one.case)
    order = order or benchmark_order()
    evidence = benchmarked(launches, listed_base=tuple(THREE), failed=failures)
    return judge_run(order, RunTerms(), report(order, evidence))


def rows(verdict: SuiteVerdict) -> dict[str, Finding]:
    assert len(verdict.findings) == len({one.case for one in verdict.findings})
    return {one.case: one for one in verdict.findings if one.case}


def test_a_case_that_fails_on_head_is_an_error_and_all_others_are_judged() -> None:
    verdict = judged(failed("a", Side.HEAD))
    found = rows(verdict)

    assert (found["a"].outcome, found["a"].reason) == (Outcome.ERROR, Reason.FAILED)
    assert found["b"].outcome is Outcome.PASS
    assert found["slow"].outcome is Outcome.REGRESSION
    assert (verdict.expected, verdict.measured) == (3, 2)
    assert exit_code(judge_check(facts(), [verdict])) == 1


def test_a_case_that_fails_on_the_merge_base_is_no_verdict_and_hides_no_regression() -> None:
    verdict = judged(failed("a", Side.BASE))
    found = rows(verdict)

    assert (found["a"].outcome, found["a"].reason) == (Outcome.NO_VERDICT, Reason.BASE_FAILED)
    assert verdict.outcome is Outcome.REGRESSION


def test_a_case_that_fails_on_both_sides_is_the_merge_bases_fault() -> None:
    found = rows(judged(failed("a", Side.HEAD), failed("a", Side.BASE)))

    assert found["a"].reason is Reason.BASE_FAILED


def test_a_case_that_fails_with_changed_measuring_files_is_no_verdict() -> None:
    order = msgspec.structs.replace(benchmark_order(), measuring_changed=("bench.py",))
    found = rows(judged(failed("a", Side.HEAD), order=order))

    assert found["a"].reason is Reason.MEASUREMENT_CHANGED
    assert found["a"].outcome is Outcome.NO_VERDICT


def test_a_case_that_fails_in_a_later_pair_is_still_an_error() -> None:
    order = benchmark_order()
    launches = pairs(THREE)
    kept = (*launches[:6], *without(launches[6:], Side.HEAD, "a"))
    evidence = benchmarked(kept, failed=(failed("a", Side.HEAD),))
    found = rows(judge_run(order, RunTerms(), report(order, evidence)))

    assert found["a"].outcome is Outcome.ERROR


def test_the_comment_names_the_case_how_it_ended_and_what_it_said() -> None:
    gone = failed("a", Side.HEAD, "was killed by signal 11")
    verdict = judge_check(facts(), [judged(gone, slower=1.0)])
    text = render_comment(verdict, Links(json_url="https://highwater.example/verdicts/c7.json"))

    assert "case `a` of `core` did not run to its end on head" in text
    assert "was killed by signal 11 on head" in text
    assert "ZeroDivisionError: by zero" in text


def test_a_case_that_fails_with_either_copy_of_the_measuring_files_is_heads_failure() -> None:
    order = msgspec.structs.replace(benchmark_order(), measuring_changed=("bench.py",))
    own = tuple(
        msgspec.structs.replace(launch, purpose="own_copy")
        for launch in pairs({"b": 1.0}, noise=QUIET[:5])
        if launch.side is Side.HEAD
    )
    failure = CaseFailure(case="a", side=Side.HEAD, tail="ValueError: broken", ending="failed")
    evidence = benchmarked((*pairs({"b": 1.0}), *own), failed=(failure,))

    verdict = judge_run(order, RunTerms(), report(order, evidence))

    found = {one.case: one.reason for one in verdict.findings if one.reason is not Reason.OWN_COPY}
    assert found == {"a": Reason.FAILED, "b": Reason.MEASUREMENT_CHANGED}
