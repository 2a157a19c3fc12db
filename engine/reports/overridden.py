"""What people have said about red rows: accepted or muted, by whom, why, and until when."""

from __future__ import annotations

from collections.abc import Iterator

from engine.findings import Finding, Verdict
from engine.overrides import Override
from engine.overriding import covers, quantity
from engine.reports import figures
from engine.reports.entries import Entry, entries, with_outcome
from engine.reports.escape import code, inline, word
from engine.reports.spoken import what, why
from engine.reports.table import CUT_EARLY, Rows, fold
from engine.reports.wording import Show
from engine.values import Outcome

_DAY = len("2026-01-31")
_MANY = 3  # so many people are named in one sentence


def is_covered(finding: Finding) -> bool:
    """Whether somebody took a row out of what decides."""
    return finding.override is not None


def covered(verdict: Verdict) -> tuple[Entry, ...]:
    """List the rows that were accepted or muted, the weightiest first."""
    return tuple(entry for entry in entries(verdict) if is_covered(entry.finding))


def who_accepted(verdict: Verdict) -> tuple[str, ...]:
    """Name those who accepted rows of the verdict, each once."""
    found = (override_of(verdict, entry) for entry in covered(verdict))
    return tuple(dict.fromkeys(one.by for one in found if one and one.kind == "accept"))


def override_of(verdict: Verdict, entry: Entry) -> Override | None:
    """Find the override that covers a row; None where the document has none of it."""
    suite, finding = entry.suite, entry.finding
    fits = (one for one in verdict.overrides if covers(one, suite, finding, verdict.head))
    return next((one for one in fits if one.kind == finding.override), None)


def overridden(verdict: Verdict) -> Rows | None:
    """Fold what was accepted or muted, and the overrides that cover nothing here; None: neither."""
    rows = covered(verdict)
    lines = (*(_row(verdict, entry) for entry in rows), *_idle(verdict, rows))
    if not lines:
        return None
    counts = {kind: sum(row.finding.override == kind for row in rows) for kind in _DONE}
    said = [f"{counts[kind]} {word}" for kind, word in _DONE.items() if counts[kind]]
    title = " · ".join(said) if said else "Overrides that cover nothing here"
    return fold(title, Rows(lines, noun="override", cut=CUT_EARLY))


_DONE = {"accept": "accepted", "mute": "muted"}


def said_of(one: Override) -> str:
    """Say who did what until when, and why: "accepted by `ann`: known and wanted".

    >>> said_of(Override(kind="mute", suite="core", by="ann", reason="the disk is replaced",
    ...     created_utc="2026-01-02T03:04:05Z", until_utc="2026-02-01T00:00:00Z"))
    'muted until 2026-02-01 by `ann`: the disk is replaced'
    """
    until = f" until {one.until_utc[:_DAY]}" if one.until_utc else ""
    return f"{_DONE[one.kind]}{until} by {code(one.by, 40)}: {inline(one.reason).rstrip('.')}"


def people(names: tuple[str, ...], show: Show = code) -> str:
    """Name people, never as a mention; of many the first few and how many more.

    >>> people(("ann", "bob"))
    '`ann` and `bob`'
    """
    shown = [show(name) for name in names[:_MANY]]
    shown += [f"{len(names) - _MANY} more"] if len(names) > _MANY else []
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if shown[1:] else "".join(shown)


def _row(verdict: Verdict, entry: Entry) -> str:
    finding, one = entry.finding, override_of(verdict, entry)
    numbers = figures.changed(finding)
    decided = f"{what(entry.suite, finding)}: {numbers}, {why(entry.suite, finding)}"
    stands = said_of(one) if one is not None else _DONE.get(finding.override or "", "")
    return f"- {decided}; {stands}."


def _idle(verdict: Verdict, rows: tuple[Entry, ...]) -> Iterator[str]:
    """Tell of each override in force that covers no row why it does not."""
    used = {override_of(verdict, entry) for entry in rows}
    for one in verdict.overrides:
        if one not in used:
            scope = code("::".join(part for part in (one.suite, one.case) if part))
            metric = f" {word(quantity(one.metric))}" if one.metric else ""
            yield f"- {scope}{metric}: {said_of(one)}. {_why_idle(verdict, one)}"


def _why_idle(verdict: Verdict, one: Override) -> str:
    if one.kind == "accept" and any(_is_about(one, entry) for entry in _red(verdict)):
        return "It is worse now than when it was accepted, so it counts again."
    return "It covers no row of this check."


def _red(verdict: Verdict) -> Iterator[Entry]:
    for entry in with_outcome(entries(verdict), Outcome.REGRESSION):
        if not is_covered(entry.finding):
            yield entry


def _is_about(one: Override, entry: Entry) -> bool:
    """Whether an override names a row, covered by it or not."""
    finding = entry.finding
    same = (one.suite, one.case) == (entry.suite.suite, finding.case)
    return same and quantity(one.metric) == quantity(finding.metric)
