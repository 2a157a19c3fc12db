"""An overhead is told as what rules cost: nothing in it says that a change made anything slower."""

from __future__ import annotations

import pytest

from engine.findings import Finding, Reason, SuiteVerdict
from engine.reports.annotations import annotation_requests
from engine.reports.check import render_rollup
from engine.reports.escape import code
from engine.reports.headline import heading
from engine.reports.lead import lead
from engine.reports.spoken import sentence, short, what, why
from engine.values import Better, Outcome, SuiteKind
from tests.fakes.findings import row, suite_of, verdict_of
from tests.fakes.situations import situations


def overhead(*findings: Finding) -> SuiteVerdict:
    return suite_of(*findings, suite="stops", kind=SuiteKind.OVERHEAD)


def test_rules_that_cost_too_much_are_no_regression_by_name() -> None:
    verdict = situations()["overhead"]

    assert render_rollup(verdict).title == "Over budget: rules of stops cost too much"
    assert heading(verdict) == "## ❌ Over budget: rules of `stops` cost too much"
    assert lead(verdict) == (
        "With its risk rules `stops` takes 28.2 % longer than without "
        "(99 % interval +26.6 to +29.8 %; budget 10 %)."
    )
    titles = {one.title for one in annotation_requests(verdict.suites[0])}
    assert titles == {"Over budget: rules of stops cost too much"}


def test_beside_a_regression_the_title_says_both() -> None:
    red = row(Reason.OVER_BUDGET, Outcome.REGRESSION)

    said = heading(verdict_of(overhead(red), suite_of(red)))

    assert "2 regressions: " in said
    assert "rules of `stops` cost too much" in said


def test_an_undecided_overhead_is_told_as_one() -> None:
    said = heading(verdict_of(overhead(row(Reason.CANNOT_TELL))))

    assert "the cost of the rules of `stops` is too noisy for its budget" in said


@pytest.mark.parametrize(
    "fields, said",
    [
        ({}, "With its risk rules `stops` takes 4.0 % longer than without (99 % interval"),
        ({"metric": "memory", "unit": "B"}, "`stops` needs 4.0 % more memory than without"),
        (
            {"metric": "rate", "unit": "1/s", "better": Better.HIGHER},
            "`stops` is 4.0 % higher than",
        ),
        ({"low": None, "high": None}, "`stops` time, without → with risk rules: 10.0 → 10.4 ms; "),
    ],
)
def test_each_metric_is_compared_with_the_run_without_rules(
    fields: dict[str, object], said: str
) -> None:
    fields = {"clock": None, "metric": "wall", **fields}
    red = row(Reason.OVER_BUDGET, Outcome.REGRESSION, **fields)

    assert said in sentence(overhead(red), red)


def test_what_of_an_overhead_failed_is_told_by_the_suites_name() -> None:
    failed = Finding(case="with_rules", metric="", outcome=Outcome.ERROR, reason=Reason.FAILED)

    assert what(overhead(failed), failed) == "`stops`"
    assert sentence(overhead(failed), failed) == "`stops`: failed."


def test_cheaper_with_rules_is_said_so() -> None:
    better = row(Reason.BETTER, Outcome.IMPROVEMENT)

    assert (
        short(overhead(better), better, code)
        == "`stops` costs less with its risk rules than without"
    )


def test_a_worse_number_of_a_leaking_strategy_stays_red_and_is_not_believed() -> None:
    (suite,) = situations()["look_ahead"].suites
    worse = row(Reason.METRIC_DROP, Outcome.REGRESSION, metric="sharpe", unit="", limit=0.05)
    slow = row(Reason.METRIC_DROP, Outcome.REGRESSION)

    assert why(suite, worse).startswith("worse by more than the ")
    assert why(suite, worse).endswith("; not to be believed: the strategy looks ahead")
    assert "believed" not in why(suite, slow)
