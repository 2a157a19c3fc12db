"""Numbers beside the verdict: shown, folded, and never a reason for red."""

from __future__ import annotations

from engine.findings import Also, Finding, Verdict
from engine.reports import figures
from engine.reports.entries import Entry, entries
from engine.reports.escape import word
from engine.reports.reasons import budget
from engine.reports.spoken import is_overhead, what
from engine.reports.table import CUT_EARLY, CUT_FIRST, Rows, fold
from engine.reports.wording import plural, subject
from engine.stats.constants import FAMILY_ADVISORY
from engine.values import Outcome

_NAMES = {"mean": "mean", "p95": "95th centile", "wall": "wall time", "cpu": "CPU time"}


def worth_a_look(verdict: Verdict) -> Rows | None:
    """Fold the rows that are likely worse and not red; None when there are none."""
    found = [entry for entry in entries(verdict) if _is_advised(entry.finding)]
    if not found:
        return None
    chance = round(1 / FAMILY_ADVISORY)
    before = (
        f"Likely worse, yet not enough for red. By chance alone, about 1 in {chance} of the rows "
        "of such a list are there (Benjamini-Hochberg)."
    )
    lines = tuple(map(_advice, found))
    title = f"Worth a look: {plural(len(found), 'row')} likely worse, not red"
    return fold(title, Rows(lines, before=before, noun="row", cut=CUT_EARLY))


def other_statistics(verdict: Verdict) -> Rows | None:
    """Fold what else the same launches say; None where nothing was reckoned."""
    found = [entry for entry in entries(verdict) if entry.finding.also]
    if not found:
        return None
    title = "Mean and 95th centile, for information (a mean at least 10 % worse can turn red)"
    lines = tuple(map(_others, found))
    return fold(title, Rows(lines, noun="row", cut=CUT_FIRST))


def _is_advised(finding: Finding) -> bool:
    return finding.advisory and finding.outcome is not Outcome.REGRESSION


def _advice(entry: Entry) -> str:
    finding = entry.finding
    numbers = figures.change_with_interval(finding)
    return f"- {what(entry.suite, finding)}: {numbers}, {budget(finding)}"


def _others(entry: Entry) -> str:
    finding = entry.finding
    said = ", ".join(_other(finding, one) for one in finding.also)
    about = what(entry.suite, finding) if is_overhead(entry.suite) else None
    return f"- {about or subject(finding, entry.suite.suite)}: {said}"


def _other(finding: Finding, one: Also) -> str:
    return f"{_NAMES.get(one.name) or word(one.name)} {figures.alongside(finding, one)}"
