"""What is said of a promotion while it is on its way: answers, and what its check shows."""

from __future__ import annotations

from collections.abc import Sequence

from engine.commands import Verb, written
from engine.configuration import joined_tags
from engine.promotion.evidence import REQUIRED, EvidenceRun, launches
from engine.promotion.refusals import Refusal, Refused
from engine.promotion.standing import Standing, Waits
from engine.reports.check import CheckText
from engine.reports.escape import code, inline, prose
from engine.reports.wording import plural
from engine.values import SuiteKind


def marker(suite: str, tags: tuple[str, ...]) -> str:
    """Give the hidden mark of the comment that tells how far a suite's promotion is."""
    return f"<!-- highwater:promotion:{suite}-{joined_tags(tags)} -->"


def measuring(
    suite: str, tags: tuple[str, ...], missing: int, minutes: int | None, ahead: int = 0
) -> str:
    """Answer that runs are measured first, how long that takes, and how many wait before them."""
    runs = plural(missing, "more run")
    eta = "how long they take is not known yet" if minutes is None else f"about {minutes} min"
    waiting = f", once {plural(ahead, 'run')} before them in the queue are done" if ahead else ""
    return (
        f"{suite_name(suite, tags)}: a baseline takes {REQUIRED} runs of this head on one kind of "
        f"hardware. {runs.capitalize()} to measure, one after the other: {eta}{waiting}. "
        "The pull request with the new baseline follows."
    )


def opened(suite: str, tags: tuple[str, ...], number: int, *, needs_second_person: bool) -> str:
    """Answer that the new baseline is proposed."""
    person = " Somebody other than who asked has to approve it." if needs_second_person else ""
    return f"{suite_name(suite, tags)}: the new baseline is proposed in #{number}.{person}"


def refused(suite: str, tags: tuple[str, ...], reasons: Sequence[Refusal]) -> str:
    """Answer that there is no promotion, with every reason."""
    again = code(f'{written(Verb.PROMOTE, suite=suite)} reason="…"')
    lines = "\n".join(f"- {_said(one).replace(_AGAIN, again)}" for one in reasons)
    return f"{suite_name(suite, tags)}: not promoted.\n\n{lines}"


def standing_text(found: Standing, source: int | None) -> CheckText:
    """Say what a promotion's pull request waits for."""
    title, summary = _STANDING[found.waits]
    after = "" if source is None else f"#{source}"
    told = ", ".join(code(name) for name in found.approved_by)
    approved = f"\n\nApproved by {told}." if told else ""
    return CheckText(title=title.format(after), summary=summary.format(after) + approved)


def evidence_title(run: EvidenceRun | None) -> CheckText:
    """Say what became of a run that was measured for a baseline."""
    if run is None:
        return CheckText(
            title="Not measured for a baseline",
            summary="The run gave nothing that a baseline could be made of.",
        )
    count = launches(run)
    counted = f"{count} {measured_noun(run, count)}"
    return CheckText(
        title="Measured for a baseline",
        summary=(
            f"Run {code(run.order.run)} measured {counted} of head for a new baseline of "
            f"{code(run.order.suite_name)}. It changes no verdict of this pull request."
        ),
    )


def evidence_queued(tags: Sequence[str]) -> CheckText:
    """Say that a run for a baseline waits for a runner."""
    joined = ", ".join(code(tag) for tag in sorted(set(tags)))
    return CheckText(
        title="Queued: measured for a baseline",
        summary=f"Waiting for a runner with the tags {joined}. It changes no verdict.",
    )


def measured_noun(run: EvidenceRun, count: int) -> str:
    """Say what a run has so many of: launches, or the points of a sweep."""
    if run.order.suite.kind is SuiteKind.SWEEP:
        return "point" if count == 1 else "points"
    return "launch" if count == 1 else "launches"


def suite_name(suite: str, tags: tuple[str, ...]) -> str:
    """Name a suite on its hardware tags."""
    return f"{code(suite)} ({inline(joined_tags(tags))})"


def _said(one: Refusal) -> str:
    return _REFUSALS[one.why].format(_detail(one))


def _detail(one: Refusal) -> str:
    if one.why is Refused.INPUT:
        return prose(one.detail)
    if one.why is not Refused.NO_VERDICT or one.reason is None:
        return code(one.detail) if one.detail else ""
    said = f" ({one.reason.value.replace('_', ' ')})"
    return f"{code(one.detail)}{said}" if one.detail else said.strip()


_AGAIN = code(f'{written(Verb.PROMOTE)} reason="…"')
_REFUSALS = {
    Refused.LOOK_AHEAD: (
        "A strategy looks ahead (run {0}): what it reached it cannot reach again. Mend it; such a "
        "level is never promoted."
    ),
    Refused.MEASUREMENT_CHANGED: (
        "The pull request changes how the suite is measured ({0}). Merge that first, then promote "
        "what is measured the new way."
    ),
    Refused.NO_VERDICT: (
        "The last run of this head has no verdict: {0}. Mend what it names and have it measured."
    ),
    Refused.EVIDENCE: (
        f"Too little evidence: {{0}} runs count, on one kind of hardware and each by itself; it "
        f"takes {REQUIRED}. Ask again: {_AGAIN}."
    ),
    Refused.OUTLIER: (
        "The machine had another day than usual: in {0} the base itself lies outside of its "
        "history. Ask again later."
    ),
    Refused.MOVED_ON: (
        f"The runs are not of the pull request's current head {{0}}. Ask again: {_AGAIN}."
    ),
    Refused.CLOSED: "The pull request was closed without being merged, so its level is nobody's.",
    Refused.PERMISSION: "{0} may not promote any more: it takes the role maintain or admin.",
    Refused.PEOPLE: (
        "The branch {0} has a commit that is not ours, and nobody's work is overwritten. Merge it, "
        "or delete the branch, and ask again."
    ),
    Refused.TAKEN: (
        "The branch's pull request {0} is not ours, and nobody's words are overwritten. Close it, "
        "and ask again."
    ),
    Refused.CANCELLED: f"Its runs were cancelled by {{0}}. Ask again: {_AGAIN}.",
    Refused.UNCHANGED: "This very level is accepted already: {0}.",
    Refused.INPUT: "{0}",
}
_STANDING = {
    Waits.READY: (
        "Ready to merge",
        (
            "The numbers are those that were measured. Once this is merged, what comes later is "
            "held to them."
        ),
    ),
    Waits.FOREIGN_COMMIT: (
        "Not the numbers that were measured",
        (
            "This branch has a commit that is not ours. Take it back, or close this pull request "
            f"and ask for the promotion again: {_AGAIN}."
        ),
    ),
    Waits.REPLACED: (
        "A newer promotion was asked for",
        (
            "This suite's promotion was asked for anew. Once that is measured, this pull request "
            "is brought to the new numbers; where it was refused, close this."
        ),
    ),
    Waits.SOURCE_MOVED_ON: (
        "{0} moved on since it was measured",
        (
            "The numbers are not of the last commit of {0}. Ask there for the promotion again: "
            f"{_AGAIN}."
        ),
    ),
    Waits.SOURCE_OPEN: (
        "Merge after {0}",
        "Merge after {0}: until then the branch does not have the level that is accepted here.",
    ),
    Waits.SOURCE_CLOSED: (
        "{0} was closed without being merged",
        "The level was reached by {0}, which was closed without being merged. Close this too.",
    ),
    Waits.SECOND_PERSON: (
        "Waiting for a second person",
        (
            "Whoever asked for a promotion may not be the only one to approve it. Somebody else "
            "who may write to this repository has to approve this very commit."
        ),
    ),
}
