"""The first two lines of a check that is green because people accepted or muted its red rows."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Verdict
from engine.reports.entries import Entry, unechoed
from engine.reports.overridden import covered, override_of, people, said_of, who_accepted
from engine.reports.spoken import sentence, short
from engine.reports.wording import Show, plural
from engine.values import Outcome

_GREEN = frozenset({Outcome.PASS, Outcome.IMPROVEMENT})


def accepted_headlines(verdict: Verdict, show: Show) -> Iterator[str]:
    """Offer first lines such as "`decay` is slower, accepted by `ann`"; none where they do not fit.

    Only of what would be red without the overrides, and is green with them.
    """
    rows = _weighty(verdict)
    if not rows:
        return
    first = _short(rows[0], show)
    by = _by(verdict, show)
    if len(rows) == 1:
        yield f"{first}, {by}"
    else:
        yield f"{first}, {len(rows) - 1} more, {by}"
    are_red = all(one.finding.outcome is Outcome.REGRESSION for one in rows)
    counted = plural(len(rows), "regression" if are_red else "row")
    yield f"{counted}, {by}"
    yield f"{counted}, accepted or muted"


def accepted_lead(verdict: Verdict) -> str | None:
    """Say the largest of those rows with its numbers, and who took it out and why; None: none."""
    rows = _weighty(verdict)
    if not rows:
        return None
    one = override_of(verdict, rows[0])
    said = sentence(rows[0].suite, rows[0].finding)
    stands = "" if one is None else f" {_capital(said_of(one))}."
    more = f" And {len(rows) - 1} more." if rows[1:] else ""
    return f"{said}{stands}{more}"


def _weighty(verdict: Verdict) -> tuple[Entry, ...]:
    """Give the rows that would make a green check red."""
    if verdict.outcome not in _GREEN:
        return ()
    return unechoed(tuple(one for one in covered(verdict) if one.finding.outcome not in _GREEN))


def _short(entry: Entry, show: Show) -> str:
    if entry.finding.outcome is Outcome.REGRESSION:
        return short(entry.suite, entry.finding, show)
    return f"{show(entry.finding.case or entry.suite.suite)} is set aside"


def _by(verdict: Verdict, show: Show) -> str:
    """Say by whom; a mute has an end and covers all pull requests, so nobody's name is on it."""
    names = who_accepted(verdict)
    muted = any(one.finding.override == "mute" for one in covered(verdict))
    if not names:
        return "muted"
    by = f"accepted by {people(names, show)}"
    return f"{by} or muted" if muted else by


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
