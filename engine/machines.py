"""Machines that disagree: the same comparison decided one way here and another way there."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from engine.findings import Elsewhere, Finding, Reason
from engine.values import Outcome

_GREEN = frozenset({Outcome.PASS, Outcome.IMPROVEMENT})


def disagreeing(
    findings: Iterable[Finding], there: Iterable[Finding], fingerprint: str
) -> tuple[Finding, ...]:
    """Take back what was decided here where hardware of *fingerprint* decided otherwise.

    Only a regression on one and green on the other is a disagreement: what is open there leaves
    a row as it is.
    """
    others = {_row(one): one for one in there}
    return tuple(_held(one, others.get(_row(one)), fingerprint) for one in findings)


def _row(finding: Finding) -> tuple[str, bool, str]:
    return (finding.case, finding.whole_suite, finding.metric)


def _held(finding: Finding, other: Finding | None, fingerprint: str) -> Finding:
    if other is None or not _differ(finding.outcome, other.outcome):
        return finding
    elsewhere = Elsewhere(
        runner=f"hardware {fingerprint[:8]}",
        cpu="",
        outcome=other.outcome,
        change=other.change,
        low=other.low,
        high=other.high,
        pairs=other.pairs,
    )
    return msgspec.structs.replace(
        finding,
        outcome=Outcome.INCONCLUSIVE,
        reason=Reason.HOSTS_DISAGREE,
        further_pairs=None,
        elsewhere=elsewhere,
    )


def _differ(here: Outcome, there: Outcome) -> bool:
    red = Outcome.REGRESSION
    return (here is red and there in _GREEN) or (there is red and here in _GREEN)
