from __future__ import annotations

from engine.errors import UserError, Where
from engine.findings import Reason
from engine.orders import Failure
from engine.values import Outcome, Side
from engine.verdicts import RunTerms, judge_check, judge_problem, judge_run
from tests.fakes.evidence import (
    MACHINE,
    benchmark_order,
    benchmarked,
    facts,
    pairs,
    report,
)


def test_a_run_without_a_report_is_an_infrastructure_error() -> None:
    verdict = judge_run(benchmark_order(), RunTerms(), None, losses=2)

    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.INFRASTRUCTURE)
    assert verdict.findings[0].step == "the runner was lost 2 times"


def test_a_report_without_evidence_is_not_green() -> None:
    order = benchmark_order()

    assert judge_run(order, RunTerms(), report(order, None)).outcome is Outcome.NO_VERDICT


def test_the_machine_that_measured_is_named() -> None:
    order = benchmark_order()

    verdict = judge_run(order, RunTerms(), report(order, benchmarked(pairs({"a": 1.0}))))

    assert (verdict.runner, verdict.cpu, verdict.fingerprint) == (
        "demo-1",
        MACHINE.cpu,
        MACHINE.fingerprint,
    )


def test_the_tail_of_the_output_is_kept_within_bounds() -> None:
    order = benchmark_order()
    failure = Failure(blame="candidate", step="x", side=Side.HEAD, tail="y" * 100_000)

    assert len(judge_run(order, RunTerms(), report(order, None, failure)).output_tail) == 4000


def test_the_worst_suite_makes_the_check() -> None:
    order = benchmark_order()
    good = judge_run(order, RunTerms(), report(order, benchmarked(pairs({"a": 1.0}))))
    slow = judge_run(order, RunTerms(), report(order, benchmarked(pairs({"a": 1.5}))))

    assert judge_check(facts(), (good, slow)).outcome is Outcome.REGRESSION


def test_the_order_of_suites_does_not_matter() -> None:
    one = judge_run(benchmark_order("c7-1", "a"), RunTerms(), None)
    two = judge_run(benchmark_order("c7-2", "b"), RunTerms(), None)

    assert judge_check(facts(), (one, two)) == judge_check(facts(), (two, one))


def test_a_check_whose_suites_were_all_skipped_passes() -> None:
    verdict = judge_check(facts(), (), skipped=("b", "a"))

    assert (verdict.outcome, verdict.skipped) == (Outcome.PASS, ("a", "b"))


def test_wrong_input_keeps_its_place_and_remedy() -> None:
    error = UserError("found 3.", Where(".highwater.yml", 4, "version"), "Write 1.")

    verdict = judge_problem(facts(), error)

    assert verdict.problem is not None
    assert (verdict.problem.line, verdict.problem.remedy) == (4, "Write 1.")
    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.INVALID)


def test_a_pair_that_the_time_cut_short_is_told() -> None:
    order = benchmark_order()
    evidence = benchmarked(pairs({"a": 1.0}), cut_short=True)

    verdict = judge_run(order, RunTerms(), report(order, evidence))

    assert verdict.outcome is Outcome.PASS
    assert verdict.caveats == ("the time was up during a pair of launches, which is left out",)
