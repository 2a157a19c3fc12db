"""What a former run measured, and this one did not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine.findings import Finding, Reason, SuiteVerdict
from engine.former_runs import Former
from engine.reports.next_steps import next_steps
from engine.values import Outcome
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.evidence import BASE, benchmark_order, benchmarked, facts, pairs, report

REWRITTEN = ("bench.py",)


def judged(
    measured: Sequence[str], listed: Sequence[str] | None = None, **terms: Any
) -> SuiteVerdict:
    """Judge a run of these cases; a former one measured ``a`` and ``b``."""
    sides = None if listed is None else tuple(listed)
    evidence = benchmarked(
        pairs(dict.fromkeys(measured, 1.0)), listed_base=sides, listed_head=sides
    )
    former = {"expected_cases": ("a", "b"), "expected_from": "c6-1", "expected_at": BASE}
    order = benchmark_order()
    return judge_run(order, RunTerms(**{**former, **terms}), report(order, evidence))


def only(verdict: SuiteVerdict, case: str) -> Finding:
    (found,) = [one for one in verdict.findings if one.case == case]
    return found


def test_what_a_former_run_measured_and_this_one_did_not_is_no_verdict() -> None:
    verdict = judged(["a"])
    found = only(verdict, "b")
    assert (verdict.outcome, found.reason) == (Outcome.NO_VERDICT, Reason.NOT_MEASURED)
    assert found.detail == "run c6-1 measured it at 9f8e7d6"


def test_what_is_gone_since_the_measuring_files_changed_is_a_caveat() -> None:
    verdict = judged(["a"], expected_rewritten=REWRITTEN)
    assert (verdict.outcome, verdict.expected) == (Outcome.PASS, 1)
    said = "b was measured at 9f8e7d6 by run c6-1, gone since the measuring files changed"
    assert f"{said} (bench.py)" in verdict.caveats


def test_where_nothing_is_gone_nothing_is_said_of_it() -> None:
    verdict = judged(["a", "b"], expected_rewritten=REWRITTEN)
    assert not any("gone" in caveat for caveat in verdict.caveats)


@pytest.mark.parametrize("rewritten", [(), REWRITTEN])
def test_what_the_merge_base_lists_counts_and_no_former_run(rewritten: tuple[str, ...]) -> None:
    verdict = judged(["a"], listed=["a"], expected_rewritten=rewritten)
    assert (verdict.outcome, verdict.expected) == (Outcome.PASS, 1)
    assert not any("gone" in caveat for caveat in verdict.caveats)


def test_what_the_merge_base_lists_and_nobody_measured_names_no_former_run() -> None:
    verdict = judged(["a"], listed=["a", "b"])
    found = only(verdict, "b")
    assert (found.reason, found.detail) == (Reason.NOT_MEASURED, "")


def test_of_many_cases_three_are_named() -> None:
    said = Former(run="c6-1", commit=BASE, rewritten=REWRITTEN).caveat(set("edcba"))
    assert said.startswith("a, b, c and 2 more were measured at 9f8e7d6 by run c6-1, ")


@pytest.mark.parametrize("listed, says_how", [(None, True), (["a", "b"], False)])
def test_a_former_runs_case_has_a_way_out_of_its_own(
    listed: list[str] | None, *, says_how: bool
) -> None:
    verdict = judge_check(facts(), [judged(["a"], listed=listed)])
    rows = next_steps(verdict)
    assert rows is not None
    command = "highwater null core --rev 9f8e7d6c9f --repository ada/strategies"
    assert any(command in line for line in rows.lines) is says_how
