"""The verdicts that a pull request had before, folded at the end of its comment."""

from __future__ import annotations

from dataclasses import dataclass

from engine.reports.escape import code
from engine.reports.table import CUT_FIRST, Rows, fold
from engine.reports.wording import MARKS, SHA
from engine.values import Outcome

_HEADING = "## "
_MINUTE = len("2026-01-31T12:34")
_CALLED = {
    Outcome.PASS: "No regression",
    Outcome.IMPROVEMENT: "Better",
    Outcome.REGRESSION: "Regression",
    Outcome.INCONCLUSIVE: "Cannot tell",
    Outcome.NO_VERDICT: "Not a verdict",
    Outcome.ERROR: "Not measured",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierVerdict:
    """One verdict as it was published: of which head, when, and its first line as Markdown."""

    check: str
    head: str
    outcome: Outcome
    decided_utc: str  # ISO 8601, to the second
    said: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest of a pull request's earlier verdicts, newest first, and how many there were."""

    newest: tuple[EarlierVerdict, ...] = ()
    count: int = 0


NONE_EARLIER = Earlier()


def first_line(comment: str, outcome: Outcome) -> str:
    r"""Give the decision off a published comment, which another version may have worded.

    >>> first_line("<!-- highwater:verdict -->\n## ✅ Better: `a`\n\n…", Outcome.IMPROVEMENT)
    '✅ Better: `a`'
    >>> first_line("As it was.", Outcome.REGRESSION)
    '❌ Regression'
    """
    lines = comment.splitlines()[:2]
    said = next((line for line in lines if line.startswith(_HEADING)), None)
    return said.removeprefix(_HEADING) if said else f"{MARKS[outcome]} {_CALLED[outcome]}"


def earlier_verdicts(earlier: Earlier) -> tuple[Rows, ...]:
    """Fold the earlier verdicts, newest first; nothing where there are none."""
    if not earlier.newest:
        return ()
    older = earlier.count - len(earlier.newest)
    after = f"… and {older} older." if older > 0 else ""
    lines = tuple(map(_line, earlier.newest))
    rows = Rows(lines, after=after, noun="earlier verdict", cut=CUT_FIRST)
    return (fold(f"Earlier verdicts: {earlier.count}", rows),)


def _line(one: EarlierVerdict) -> str:
    when = one.decided_utc[:_MINUTE].replace("T", " ")
    return f"- {one.said} (head {code(one.head[:SHA])}, {when} UTC, check {code(one.check)})"
