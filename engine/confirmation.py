"""The second host: a regression stands when another runner with the same tags finds it too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from engine.findings import Elsewhere, Finding, Reason, SuiteVerdict
from engine.gates import CLOCKS
from engine.identity import derived_seed
from engine.orders import RunOrder
from engine.outcomes import decisive, worst_outcome
from engine.values import Outcome

_NONCE_DIGITS = 32
NOT_ANSWERED = "a second runner was asked to confirm the regression and did not answer"


def in_doubt(verdict: SuiteVerdict) -> tuple[str, ...] | None:
    """Name the cases that a second runner is to measure: those with a regression.

    None: all of them, because the suite as a whole regressed, and its mean is over every case.
    Empty: no regression, so there is nothing to confirm.
    """
    red = [one for one in verdict.findings if one.outcome is Outcome.REGRESSION]
    if any(one.whole_suite for one in red):
        return None
    return tuple(sorted({str(one.case) for one in red if one.case}))


def confirming_order(
    order: RunOrder, cases: tuple[str, ...] | None, *, not_on: Iterable[str], entropy: str
) -> RunOrder:
    """Order the same suite of the same commits again, for a runner that is none of *not_on*.

    *cases* are those to measure, None for all. Nothing that the first run measured is continued,
    and what happens by chance is drawn anew. The nonce derives from *entropy*, as the first one's.
    """
    run = f"{order.run}c"
    return msgspec.structs.replace(
        order,
        run=run,
        nonce=hashlib.sha256(f"{entropy}/{run}".encode()).hexdigest()[:_NONCE_DIGITS],
        seed=derived_seed(order.seed, "second runner"),
        earlier=(),
        earlier_fingerprint=None,
        earlier_terms=None,
        others=(),
        family=0,
        cases=cases,
        suites_of_check=1,
        confirms=order.run,
        not_on=tuple(sorted(not_on)),
    )


def confirmed(first: SuiteVerdict, second: SuiteVerdict | None, *, asked: bool) -> SuiteVerdict:
    """Hold the regressions of *first* against what a *second* runner found of the same cases.

    A regression there too lets one stand; anything else there makes it inconclusive, and both
    are shown. Which clock decided may differ between the two, and so may whether it was the level
    or the mean of the launches. *asked*: a second runner was asked at all; without its answer
    (None) the first verdict stands, with a caveat.
    """
    if second is None:
        if not asked:
            return first
        return msgspec.structs.replace(first, caveats=(*first.caveats, NOT_ANSWERED))
    findings = tuple(
        _held(one, second) if one.outcome is Outcome.REGRESSION else one for one in first.findings
    )
    worst = decisive(findings)
    return msgspec.structs.replace(
        first,
        findings=findings,
        outcome=worst_outcome(findings),
        reason=None if worst is None else worst.reason,
        second_runner=second.runner,
    )


def _held(finding: Finding, second: SuiteVerdict) -> Finding:
    other = _counterpart(finding, second.findings)
    elsewhere = _elsewhere(other, second)
    if elsewhere.outcome is Outcome.REGRESSION:
        return msgspec.structs.replace(finding, elsewhere=elsewhere)
    return msgspec.structs.replace(
        finding,
        outcome=Outcome.INCONCLUSIVE,
        reason=Reason.HOSTS_DISAGREE,
        elsewhere=elsewhere,
    )


def _counterpart(finding: Finding, others: tuple[Finding, ...]) -> Finding | None:
    """Find the row that confirms or doubts: a red one of the same quantity, or else its level.

    Of one quantity are the level and the mean of a metric, and the times by either clock.
    """
    same = (one for one in others if _quantity(one) == _quantity(finding))
    return min(same, key=lambda one: _remoteness(finding, one), default=None)


def _quantity(finding: Finding) -> tuple[str, bool, str]:
    name = finding.metric
    if finding.statistic == "mean":
        name = name.removeprefix("mean ")
    return (finding.case, finding.whole_suite, "time" if name in CLOCKS else name)


def _remoteness(finding: Finding, other: Finding) -> tuple[bool, bool, bool]:
    is_red = other.outcome is Outcome.REGRESSION
    return (not is_red, other.statistic != "level", other.metric != finding.metric)


def _elsewhere(other: Finding | None, second: SuiteVerdict) -> Elsewhere:
    runner, cpu = second.runner or "", second.cpu or ""
    if other is None:
        failed = any(one.outcome is Outcome.ERROR for one in second.findings)
        outcome = Outcome.ERROR if failed else Outcome.NO_VERDICT
        return Elsewhere(runner=runner, cpu=cpu, outcome=outcome)
    return Elsewhere(
        runner=runner,
        cpu=cpu,
        outcome=other.outcome,
        change=other.change,
        low=other.low,
        high=other.high,
        pairs=other.pairs,
    )


__all__ = ["NOT_ANSWERED", "confirmed", "confirming_order", "in_doubt"]
