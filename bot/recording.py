"""What a concluded check leaves behind: points of the history, and its losses in the ledger."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator

from bot.services import Services
from bot.store.checks import CheckRecord
from bot.store.history import CommitPair
from engine.debts import debts_of
from engine.findings import Finding, Reason, SuiteVerdict, Verdict, VerdictKind
from engine.history import HistoryPoint
from engine.values import SuiteKind

log = logging.getLogger(__name__)

_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
# Of these no launch of the base stands behind the number, or another copy measured it.
_NO_LEVEL = frozenset({Reason.SCREENED, Reason.OWN_COPY})
_ON_THE_BRANCH: frozenset[VerdictKind] = frozenset({"push", "nightly"})


def record(services: Services, check: CheckRecord, verdict: Verdict) -> None:
    """Store the levels of a check's commits, and a pull request's losses; may be repeated.

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
    """Read the levels of the measured base off a verdict: one of each case and gating metric.

    Of what was measured on the branch itself the head has a level, too: it is what was merged.
    """
    levels = [(verdict.base, _of_base)]
    if verdict.kind in _ON_THE_BRANCH and verdict.head != verdict.base:
        levels.append((verdict.head, _of_head))
    return tuple(
        point
        for commit, level_of in levels
        for suite in verdict.suites
        for finding in suite.findings
        for point in _points(commit, level_of(finding), (suite, finding), measured_utc)
    )


def _of_base(finding: Finding) -> float | None:
    return finding.base


def _of_head(finding: Finding) -> float | None:
    return finding.head


def _points(
    commit: str, level: float | None, row: tuple[SuiteVerdict, Finding], measured_utc: str
) -> Iterator[HistoryPoint]:
    suite, finding = row
    fingerprint = suite.fingerprint
    if suite.kind is not SuiteKind.BENCHMARK or fingerprint is None or not _has_level(finding):
        return
    if level is not None and 0 < level < math.inf and finding.better is not None:
        yield HistoryPoint(
            suite=suite.suite,
            case=finding.case,
            metric=finding.metric,
            fingerprint=fingerprint,
            commit=commit,
            level=level,
            launches=finding.pairs or 0,
            measured_utc=measured_utc,
            run=suite.run,
            unit=finding.unit,
            better=finding.better,
        )


def _has_level(finding: Finding) -> bool:
    about_a_case = bool(finding.case) and not finding.whole_suite
    return about_a_case and finding.statistic == "level" and finding.reason not in _NO_LEVEL
