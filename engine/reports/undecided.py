"""What is undecided, and for each row what would settle it."""

from __future__ import annotations

import math

from engine.evidence_conditions import WAITED
from engine.findings import Finding, SuiteVerdict, Verdict
from engine.reports import figures
from engine.reports.commands import more_pairs
from engine.reports.doubts import remedy
from engine.reports.entries import Entry, entries, with_outcome
from engine.reports.escape import inline
from engine.reports.spoken import what
from engine.reports.table import CUT_EARLY, Rows
from engine.reports.wording import plural
from engine.stats.constants import LONG
from engine.values import Outcome, SuiteKind

_MINUTE_S = 60.0
_OUT_OF_REACH = "Measure on a quieter machine, make the case run longer, or widen the budget."


def cannot_tell(verdict: Verdict) -> Rows | None:
    """List what is undecided, each with what would settle it; None when nothing is."""
    rows = with_outcome(entries(verdict), Outcome.INCONCLUSIVE)
    if not rows:
        return None
    head = (
        f"**Cannot tell ({len(rows)}).** The evidence allows no decision yet; this is not a pass."
        f"{_busy(rows)}"
    )
    lines = tuple(_undecided_line(entry, verdict) for entry in rows)
    return Rows(lines, before=head, noun="undecided row", cut=CUT_EARLY)


def _busy(rows: tuple[Entry, ...]) -> str:
    """Say first that a machine was busy: of all causes, the likeliest."""
    loose = (said for row in rows for said in row.suite.uncontrolled)
    waited = next((said for said in loose if said.startswith(WAITED)), None)
    return "" if waited is None else f" The machine was busy: {inline(waited)}."


def _undecided_line(entry: Entry, verdict: Verdict) -> str:
    """Say what would settle a row; its numbers stand in the table of the changed rows."""
    finding = entry.finding
    name = what(entry.suite, finding)
    if entry.suite.kind is SuiteKind.SWEEP:
        return f"- {name}: {_settles(entry, verdict)}"
    pairs = "no pair" if not finding.pairs else plural(finding.pairs, "pair")
    said = [f"- {name}, after {pairs}: {_settles(entry, verdict)}"]
    if finding.smallest_visible is not None:
        said.append(f"Changes show from {figures.spread(finding.smallest_visible)} on.")
    return " ".join(said)


def _settles(entry: Entry, verdict: Verdict) -> str:
    finding = entry.finding
    said = remedy(finding)
    if said is not None:
        return said[:1].lower() + said[1:]
    if finding.further_pairs is None:
        return (
            "no practical number of pairs would settle it: the effect lies at the budget, "
            "or the machine is too noisy for it."
        )
    pairs = f"about {finding.further_pairs:,} more pairs{_duration(finding, entry.suite)}"
    if (finding.pairs or 0) + finding.further_pairs > LONG.last:
        return f"it would take {pairs}; a row gets {LONG.last} at most. {_OUT_OF_REACH}"
    return f"{pairs} would settle it: {more_pairs(verdict, entry.suite)}."


def _duration(finding: Finding, suite: SuiteVerdict) -> str:
    """Say how long more pairs take at most: where its case is launched alone, they take less."""
    if suite.pair_s is None or finding.further_pairs is None:
        return ""
    seconds = suite.pair_s * finding.further_pairs
    if seconds < _MINUTE_S:
        return f" (up to about {max(1, math.ceil(seconds))} s)"
    return f" (up to about {math.ceil(seconds / _MINUTE_S):,} min)"
