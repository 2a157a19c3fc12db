from __future__ import annotations

import msgspec

from engine.findings import Reason, SuiteVerdict
from engine.orders import Failure
from engine.reports.comment import render_comment
from engine.reports.sections import Links
from engine.values import Outcome
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.evidence import QUIET, benchmark_order, benchmarked, facts, pairs, report

CAPPED = benchmark_order(max_minutes=2, budget={"default": {"time": {"max_worsening": 0.01}}})


def judged(count: int, stopped_by: str | None = "max_minutes") -> SuiteVerdict:
    evidence = benchmarked(pairs({"a": 1.0, "b": 1.0}, noise=QUIET[:count]))
    evidence = msgspec.structs.replace(evidence, stopped_by=stopped_by)
    slow = tuple(msgspec.structs.replace(one, wall_s=15.0) for one in evidence.launches)
    evidence = msgspec.structs.replace(evidence, launches=slow)
    return judge_run(CAPPED, RunTerms(), report(CAPPED, evidence))


def test_rows_that_the_time_left_undecided_say_so_with_the_minutes_that_are_needed() -> None:
    verdict = judged(3)

    assert {one.reason for one in verdict.findings} == {Reason.TIME_CAP}
    said = "max_minutes: 2 ended it after 3 pairs; about 4 minutes are needed"
    assert said in verdict.caveats
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_the_key_is_advised_and_not_max_pairs() -> None:
    alone = facts(pull_request=None)
    shown = render_comment(judge_check(alone, [judged(3)]), Links())

    assert "raise `max_minutes`, read at the target branch" in shown
    assert "max_pairs: 60" not in shown
    assert "max_pairs: 60" in render_comment(judge_check(alone, [judged(3, None)]), Links())


def test_without_a_cap_rows_keep_their_reason() -> None:
    assert {one.reason for one in judged(3, None).findings} == {Reason.TOO_FEW_PAIRS}


def test_what_is_decided_by_then_stays_decided() -> None:
    order = benchmark_order(max_minutes=2)
    evidence = benchmarked(pairs({"a": 1.0}))
    evidence = msgspec.structs.replace(evidence, stopped_by="max_minutes")
    verdict = judge_run(order, RunTerms(), report(order, evidence))

    assert (verdict.outcome, verdict.caveats) == (Outcome.PASS, ())


def test_a_suite_without_time_for_a_pair_is_no_verdict_with_the_numbers() -> None:
    failure = Failure(blame="time", step="core", tail="one pair takes about 32 s, timeout_s is 18")
    verdict = judge_run(CAPPED, RunTerms(), report(CAPPED, None, failure))
    shown = render_comment(judge_check(facts(), [verdict]), Links())

    assert (verdict.outcome, verdict.reason) == (Outcome.NO_VERDICT, Reason.OUT_OF_TIME)
    assert "Not a verdict: the time was up before one pair of launches was done" in shown
    assert "one pair takes about 32 s, timeout_s is 18" in shown
