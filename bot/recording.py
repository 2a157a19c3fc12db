"""What a concluded check leaves behind: points of the history, and its losses in the ledger."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator

from bot.services import Services
from bot.store.checks import CheckRecord
from bot.store.history import CommitPair
from engine.debts import debts_of
from engine.findings import Finding, Reason, SuiteVerdict, Verdict
from engine.history import HistoryPoint
from engine.values import SuiteKind

log = logging.getLogger(__name__)

_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
# Of these no launch of the base stands behind the number, or another copy measured it.
_NO_LEVEL = frozenset({Reason.SCREENED, Reason.OWN_COPY})


def record(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Store the base's levels of a check, and a pull request's losses; may be repeated.

    Raises:
        sqlalchemy.exc.OperationalError: the database is away.
    """
    now = services.clock.now().strftime(_UTC_SECONDS)
    points = points_of(verdict, now)
    # A check of the same pair goes on with what the former ones measured: no launch counts twice.
    pair = CommitPair(verdict.base, verdict.head)
    services.history.store(check.repository, points, instead_of=pair)
    if verdict.pull_request is None:
        return
    debts = debts_of(verdict, now)
    measured = {
        (suite.suite, suite.fingerprint)
        for suite in verdict.suites
        if suite.fingerprint is not None and suite.kind is SuiteKind.BENCHMARK
    }
    services.debts.replace(check.repository, verdict.pull_request, measured, debts)
    if points or debts:
        extra = {"check": check.id, "points": len(points), "debts": len(debts)}
        log.info("history_recorded", extra=extra)


def points_of(verdict: Verdict, measured_utc: str) -> tuple[HistoryPoint, ...]:
    """Read the levels of the measured base off a verdict: one of each case and gating metric."""
    return tuple(
        point
        for suite in verdict.suites
        for finding in suite.findings
        for point in _points(verdict.base, suite, finding, measured_utc)
    )


def _points(
    base: str, suite: SuiteVerdict, finding: Finding, measured_utc: str
) -> Iterator[HistoryPoint]:
    level, fingerprint = finding.base, suite.fingerprint
    if suite.kind is not SuiteKind.BENCHMARK or fingerprint is None or not _is_of_base(finding):
        return
    if level is not None and 0 < level < math.inf and finding.better is not None:
        yield HistoryPoint(
            suite=suite.suite,
            case=finding.case,
            metric=finding.metric,
            fingerprint=fingerprint,
            commit=base,
            level=level,
            launches=finding.pairs or 0,
            measured_utc=measured_utc,
            run=suite.run,
            unit=finding.unit,
            better=finding.better,
        )


def _is_of_base(finding: Finding) -> bool:
    about_a_case = bool(finding.case) and not finding.whole_suite
    return about_a_case and finding.statistic == "level" and finding.reason not in _NO_LEVEL
