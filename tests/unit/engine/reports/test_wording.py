from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.findings import Behaviour, Finding, Reason, SuiteVerdict, Verdict
from engine.orders import Failure
from engine.reports import notices
from engine.reports.check import render_rollup
from engine.reports.entries import entries
from engine.reports.sections import sections
from engine.reports.table import fit
from engine.reports.wording import sentence, short, what
from engine.values import Better, Outcome, Side
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.evidence import (
    benchmark_order,
    benchmarked,
    facts,
    late,
    pairs,
    perf_budget,
    points,
    report,
    sweep_order,
    swept,
)
from tests.fakes.situations import situations

GOOD = (1.52, 1.31, 0.94, 1.1)


def finding(reason: Reason, outcome: Outcome = Outcome.ERROR, **fields: Any) -> Finding:
    return Finding(**{"case": "", "metric": "", "outcome": outcome, "reason": reason, **fields})


def of_sweep(*rows: Any, **budget: Any) -> Verdict:
    order = sweep_order()
    terms = RunTerms(perf_budget=perf_budget(**budget), budget_file="sweeps/perf_budget.yaml")
    return judge_check(facts(), (judge_run(order, terms, report(order, swept(*rows))),))


def of_failure(**fields: Any) -> Verdict:
    order = benchmark_order()
    failure = Failure(**fields)
    return judge_check(facts(), (judge_run(order, RunTerms(), report(order, None, failure)),))


def lead(verdict: Verdict) -> str:
    return str(sections(verdict).seen[0])


def text(verdict: Verdict) -> str:
    shown = sections(verdict)
    return fit((*shown.seen, *shown.folded), 100_000, None)


def test_a_sweep_without_a_number_is_not_said_to_have_broken_off() -> None:
    verdict = of_sweep(points(GOOD), points((None,) * 4), min_success_rate=None)

    assert render_rollup(verdict).title == "Failed: ci_smoke gave no usable number on head"
    said = "gave no usable number on head: fast=5 (p00): ValueError: no data."
    assert lead(verdict) == f"`ci_smoke`: {said}"


def test_a_head_that_never_ended_is_said_so() -> None:
    verdict = of_sweep(points(GOOD), late(points(GOOD), 0, 1, 2, 3))

    assert lead(verdict) == "`ci_smoke`: ended no point before the time was up on head."


def test_a_failed_command_is_told_by_its_key_and_its_ending() -> None:
    failure = {"blame": "candidate", "step": "list", "ending": "ended with status 1"}

    verdict = of_failure(**failure, side=Side.HEAD)

    assert lead(verdict) == "`core`: `list` ended with status 1 on head."


def test_a_merge_base_whose_command_fails_is_told_by_its_ending() -> None:
    failure = {"blame": "candidate", "step": "command", "ending": "was killed by signal 9"}

    assert lead(of_failure(**failure, side=Side.BASE)).startswith(
        "`core`: `command` was killed by signal 9 on the merge base: nothing to compare with."
    )


def test_wrong_input_is_told_by_place_and_problem() -> None:
    verdict = of_failure(blame="input", step="head's {out}:3", tail="found 'x'. Write a number.")

    assert lead(verdict) == "`core`: wrong input: `head's {out}:3`: found 'x'. Write a number."
    assert "Output of" not in text(verdict)


def test_a_sentence_ends_with_one_full_stop() -> None:
    said = finding(Reason.INFRASTRUCTURE, step="the report was refused.")

    assert sentence(said, "core") == "`core`: the report was refused."


@pytest.mark.parametrize(
    "lost, title",
    [
        ((1, 3), "Not a verdict: 1 of 3 points was not measured on head"),
        ((2, 4), "Not a verdict: 2 of 4 points were not measured on head"),
        ((1, 1), "Not a verdict: 1 of 1 point was not measured on head"),
    ],
)
def test_points_are_counted_in_good_grammar(lost: tuple[int, int], title: str) -> None:
    row = finding(
        Reason.MISSING_IN_HEAD, Outcome.NO_VERDICT, points=lost[0], points_of=lost[1], metric="x"
    )
    verdict = of_sweep(points(GOOD), points(GOOD))
    (suite,) = verdict.suites

    changed = msgspec.structs.replace(suite, findings=(row,), outcome=Outcome.NO_VERDICT)

    assert render_rollup(replaced(verdict, changed)).title == title
    assert what(row, "own") == title.split(": ")[1].partition(" w")[0] + " of `own`"


def replaced(verdict: Verdict, suite: SuiteVerdict) -> Verdict:
    return msgspec.structs.replace(verdict, suites=(suite,), outcome=suite.outcome)


def test_missing_points_are_counted_one_by_one() -> None:
    assert "3 missing of 4 expected points" in text(of_sweep(points(GOOD), points(GOOD)[:1]))


def test_new_points_of_which_head_selected_one_are_not_said_to_change_nothing() -> None:
    said = text(of_sweep(points((1.1, 1.2)), points((1.1, 1.2, 1.52))))

    assert "head's sweep selected `p02`, which is one of them (p02)" in said
    assert "changes nothing" not in said


@pytest.mark.parametrize(
    "fields, said",
    [
        ({}, "`returns` of every point bit-equal (4 points): quality is exactly unchanged."),
        (
            {"other_metrics": ("p00",)},
            "`returns` bit-equal in 4 points; metrics of one that is bit-equal differ.",
        ),
        (
            {"other_metrics": ("a", "b")},
            "`returns` bit-equal in 4 points; metrics of 2 of those differ.",
        ),
        ({"added": 1}, "`returns` bit-equal in 4 points; 1 point new in head."),
        (
            {"changed": ("a",), "unsigned": 2},
            "`returns` differ in 1 of 4 points; 2 more cannot be compared.",
        ),
        (
            {"signed": ("returns", "trades and returns"), "added": 1},
            "`returns`, or `trades` and `returns` bit-equal in 4 points; 1 point new in head.",
        ),
    ],
)
def test_behaviour_is_called_unchanged_only_where_all_is(fields: dict[str, Any], said: str) -> None:
    verdict = of_sweep(points(GOOD), points(GOOD))
    (suite,) = verdict.suites
    behaviour = Behaviour(**{"signed": ("returns",), "points": 4, **fields})

    shown = text(replaced(verdict, msgspec.structs.replace(suite, behaviour=behaviour)))

    assert f"**Behaviour** of `ci_smoke`: {said}\n" in shown


def test_a_time_just_over_its_maximum_reads_as_over_it() -> None:
    verdict = of_sweep(points(GOOD), points(GOOD, elapsed_s=60.0001))

    assert "→ 60.0001 s; over the maximum of 60 s" in lead(verdict)


def test_a_drop_just_over_what_is_allowed_reads_as_over_it() -> None:
    verdict = of_sweep(points((1.52,)), points((1.469998,)))

    assert "falls by 0.050002 (1.52 → 1.47; allowed 0.05)" in lead(verdict)


@pytest.mark.parametrize("better, said", [(Better.LOWER, "over"), (Better.HIGHER, "under")])
def test_the_worse_side_of_a_bound_is_named(better: Better, said: str) -> None:
    row = finding(Reason.OVER_MAX_VALUE, Outcome.REGRESSION, case="a", better=better)

    assert short(row, "core", str) == f"a is {said} its max_value"


def test_a_head_at_its_bound_is_not_told_that_pairs_are_of_no_use() -> None:
    budget = {"default": {"time": {"max_worsening": 0.5, "max_value": "10.0ms"}}}
    order = benchmark_order(budget=budget)
    evidence = benchmarked(pairs({"a": 1.0}))

    verdict = judge_check(facts(), (judge_run(order, RunTerms(), report(order, evidence)),))

    assert "reaches across its absolute bound: quieter or more pairs" in text(verdict)


def test_a_long_case_is_named_by_its_end_in_the_first_line() -> None:
    order = benchmark_order()
    evidence = benchmarked(pairs({"benchmarks/test_core.py::Group::test_decay[10k]": 1.5}))

    verdict = judge_check(facts(), (judge_run(order, RunTerms(), report(order, evidence)),))

    assert render_rollup(verdict).title == "Regression: test_decay[10k] is slower"


def test_no_change_of_what_may_not_change_is_not_the_largest_effect() -> None:
    same: dict[str, Any] = {"case": "a", "outcome": Outcome.PASS, "reason": Reason.WITHIN_BUDGET}
    rows = (
        Finding(metric="zero", change=0.0, limit=0.0, **same),
        Finding(metric="some", change=0.01, limit=0.05, **same),
    )
    verdict = situations()["refactoring"]
    suite = msgspec.structs.replace(verdict.suites[0], findings=rows)

    found = entries(msgspec.structs.replace(verdict, suites=(suite,)))

    assert [entry.finding.metric for entry in found] == ["some", "zero"]


def test_an_internal_error_does_not_call_its_cause_a_delivery() -> None:
    assert "details under `c7`" in notices.internal_error("c7").summary


def test_a_commit_has_one_length_in_every_text() -> None:
    assert notices.superseded("a" * 40).title == f"Superseded by {'a' * 10}"
