"""The parts that comment and check runs share, each rendered once from the verdict."""

from __future__ import annotations

from dataclasses import dataclass

from engine.findings import Behaviour, Reason, SuiteVerdict, Verdict
from engine.reports import figures
from engine.reports.arrangement import MAX_SEEN, Arranged, Key, Piece, arrange
from engine.reports.asides import other_statistics, worth_a_look
from engine.reports.commands import base_name, is_stored
from engine.reports.confidence import how_sure
from engine.reports.entries import (
    Entry,
    count,
    entries,
    expected_things,
    missing,
)
from engine.reports.escape import code, fenced, html_code
from engine.reports.lead import lead, lead_within
from engine.reports.next_steps import next_steps
from engine.reports.overridden import is_covered, overridden
from engine.reports.quality import noticed, quality
from engine.reports.spoken import is_overhead, mark, what, why
from engine.reports.table import CUT_EARLY, CUT_FIRST, CUT_LATE, Part, Rows, fold, row, table
from engine.reports.undecided import cannot_tell
from engine.reports.wording import SHA, SIDES, is_change, matters, plural
from engine.values import Outcome

MARKER = "<!-- highwater:verdict -->"  # of the comment

_BREAKS = 5  # after the mark, after the first line, and before the first fold
_TAILS = 3  # so many suites show the end of their output
_TAIL_CHARACTERS = 3000
_LEAD = 500  # characters of the second line, so that rows find room below it


@dataclass(frozen=True, slots=True)
class Links:
    """Where more is to be read, None where there is no such place.

    *run* is the one named for ``replay``; None: the first of the verdict's.
    """

    details_url: str | None = None
    json_url: str | None = None
    run: str | None = None

    @property
    def all_of_it(self) -> str | None:
        """The place that holds every row."""
        return self.json_url or self.details_url


def taken_by(first_line: str) -> int:
    """Count what stands above the second line of a comment: mark, first line, and the breaks."""
    return len(MARKER) + len(first_line) + _BREAKS


def sections(verdict: Verdict, taken: int = 0) -> Arranged:
    """Render what must be seen, in at most 1,200 characters less *taken*, and what is folded.

    Seen are effect, behaviour, changed rows, what is undecided and what to do next; what of them
    finds no room is the first of the folds. The others are what people have overridden, what is
    within budget, worth a look, output, quality, and how sure all of it is.
    """
    room = MAX_SEEN - taken
    full, first = lead(verdict), lead_within(verdict, min(_LEAD, room))
    unseen: tuple[Key, ...] = () if is_said(verdict) else ("overhead", "noticed", "changed")
    arranged = arrange((first,), _pieces(verdict), room, unseen)
    long = () if first == full else (fold("What happened, in full", full),)
    return Arranged(arranged.seen, (*long, *arranged.folded, *_folds(verdict)))


def is_said(verdict: Verdict) -> bool:
    """Whether there is something to say: a change, or a reason why nothing can be said.

    All within budget, only new cases, or nothing to measure is none: its report is two lines.
    """
    said = any(matters(entry.finding) for entry in entries(verdict))
    return said or verdict.problem is not None


def _pieces(verdict: Verdict) -> tuple[Piece, ...]:
    """Give what is to be seen, in the order in which it is shown."""
    found: tuple[tuple[Key, Rows | None, str, str], ...] = (
        ("overhead", _overhead(verdict), "remark", ": what an overhead compares"),
        ("behaviour", _behaviour(verdict), "remark", " on behaviour"),
        ("noticed", noticed(verdict), "remark", ": by chance, or newly failing"),
        ("changed", _changed(verdict), "changed row", ""),
        ("undecided", cannot_tell(verdict), "undecided row", ", each with what would settle it"),
        ("next", next_steps(verdict), "next step", ""),
    )
    return tuple(Piece(key, rows, noun, about) for key, rows, noun, about in found if rows)


def _folds(verdict: Verdict) -> tuple[Part, ...]:
    if not verdict.suites:
        return ()
    parts: tuple[Part | None, ...] = (
        overridden(verdict),
        _within(verdict),
        worth_a_look(verdict),
        other_statistics(verdict),
        *_outputs(verdict),
        quality(verdict),
        how_sure(verdict),
    )
    return tuple(part for part in parts if part is not None)


def last_line(verdict: Verdict, links: Links) -> str:
    """Name what was measured, where, and how to read and repeat it."""
    shas = [("head", verdict.head), (base_name(verdict), verdict.base), ("target", verdict.target)]
    if verdict.policy not in (None, verdict.target):
        shas.append(("policy", verdict.policy or ""))
    said = [f"{name} {code(sha[:SHA])}" for name, sha in shas]
    said += _hosts(verdict)
    run = links.run or next((suite.run for suite in verdict.suites), None)
    if run is not None:
        said.append(f"run {code(run)}")
    if links.json_url is not None:
        said.append(f"[JSON]({links.json_url})")
    if run is not None and is_stored(verdict):
        said.append(code(f"highwater replay {run}", 160))
    return f"<sub>{' · '.join(said)}</sub>"


def _hosts(verdict: Verdict) -> list[str]:
    hosts = sorted({suite.runner for suite in verdict.suites if suite.runner})
    return [f"host {', '.join(code(host) for host in hosts[:3])}"] if hosts else []


def _changed(verdict: Verdict) -> Rows | None:
    found = [entry for entry in entries(verdict) if is_change(entry.finding)]
    lines = tuple(_line(entry) for entry in found if not is_covered(entry.finding))
    return table(lines, cut=CUT_LATE) if lines else None


def _line(entry: Entry) -> str:
    finding = entry.finding
    named, reason = what(entry.suite, finding), why(entry.suite, finding)
    shown = (named, figures.from_to(finding), figures.changed(finding), reason)
    return row(mark(entry.suite, finding), *shown)


_MANY = 20  # names or lines that are listed in running text


def _overhead(verdict: Verdict) -> Rows | None:
    """Say what the two sides of an overhead are, which are no commits."""
    names = [code(one.suite) for one in verdict.suites if is_overhead(one)]
    if not names:
        return None
    said = (
        f"**Overhead** of {', '.join(names[:_MANY])}: both sides are head's code, as *base* "
        "without its risk rules, as *head* with them. The budget is absolute."
    )
    return Rows((said,))


def _behaviour(verdict: Verdict) -> Rows | None:
    """Say first of a strategy whether it did the same: then its quality is exactly unchanged."""
    lines = [
        _behaviour_line(suite, suite.behaviour)
        for suite in verdict.suites
        if suite.behaviour is not None
    ]
    return Rows(tuple(lines), noun="suite", cut=CUT_EARLY) if lines else None


def _behaviour_line(suite: SuiteVerdict, behaviour: Behaviour) -> str:
    signed = ", or ".join(map(_signed, behaviour.signed))
    points = plural(behaviour.points, "point")
    if behaviour.unchanged:
        said = f"{signed} of every point bit-equal ({points}): {_unchanged(suite)}"
    elif behaviour.changed:
        said = f"{signed} differ in {len(behaviour.changed)} of {points}"
    else:
        said = f"{signed} bit-equal in {points}"
    told = "; ".join((said, *_reservations(behaviour)))
    return f"**Behaviour** of {code(suite.suite)}: {told}."


def _unchanged(suite: SuiteVerdict) -> str:
    if suite.quality is not None and suite.quality.reproduced is False:
        return "this time, for a second run on the merge base gave other numbers"
    if suite.quality is not None and suite.quality.reproduced_head is False:
        return "this time, for a second run on head gave other numbers"
    return "quality is exactly unchanged"


def _signed(kind: str) -> str:
    return " and ".join(f"`{part}`" for part in kind.split(" and "))


def _reservations(behaviour: Behaviour) -> list[str]:
    """Say what keeps equal signatures from meaning equal quality."""
    metrics, unsigned, added = behaviour.other_metrics, behaviour.unsigned, behaviour.added
    said = []
    if metrics:
        where = "of one that is bit-equal" if len(metrics) == 1 else f"of {len(metrics)} of those"
        said.append(f"metrics {where} differ")
    if unsigned:
        said.append(f"{unsigned} more cannot be compared")
    if added:
        said.append(f"{plural(added, 'point')} new in head")
    return said


def _within(verdict: Verdict) -> Rows:
    found = entries(verdict)
    kept = [entry for entry in found if not is_change(entry.finding)]
    lines = tuple(map(_line, kept))
    expected = expected_things(verdict)
    ended = count(found, lambda finding: finding.reason is Reason.SUCCEEDED)
    compared = len(kept) - ended
    titled = [
        f"{compared} within budget",
        *([f"{plural(ended, 'command')} succeeded"] if ended else []),
        f"{missing(verdict)} missing{f' of {expected}' if expected else ''}",
        plural(count(found, lambda finding: finding.outcome is Outcome.ERROR), "error"),
    ]
    names = ", ".join(code(name) for name in verdict.skipped[:_MANY])
    skipped = f"Not measured, as none of their paths changed: {names}." if names else ""
    if not lines:
        return fold(" · ".join(titled), skipped or "No comparison.")
    return fold(" · ".join(titled), table(lines, cut=CUT_FIRST, after=skipped))


def _outputs(verdict: Verdict) -> list[Rows]:
    failing = [suite for suite in verdict.suites if suite.output_tail.strip()]
    return [
        fold(_output_title(suite), fenced(suite.output_tail, _TAIL_CHARACTERS))
        for suite in failing[:_TAILS]
    ]


def _output_title(suite: SuiteVerdict) -> str:
    failed = next((finding for finding in suite.findings if finding.step), None)
    if failed is None:
        return f"Output of {html_code(suite.suite)}"
    place = f" on {SIDES[failed.side]}" if failed.side else ""
    return f"Output of {html_code(failed.step)}{place}"
