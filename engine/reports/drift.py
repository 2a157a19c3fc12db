"""The issue about a drift: how far a suite came from its accepted level, and by whose merges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.commands import Verb, written
from engine.high_water import HighWater
from engine.ratchet import Course
from engine.reports import figures
from engine.reports.escape import code, inline, plain
from engine.reports.high_water import high_water_lines
from engine.reports.table import CUT_EARLY, CUT_LAST, Part, Rows, fit, row
from engine.reports.wording import SHA
from engine.settling import Settlement

MAX_BODY = 65_536
MAX_TITLE = 200
_NAMED = 60  # characters of a name in the title
_EARLIER = " A row with a day is what that night told: this one could not tell."
_HEADER = (
    "| what | since the baseline (99 % interval) | ratchet budget | hardware |\n"
    "| :-- | :-- | --: | :-- |"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """What is known of a suite that came too far from the level of *commit*.

    *rows* are over the ratchet budget, the worst first; *steps* are confirmed ones of the history
    since *commit*. *exact*: the changes are differences of a sweep's metric and no fractions.
    """

    suite: str
    commit: str
    head: str
    rows: tuple[Course, ...]
    exact: bool = False
    mark: HighWater | None = None
    steps: tuple[Settlement, ...] = ()
    url: str | None = None


def marker(key: str) -> str:
    """Give the hidden mark by which an issue is found again.

    >>> marker("1a2b")
    '<!-- highwater:drift:1a2b -->'
    """
    return f"<!-- highwater:drift:{key} -->"


def title(drift: Drift) -> str:
    """Name the suite and how far its worst row came; plain text."""
    worst, others = drift.rows[0], len(drift.rows) - 1
    more = f", and {others} more" if others else ""
    metric = plain(worst.metric, _NAMED)
    what = metric if drift.exact else f"{plain(worst.case, _NAMED)} ({metric})"
    change = _change(worst, exact=drift.exact)
    since = f"since the baseline of {drift.commit[:SHA]}"
    return f"Drift in {plain(drift.suite, _NAMED)}: {what} {change} {since}{more}"[:MAX_TITLE]


def body(drift: Drift, key: str) -> str:
    """Tell what drifted, by whose merges, and what ends it; the same drift gives the same text."""
    return fit(tuple(_parts(drift, key)), MAX_BODY, drift.url)


def closed_title(suite: str, commit: str) -> str:
    """Name a drift that is over."""
    return f"Drift in {plain(suite, _NAMED)} since the baseline of {commit[:SHA]}: over"


def closed_body(key: str, suite: str, commit: str, *, head: str, accepted: bool) -> str:
    """Say why a drift is over: another level is *accepted* now, or it is within its budget."""
    why = (
        f"{code(suite)} is not held to the baseline of {code(commit[:SHA])} any more: another one "
        f"is accepted at {code(head[:SHA])}, or nights pair with none."
        if accepted
        else f"At {code(head[:SHA])}, {code(suite)} is within its ratchet budget again."
    )
    return "\n\n".join((marker(key), why, "This issue is opened again should it drift again."))


def _parts(drift: Drift, key: str) -> Iterator[Part]:
    yield marker(key)
    yield (
        f"**{code(drift.suite)} came further from its accepted level than its ratchet budget "
        f"allows.** {code(drift.head[:SHA])} was paired with {code(drift.commit[:SHA])}, the "
        "commit of its baseline, on one machine."
        + (_EARLIER if any(one.as_of for one in drift.rows) else "")
    )
    lines = tuple(_row(one, exact=drift.exact) for one in drift.rows)
    yield Rows(lines, header=_HEADER, cut=CUT_EARLY)
    if drift.mark is not None:
        said = (_apart(line) for line in high_water_lines(drift.mark))
        yield Rows(tuple(said), before="### Where it comes from", noun="line", cut=CUT_LAST)
    if drift.steps:
        yield Rows(tuple(map(_step, drift.steps)), before="### Steps", noun="step")
    yield from _ends(drift)


def _apart(line: str) -> str:
    """Part a paragraph from what is above it; the lines of a list stay together."""
    return line if line.startswith("- ") else f"\n{line}"


def _row(one: Course, *, exact: bool) -> str:
    what = inline(one.metric) if exact else f"{code(one.case)} ({inline(one.metric)})"
    change = _change(one, exact=exact)
    told = change if one.as_of is None else f"{change}, as of {one.as_of}"
    return row(what, told, _budget(one, exact=exact), inline(one.fingerprint[:8]))


def _change(one: Course, *, exact: bool) -> str:
    if exact and one.low == one.high:
        return _signed(one.change)
    if exact:
        ends = f"{_signed(one.low)} to {_signed(one.high)}"
        return f"{_signed(one.change)} ({ends})"
    shown = [figures.percent(each) for each in (one.change, one.low, one.high)]
    return f"{shown[0]} % ({shown[1]} to {shown[2]} %)"


def _signed(value: float) -> str:
    return f"{value:+.4g}".replace("-", figures.MINUS)


def _budget(one: Course, *, exact: bool) -> str:
    if one.limit is None:
        return figures.ABSENT
    return f"{one.limit:g}" if exact else f"{100 * one.limit:g} %"


def _step(one: Settlement) -> str:
    between = f"{code(one.before[:SHA])} and {code(one.after[:SHA])}"
    change, low, high = one.change, one.low, one.high
    if change is None or low is None or high is None:
        return f"- {code(one.case)} ({inline(one.metric)}) between {between}"
    shown = [figures.percent(each) for each in (change, low, high)]
    size = f"{shown[0]} % ({shown[1]} to {shown[2]} %)"
    return f"- {code(one.case)} ({inline(one.metric)}) between {between}: {size}"


def _ends(drift: Drift) -> Iterator[str]:
    promote = code(f'{written(Verb.PROMOTE, suite=drift.suite)} reason="…"')
    yield "### What ends this"
    yield (
        "- Win the loss back: the next night that measures it within its budget closes this issue."
        f"\n- Or accept the new level: {promote} on the pull request that "
        "brings it, or the file that `highwater nightly --candidate` writes."
    )
    if drift.url is not None:
        yield f"All numbers: [JSON]({drift.url})."


__all__ = ["Drift", "body", "closed_body", "closed_title", "marker", "title"]
