from __future__ import annotations

from typing import Any

import pytest

from engine.findings import SuiteVerdict
from engine.reports.annotations import AnnotationRequest, annotation_requests, budget_remark
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import (
    benchmark_order,
    benchmarked,
    pairs,
    perf_budget,
    points,
    report,
    sweep_order,
    swept,
)
from tests.fakes.situations import many_rows, situations


def suite_of(situation: str, name: str) -> SuiteVerdict:
    (found,) = [suite for suite in situations()[situation].suites if suite.suite == name]
    return found


def slow(case: str, **suite: Any) -> tuple[AnnotationRequest, ...]:
    order = benchmark_order(**suite)
    evidence = benchmarked(pairs({case: 1.5}))
    return annotation_requests(judge_run(order, RunTerms(), report(order, evidence)))


def test_a_regression_is_a_failure_on_the_budgets_line() -> None:
    request = slow("a")[0]

    assert (request.level, request.file, request.path) == (
        "failure",
        ".highwater.yml",
        ("suites", "core", "budget", "default", "time"),
    )


def test_a_sweeps_budget_is_found_in_its_own_file() -> None:
    request = annotation_requests(suite_of("regression", "ci_smoke"))[0]

    assert (request.file, request.path) == ("sweeps/perf_budget.yaml", ("max_sharpe_drop",))


def test_a_sweeps_strategy_gets_a_warning_where_it_is_defined() -> None:
    order = sweep_order()
    terms = RunTerms(perf_budget=perf_budget(), strategy="own/s.py:cross")
    evidence = swept(points((1.5, 1.2)), points((1.1, 1.0)))

    request = annotation_requests(judge_run(order, terms, report(order, evidence)))[1]

    assert (request.level, request.file, request.definition) == ("warning", "own/s.py", "cross")


def test_a_sweep_whose_strategy_is_unknown_gets_a_warning_on_its_spec() -> None:
    request = annotation_requests(suite_of("regression", "ci_smoke"))[1]

    assert (request.level, request.file, request.path) == (
        "warning",
        "sweeps/ci_smoke.yaml",
        ("strategy",),
    )


@pytest.mark.parametrize(
    "case, file, definition",
    [
        ("benchmarks/test_a.py::test_x[10-20]", "benchmarks/test_a.py", "test_x"),
        ("benchmarks/test_a.py::Group::test_x", "benchmarks/test_a.py", "test_x"),
        ("decay_10k", "benchmarks/bench.py", "decay_10k"),
    ],
)
def test_a_benchmark_gets_a_warning_where_it_is_defined(
    case: str, file: str, definition: str
) -> None:
    request = slow(case)[1]

    assert (request.level, request.file, request.definition) == ("warning", file, definition)


def test_a_definition_is_not_looked_for_in_globs() -> None:
    assert len(slow("a", measures=["benchmarks/**"])) == 1


def test_a_budget_that_nobody_wrote_is_the_suites() -> None:
    assert slow("a", budget={})[0].path == ("suites", "core")


def test_the_message_is_plain_text_with_its_interval() -> None:
    message = slow("a")[0].message

    assert "99 % interval" in message
    assert "`" not in message


def test_at_most_ten_and_both_kinds_among_them() -> None:
    requests = annotation_requests(many_rows().suites[0])

    assert len(requests) == 10
    assert {request.level for request in requests} == {"failure", "warning"}


def test_what_was_not_measured_is_a_warning_on_the_suite() -> None:
    requests = annotation_requests(suite_of("missing_and_new", "core"))

    assert {(one.level, one.path) for one in requests} == {("warning", ("suites", "core"))}
    assert "brand_new" not in " ".join(one.title for one in requests)


@pytest.mark.parametrize("situation", ["refactoring", "improvement", "cannot_tell"])
def test_nothing_is_annotated_where_nothing_is_wrong(situation: str) -> None:
    assert annotation_requests(suite_of(situation, "core")) == ()


def test_a_lost_runner_is_annotated_nowhere() -> None:
    assert annotation_requests(suite_of("runner_lost", "core")) == ()


def test_any_finding_can_be_remarked_on_with_its_place_and_numbers() -> None:
    suite = suite_of("cannot_tell", "core")

    remark = budget_remark(suite, suite.findings[0])

    assert remark.title == "Cannot tell: io_scan"
    assert remark.path == ("suites", "core", "budget", "default", "time")
    assert "99 % interval" in remark.message


def test_a_long_case_keeps_its_end_in_the_title() -> None:
    assert slow("benchmarks/" + "x" * 300 + ".py::test_decay[10k]")[0].title.endswith(
        "::test_decay[10k] is slower"
    )
