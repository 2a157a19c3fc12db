"""Verdicts: what a report means under the terms of its order, and what a check's suites mean."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from engine.configuration import FILE_NAME
from engine.errors import UserError
from engine.evidence_verdicts import with_evidence
from engine.families import held_together
from engine.findings import Finding, Problem, Reason, SuiteVerdict, Verdict, VerdictKind
from engine.orders import Failure, RunOrder, RunReport
from engine.outcomes import COMPARED, INFORMATIONAL, decisive, exit_code, worst_outcome
from engine.overrides import Override
from engine.overriding import concerned, overridden
from engine.terms import RunTerms
from engine.values import Outcome, Side

_TAIL_CHARACTERS = 4000
_SAID = ("input", "time")  # whose tail is a sentence of ours, and no output


class CheckFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Which check a verdict is about; the fields are those of ``Verdict``."""

    check: str
    repository: str
    pull_request: int | None
    head: str
    base: str
    target: str
    policy: str | None
    created_utc: str
    inconclusive_fails: bool = False
    asked: tuple[str, ...] = ()
    kind: VerdictKind = "pull_request"


def judge_run(
    order: RunOrder,
    terms: RunTerms,
    report: RunReport | None,
    *,
    losses: int = 0,
    refused: bool = False,
) -> SuiteVerdict:
    """Judge one run anew from the raw evidence of its report; never trusts a claimed outcome.

    Without a report the run is lost, *losses* times, or its report was *refused*: an error of
    our own infrastructure.
    A failure together with evidence keeps the rows that have numbers.
    """
    if report is None:
        return _closed(_lost(order, losses, refused=refused))
    verdict = with_evidence(_blank(order, terms), order, terms, report)
    if report.failure is not None:
        verdict = _with_failure(verdict, report.failure)
    return _closed(_refuse_emptiness(verdict))


def judge_check(
    facts: CheckFacts,
    suites: Sequence[SuiteVerdict],
    *,
    skipped: Sequence[str] = (),
    overrides: Sequence[Override] = (),
) -> Verdict:
    """Join the suites' verdicts to the check's; the order in which they come does not matter.

    What was tested by chance is held together: a regression stays one where it holds by Holm at
    1 % among all comparisons of the check. Rows that *overrides* cover then decide nothing.

    No suite at all passes only when suites were skipped because none of their paths changed.
    """
    in_force = concerned(overrides, suites)
    held = overridden(held_together(suites), in_force, facts.head)
    ordered = tuple(sorted(held, key=lambda suite: (suite.suite, suite.tags, suite.run)))
    worst = decisive(ordered)
    unneeded = Outcome.PASS if skipped else Outcome.NO_VERDICT
    return Verdict(
        **msgspec.structs.asdict(facts),
        outcome=worst.outcome if worst else unneeded,
        reason=worst.reason if worst else None,
        suites=ordered,
        skipped=tuple(sorted(skipped)),
        overrides=in_force,
    )


def judge_problem(facts: CheckFacts, error: UserError) -> Verdict:
    """Give the verdict of a check that wrong input kept from running at all."""
    where = error.where
    problem = Problem(
        problem=error.problem,
        remedy=error.remedy,
        file=where.file if where else None,
        line=where.line if where else None,
        field=where.field if where else None,
    )
    return Verdict(
        **msgspec.structs.asdict(facts),
        outcome=Outcome.ERROR,
        reason=Reason.INVALID,
        suites=(),
        problem=problem,
    )


def _lost(order: RunOrder, losses: int, *, refused: bool) -> SuiteVerdict:
    lost = f"the runner was lost {losses} times" if losses > 1 else "the runner was lost"
    step = "the runner's report was refused" if refused else lost
    finding = _suite_finding(Outcome.ERROR, Reason.INFRASTRUCTURE, step=step)
    return _blank(order, RunTerms(), (finding,))


def _blank(order: RunOrder, terms: RunTerms, findings: tuple[Finding, ...] = ()) -> SuiteVerdict:
    """Give a verdict of what the order alone says; ``_closed`` sets its outcome."""
    return SuiteVerdict(
        suite=order.suite_name,
        kind=order.suite.kind,
        tags=tuple(sorted(set(order.suite.runs_on))),
        run=order.run,
        outcome=Outcome.NO_VERDICT,
        findings=findings,
        budget_file=terms.budget_file or FILE_NAME,
        spec_file=order.suite.spec,
        strategy=terms.strategy,
        measuring=order.suite.measures or (),
    )


def _with_failure(verdict: SuiteVerdict, failure: Failure) -> SuiteVerdict:
    """Put the failure first; rows without numbers follow from it and would only repeat it."""
    kept = tuple(finding for finding in verdict.findings if finding.outcome in COMPARED)
    return msgspec.structs.replace(
        verdict,
        findings=(_failed(failure), *kept),
        output_tail="" if failure.blame in _SAID else failure.tail[-_TAIL_CHARACTERS:],
    )


def _failed(failure: Failure) -> Finding:
    """Say whose failure it was: a merge base that fails by itself is not the candidate's."""
    reasons = {
        "candidate": Reason.FAILED,
        "input": Reason.INVALID,
        "runner": Reason.INFRASTRUCTURE,
    }
    if failure.blame == "candidate" and failure.side is Side.BASE:
        outcome, reason = Outcome.NO_VERDICT, Reason.BASE_FAILED
    elif failure.blame == "time":
        outcome, reason = Outcome.NO_VERDICT, Reason.OUT_OF_TIME
    else:
        outcome, reason = Outcome.ERROR, reasons[failure.blame]
    return Finding(
        case="",
        metric="",
        outcome=outcome,
        reason=reason,
        step=failure.step,
        ending=failure.ending,
        side=failure.side,
        detail=failure.tail if failure.blame in _SAID else "",
    )


def _refuse_emptiness(verdict: SuiteVerdict) -> SuiteVerdict:
    """A suite that compared nothing is never green, not even with new cases to show."""
    if any(finding.reason not in INFORMATIONAL for finding in verdict.findings):
        return verdict
    reason = Reason.NOT_COMPARABLE if verdict.findings else Reason.NOT_MEASURED
    finding = _suite_finding(Outcome.NO_VERDICT, reason)
    return msgspec.structs.replace(verdict, findings=(finding, *verdict.findings))


def _closed(verdict: SuiteVerdict) -> SuiteVerdict:
    worst = decisive(verdict.findings)
    return msgspec.structs.replace(
        verdict,
        outcome=worst_outcome(verdict.findings),
        reason=worst.reason if worst else None,
    )


def _suite_finding(outcome: Outcome, reason: Reason, *, step: str = "") -> Finding:
    return Finding(case="", metric="", outcome=outcome, reason=reason, step=step)


__all__ = [
    "CheckFacts",
    "RunTerms",
    "exit_code",
    "judge_check",
    "judge_problem",
    "judge_run",
    "worst_outcome",
]
