from __future__ import annotations

import pytest

from engine.findings import Reason
from engine.orders import CommandEvidence, Failure
from engine.outcomes import exit_code
from engine.values import Outcome, Side
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.evidence import (
    benchmark_order,
    benchmarked,
    command_order,
    ended,
    facts,
    pairs,
    report,
)

HANGS = ended(head=-9, timed_out=True)


@pytest.mark.parametrize(
    "evidence, outcome, reason, code",
    [
        (ended(), Outcome.PASS, Reason.SUCCEEDED, 0),
        (ended(base=2), Outcome.PASS, Reason.SUCCEEDED, 0),
        (ended(head=2), Outcome.ERROR, Reason.FAILED, 1),
        (HANGS, Outcome.ERROR, Reason.FAILED, 1),
        (ended(timed_out=True), Outcome.ERROR, Reason.FAILED, 1),
        (ended(base=2, head=2), Outcome.NO_VERDICT, Reason.BASE_FAILED, 4),
        (ended(base=2, head=3), Outcome.NO_VERDICT, Reason.BASE_FAILED, 4),
    ],
)
def test_only_heads_failure_beside_a_sound_merge_base_is_the_candidates(
    evidence: CommandEvidence, outcome: Outcome, reason: Reason, code: int
) -> None:
    order = command_order()
    verdict = judge_check(facts(), (judge_run(order, RunTerms(), report(order, evidence)),))
    assert (verdict.outcome, verdict.reason, exit_code(verdict)) == (outcome, reason, code)


def test_a_failure_names_its_side_and_shows_its_last_words() -> None:
    order = command_order()
    verdict = judge_run(order, RunTerms(), report(order, ended(head=2)))
    finding = verdict.findings[0]
    assert (finding.side, finding.step) == (Side.HEAD, "command")
    assert finding.ending == "ended with status 2"
    assert verdict.output_tail == "make: *** [lint] Error 2\n"


def test_a_merge_base_that_fails_alone_is_told() -> None:
    order = command_order()
    verdict = judge_run(order, RunTerms(), report(order, ended(base=2)))
    assert verdict.findings[0].caveats == ("on the merge base it ended with status 2",)


def test_where_both_fail_both_endings_are_told() -> None:
    order = command_order()
    (finding,) = judge_run(order, RunTerms(), report(order, ended(base=2, head=-15))).findings
    assert (finding.step, finding.ending) == ("command", "ended with status 2")
    assert finding.caveats == ("on head it was killed by signal 15",)


def test_a_set_up_that_fails_on_head_is_its_failure() -> None:
    order = command_order()
    failure = Failure(blame="candidate", step="make", side=Side.HEAD)
    assert judge_run(order, RunTerms(), report(order, None, failure)).reason is Reason.FAILED


def test_evidence_of_a_command_is_none_of_a_benchmark() -> None:
    order = benchmark_order()
    assert judge_run(order, RunTerms(), report(order, ended())).reason is Reason.INFRASTRUCTURE


def test_evidence_of_a_benchmark_is_none_of_a_command() -> None:
    order = command_order()
    found = judge_run(order, RunTerms(), report(order, benchmarked(pairs({"a": 1.0}))))
    assert found.reason is Reason.INFRASTRUCTURE
