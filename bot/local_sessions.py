"""Checks on this machine that go on with what earlier ones of the same files measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from bot.checks.planning import PlannedRun
from engine.continued import continued
from engine.findings import SuiteVerdict, Verdict
from engine.orders import RunOrder, RunReport
from engine.series import whole_pairs


class Kept(Protocol):
    """What earlier checks measured, and where this one's evidence goes."""

    def continuing(self, planned: Iterable[PlannedRun]) -> tuple[PlannedRun, ...]:
        """Let orders go on with what is kept; one without gets draws that nobody chose."""

    def keep(self, order: RunOrder, report: RunReport) -> None:
        """Keep what *report* adds."""

    def keep_family(self, orders: Iterable[RunOrder], verdict: Verdict) -> None:
        """Keep how many comparisons the check had."""


def with_continued(verdict: SuiteVerdict, order: RunOrder) -> SuiteVerdict:
    """Say how many pairs of earlier checks the verdict stands on."""
    session = None if verdict.fingerprint is None else continued(order, verdict.fingerprint)
    paired = () if session is None else session.launches
    pairs = len(whole_pairs(one for one in paired if one.purpose == "pair"))
    if not pairs:
        return verdict
    counted = "1 pair" if pairs == 1 else f"{pairs} pairs"
    said = f"reuses {counted} of earlier checks here of the same files"
    return msgspec.structs.replace(verdict, caveats=(said, *verdict.caveats))
