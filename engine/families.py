"""One family: everything that a check compares by chance, whatever the suite and the machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from engine.findings import Finding, Reason, SuiteVerdict
from engine.outcomes import decisive, worst_outcome
from engine.stats.constants import FAMILY_ADVISORY, FAMILY_ALARM
from engine.stats.multiplicity import benjamini_hochberg, holm
from engine.stats.prospects import to_the_next_look
from engine.values import Outcome


def held_together(suites: Sequence[SuiteVerdict]) -> tuple[SuiteVerdict, ...]:
    """Hold every finding with a p to its family; the order of suites and rows does not matter.

    A regression that fails Holm at 1 % cannot be told from chance yet. What is not red, yet
    stands out among all by Benjamini-Hochberg at 5 %, is marked as advice.
    """
    tested = [p for suite in suites for p in _p_values(suite)]
    held = iter(holm(tested, FAMILY_ALARM))
    likely = iter(benjamini_hochberg(tested, FAMILY_ADVISORY))
    return tuple(_held(suite, held, likely, len(tested)) for suite in suites)


def _p_values(suite: SuiteVerdict) -> list[float]:
    return [finding.p for finding in suite.findings if finding.p is not None]


def _held(
    suite: SuiteVerdict, held: Iterator[bool], likely: Iterator[bool], family: int
) -> SuiteVerdict:
    findings = tuple(
        finding
        if finding.p is None
        else _judged(finding, family, held=next(held), likely=next(likely))
        for finding in suite.findings
    )
    worst = decisive(findings)
    return msgspec.structs.replace(
        suite,
        findings=findings,
        outcome=worst_outcome(findings),
        reason=worst.reason if worst else None,
    )


def _judged(finding: Finding, family: int, *, held: bool, likely: bool) -> Finding:
    """Say how many comparisons it was one of, and what that makes of it."""
    red = finding.outcome is Outcome.REGRESSION and finding.reason is Reason.OVER_BUDGET
    if red and held:
        return msgspec.structs.replace(finding, family=family)
    if red:
        return msgspec.structs.replace(
            finding,
            outcome=Outcome.INCONCLUSIVE,
            reason=Reason.FAMILY,
            family=family,
            advisory=likely,
            further_pairs=to_the_next_look(finding.pairs or 0),
        )
    return msgspec.structs.replace(finding, family=family, advisory=likely)
