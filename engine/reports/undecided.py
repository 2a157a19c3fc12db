"""What is undecided, and for each row what would settle it."""

from __future__ import annotations

import math

from engine.evidence_conditions import WAITED
from engine.findings import Finding, SuiteVerdict, Verdict
from engine.reports import figures
from engine.reports.commands import COMMAND, check_command, check_label
from engine.reports.doubts import remedy
from engine.reports.entries import Entry, entries, with_outcome
from engine.reports.escape import code, inline
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
    finding = entry.finding
    name = what(entry.suite, finding)
    if entry.suite.kind is SuiteKind.SWEEP:
        return f"- {name}: {figures.changed(finding)}. {_settles(entry, verdict)}"
    said = [f"- {name}: {_so_far(finding)}"]
    if finding.smallest_visible is not None:
        said.append(f"Changes show from {figures.spread(finding.smallest_visible)} on here.")
    return " ".join((*said, _settles(entry, verdict)))


def _so_far(finding: Finding) -> str:
    shown = figures.change_with_interval(finding)
    pairs = "no pair" if not finding.pairs else plural(finding.pairs, "pair")
    return f"no interval yet, {pairs}." if shown == figures.ABSENT else f"{shown} after {pairs}."


def _settles(entry: Entry, verdict: Verdict) -> str:
    finding = entry.finding
    said = remedy(finding)
    if said is not None:
        return said
    if finding.further_pairs is None:
        return (
            "No practical number of pairs would settle it: the effect lies at the budget, "
            "or the machine is too noisy for it."
        )
    pairs = f"About {finding.further_pairs:,} more pairs{_duration(finding, entry.suite)}"
    if (finding.pairs or 0) + finding.further_pairs > LONG.last:
        needed = pairs.replace("About", "It would take about", 1)
        return f"{needed}; a row gets {LONG.last} at most. {_OUT_OF_REACH}"
    return f"{pairs} would settle it: {_by(entry.suite, verdict)}."


def _by(suite: SuiteVerdict, verdict: Verdict) -> str:
    """Name what measures the further pairs."""
    if verdict.pull_request is None:
        return code(check_command(verdict, (suite,)), COMMAND)
    return f"*Re-run* of {check_label(suite)}"


def _duration(finding: Finding, suite: SuiteVerdict) -> str:
    """Say how long more pairs take at most: where its case is launched alone, they take less."""
    if suite.pair_s is None or finding.further_pairs is None:
        return ""
    seconds = suite.pair_s * finding.further_pairs
    if seconds < _MINUTE_S:
        return f" (up to about {max(1, math.ceil(seconds))} s)"
    return f" (up to about {math.ceil(seconds / _MINUTE_S):,} min)"
