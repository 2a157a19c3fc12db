"""The pull request of a promotion: every changed number, its evidence, why, and how to undo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.configuration import joined_tags
from engine.findings import Finding, Reason
from engine.promotion.changes import Change
from engine.promotion.evidence import EvidenceRun, launches
from engine.promotion.files import Candidate
from engine.reports.escape import code, inline, plain, unlinked
from engine.reports.figures import ABSENT, ARROW, amount, from_to, number
from engine.reports.promotion import marker, measured_noun, suite_name
from engine.reports.table import CUT_FIRST, CUT_LATE, Part, Rows, fit, fold, row
from engine.reports.wording import SHA, plural
from engine.values import Outcome

MAX_BODY = 65_536
_NOT_MORE = 2_000  # characters of a reason
_ALL = "in the files of this pull request"  # where what does not fit into its body stands
_NUMBERS = "| what | number | accepted now → proposed | what each run measured |"
_NUMBERS_HEADER = f"{_NUMBERS}\n| :-- | :-- | :-- | :-- |"
_EVIDENCE = "| run | measured (UTC) | runner | fingerprint | harness | seed | {} of head |"
_EVIDENCE_HEADER = f"{_EVIDENCE}\n| :-- | :-- | :-- | :-- | :-- | :-- | --: |"
_SEVERAL = 2
_EXACT = 12  # digits of a number that is no time: it is compared to the last one


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What the texts of one promotion are made of; without *source* nobody asked on a request.

    *scenario* names the baseline, of several; *is_merged*: the source is in its target already.
    """

    suite: str
    tags: tuple[str, ...]
    branch: str
    base_ref: str
    head: str
    requested_by: str
    reason: str
    scenario: str | None = None
    source: int | None = None
    is_merged: bool = False


@dataclass(frozen=True, slots=True)
class ProposalText:
    """Title and Markdown body of a pull request, and the message of its one commit."""

    title: str
    body: str
    message: str


def proposal(
    asked: Promotion,
    files: Sequence[Candidate],
    runs: Sequence[EvidenceRun],
    links: Mapping[str, str],
) -> ProposalText:
    """Write the pull request of a promotion; *links* lead from a check to its verdict.

    The same promotion of the same runs gives the same text.
    """
    name = "" if asked.scenario is None else f" {plain(asked.scenario)}"
    title = f"Promote the baseline{name} of {plain(asked.suite)} ({joined_tags(asked.tags)})"
    return ProposalText(
        title=title,
        body=fit(tuple(_body(asked, files, runs, links)), MAX_BODY, None, _ALL),
        message=_message(asked, files, runs, title),
    )


def _body(
    asked: Promotion,
    files: Sequence[Candidate],
    runs: Sequence[EvidenceRun],
    links: Mapping[str, str],
) -> Iterator[Part]:
    open_yet = asked.source is not None and not asked.is_merged
    after = f" **Merge after #{asked.source}.**" if open_yet else ""
    where = "" if asked.source is None else f", asked for on #{asked.source}"
    yield marker(asked.suite, asked.tags)
    yield (
        f"Accepts what {code(asked.head[:SHA])} reached as the level of "
        f"{suite_name(asked.suite, asked.tags)}{where} by {code(asked.requested_by)}.{after}"
    )
    yield f"**Why:** {inline(asked.reason, _NOT_MORE)}"
    yield from _numbers([change for one in files for change in one.changes])
    yield f"### Evidence\n\n{plural(len(runs), 'run')}, each by itself, on one kind of hardware."
    lines = tuple(_run_line(run, links) for run in runs)
    header = _EVIDENCE_HEADER.format(measured_noun(runs[-1], _SEVERAL))
    yield Rows(lines, header=header, noun="run", cut=CUT_LATE)
    yield _conditions(asked, files, runs)


def _numbers(changes: Sequence[Change]) -> Iterator[Part]:
    main = tuple(_change_line(one) for one in changes if one.main)
    rest = tuple(_change_line(one) for one in changes if not one.main)
    yield "### What changes"
    yield Rows(main, header=_NUMBERS_HEADER, noun="number", cut=CUT_LATE)
    if rest:
        further = Rows(rest, header=_NUMBERS_HEADER, noun="number", cut=CUT_FIRST)
        yield fold(f"{plural(len(rest), 'further number')}", further)


def _change_line(one: Change) -> str:
    values = " · ".join(_shown(value, one.unit) for value in one.runs)
    name = code(one.subject) if one.subject else "the sweep"
    return row(name, inline(one.number), _moved(one), values or ABSENT)


def _moved(one: Change) -> str:
    """Write a number before and after, told apart; what is exact with all of its digits."""
    if not one.unit or one.before is None or one.after is None:
        return f"{_shown(one.before, one.unit)} {ARROW} {_shown(one.after, one.unit)}"
    row_of = Finding(
        case=one.subject,
        metric=one.number,
        outcome=Outcome.PASS,
        reason=Reason.WITHIN_BUDGET,
        unit=one.unit,
        base=one.before,
        head=one.after,
    )
    return from_to(row_of)


def _shown(value: float | None, unit: str) -> str:
    if value is None:
        return ABSENT
    return amount(value, unit) if unit else number(value, _EXACT)


def _run_line(run: EvidenceRun, links: Mapping[str, str]) -> str:
    link = links.get(run.check)
    name = code(run.order.run) if link is None else f"[{code(run.order.run)}]({link})"
    return row(
        name,
        inline(run.report.finished_utc[:16]),
        code(run.report.runner),
        code(run.fingerprint),
        code(run.revision),
        str(run.order.seed),
        str(launches(run)),
    )


def _conditions(asked: Promotion, files: Sequence[Candidate], runs: Sequence[EvidenceRun]) -> str:
    machine = runs[-1].report.machine
    paths = ", ".join(code(one.path) for one in files)
    day = files[0].expires_utc[:10]
    return (
        f"Measured on {code(machine.cpu)} ({code(machine.platform)}).\n\n"
        f"**Files:** {paths}, on {code(asked.base_ref)}.\n\n"
        f"**Expires on {day}:** from then on every verdict that uses it says so, until it is "
        "promoted again.\n\n"
        "**To undo:** revert the merge commit of this pull request; the level before it is "
        "accepted again. To drop the proposal, close it."
    )


def _message(
    asked: Promotion, files: Sequence[Candidate], runs: Sequence[EvidenceRun], title: str
) -> str:
    """Write the commit's message: why, of what, by what evidence, for whoever reads the log."""
    reason = unlinked(asked.reason, _NOT_MORE)
    source = "" if asked.source is None else f"Source: #{asked.source}\n"
    names = ", ".join(run.order.run for run in runs)
    return (
        f"{title}\n\n{reason}\n\n{source}Measured: {asked.head}\nRuns: {names}\n"
        f"Requested-by: {plain(asked.requested_by)}\nExpires: {files[0].expires_utc[:10]}"
    )
