"""The second line: the largest effect with its numbers, or what went wrong."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Problem, Reason, Verdict
from engine.reports.accepted import accepted_lead
from engine.reports.entries import Entry, entries, unechoed, with_outcome
from engine.reports.escape import code, prose
from engine.reports.headline import fitting
from engine.reports.spoken import sentence
from engine.values import Outcome

_NAMES = 20  # so many skipped suites are named
_LENGTHS = (1000, 160, 60)  # of a problem's texts, as there is room
TOO_LONG = "The names or messages are too long to be shown here; they are folded below."


def lead(verdict: Verdict) -> str:
    """Render the second line: the largest effect with interval and budget, or what went wrong."""
    return next(_leads(verdict))


def lead_within(verdict: Verdict, limit: int) -> str:
    """Render the second line in at most *limit* characters, if need be with texts cut short."""
    return fitting(_leads(verdict), limit)


def _leads(verdict: Verdict) -> Iterator[str]:
    """Offer second lines, the whole one first, the shortest last."""
    if verdict.problem is not None:
        yield from (_problem_lead(verdict.problem, length) for length in _LENGTHS)
        yield TOO_LONG
        return
    found = entries(verdict)
    if not found:
        yield from (_empty_lead(verdict, number) for number in (_NAMES, 1))
        yield "None of the paths of its suites changed, so nothing was measured."
        return
    accepted = accepted_lead(verdict)
    if accepted is not None:
        yield accepted
    else:
        yield _effect(verdict, found)
    yield " ".join(part for part in (TOO_LONG, _closing(verdict)) if part)


def _effect(verdict: Verdict, found: tuple[Entry, ...]) -> str:
    top = unechoed(with_outcome(found, found[0].finding.outcome) or found)[0]
    said = f"{sentence(top.suite, top.finding)}{_more(found, top)}"
    closing = _closing(verdict)
    return f"{said} {closing}" if closing else said


def _more(found: tuple[Entry, ...], top: Entry) -> str:
    rows = with_outcome(found, top.finding.outcome)
    if top.finding.outcome is Outcome.PASS or not rows[1:]:
        return ""
    named = len(unechoed(rows))
    said = [f"{named - 1} more"] if named > 1 else []
    said += ["the suite as a whole"] if len(rows) > named else []
    return f" And {', and '.join(said)}."


def _closing(verdict: Verdict) -> str:
    lost = verdict.outcome is Outcome.ERROR and verdict.reason is Reason.INFRASTRUCTURE
    fails = " The repository's policy counts it as a failure." if verdict.inconclusive_fails else ""
    if lost:
        return f"This says nothing about the change.{fails}"
    if verdict.outcome is Outcome.INCONCLUSIVE:
        return f"This is not a pass.{fails}"
    return "This is not a pass." if verdict.outcome is Outcome.NO_VERDICT else ""


def _problem_lead(problem: Problem, length: int) -> str:
    place = problem.file or ""
    if problem.file is not None and problem.line is not None:
        place = f"{problem.file}:{problem.line}"
    parts = [code(part, 160) for part in (place, problem.field or "") if part]
    said = f"{prose(problem.problem, length)} {prose(problem.remedy, length)}".strip()
    return f"{', '.join(parts)}: {said}" if parts else said


def _empty_lead(verdict: Verdict, number: int) -> str:
    if not verdict.skipped:
        return "No suite of the target branch's `.highwater.yml` measured anything."
    names = ", ".join(code(name) for name in verdict.skipped[:number])
    more = "" if len(verdict.skipped) <= number else f" and {len(verdict.skipped) - number} more"
    return f"None of the paths of {names}{more} changed, so nothing was measured."
