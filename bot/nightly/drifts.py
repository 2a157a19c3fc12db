"""Drifts: one issue for each suite that came too far from the level of one baseline's commit.

Which cases and metrics drifted, on which hardware, is kept row by row; all rows of a suite and an
origin commit share an issue, so that one slow change is one piece of news.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

from bot.nightly.drift_issues import Pairing, Row, close_issue, let_go, tell
from bot.nightly.marks import Mark, Marks
from bot.ports import Repository
from bot.services import Services
from bot.store.drifts import DriftRecord
from engine.findings import SuiteVerdict, Verdict
from engine.ratchet import Course, Level, courses
from engine.values import CommitSha, SuiteKind

log = logging.getLogger(__name__)


def watch_drifts(services: Services, pairing: Pairing, verdict: Verdict) -> None:
    """Open, update or close the issues of the suites that were paired.

    May be repeated. What the forge refuses is logged: it is no news of the check.

    Raises:
        TransientError: the forge or git is away; calling again goes on.
    """
    for suite in verdict.suites:
        declared = pairing.configuration.suites.get(suite.suite)
        ratchet = None if declared is None else declared.ratchet
        found = courses(suite, ratchet, _held_cases(suite, pairing.mark))
        rows = _updated(services, pairing, suite.suite, found)
        if rows:
            tell(services, pairing, suite, _worst_first(rows, found))
    extra = {"check": pairing.check.id, "origin": pairing.mark.commit}
    log.info("drifts_watched", extra=extra)


def _held_cases(suite: SuiteVerdict, mark: Mark) -> frozenset[str] | None:
    """Name the cases that are held to a mark where they were measured; None: whatever they are."""
    if suite.kind is SuiteKind.SWEEP or suite.fingerprint is None:
        return None
    return mark.cases_on(suite.fingerprint)


def close_outdated(
    services: Services, repository: Repository, marks: Marks, tip: CommitSha
) -> None:
    """Close the drifts from levels that are not accepted any more.

    While a baseline file cannot be read nobody knows which these are: all stay as they are.
    """
    known = services.drifts.of_repository(repository.name, "open")
    outdated = [record for record in known if not _is_held(record, marks)]
    if outdated and marks.unread:
        extra = {"repository": repository.name, "unread": list(marks.unread)}
        log.warning("drifts_left_open", extra=extra)
        return
    for suite, commit in sorted({_issue_of(one) for one in outdated}):
        rows = [one for one in outdated if _issue_of(one) == (suite, commit)]
        if sum(_issue_of(one) == (suite, commit) for one in known) > len(rows):
            let_go(services, rows)  # the issue goes on about the others
        else:
            close_issue(services, repository, rows, tip, accepted=True)


def _is_held(record: DriftRecord, marks: Marks) -> bool:
    mark = marks.of(record.baseline_commit)
    return mark is not None and mark.holds(record.suite, record.case, record.fingerprint)


def _issue_of(record: DriftRecord) -> tuple[str, CommitSha]:
    return record.suite, record.baseline_commit


def _updated(
    services: Services, pairing: Pairing, suite: str, found: Sequence[Course]
) -> list[DriftRecord]:
    """Store what was found; gives the suite's rows of this origin that were ever open."""
    repository, origin = pairing.check.repository, pairing.mark.commit
    known = {
        (one.case, one.metric, one.fingerprint): one
        for one in services.drifts.of_repository(repository)
        if (one.suite, one.baseline_commit) == (suite, origin)
    }
    for course in found:
        key = (course.case, course.metric, course.fingerprint)
        before = known.get(key)
        if course.level is Level.UNKNOWN or (course.level is Level.WITHIN and before is None):
            continue  # what is open stays so until a night can tell
        known[key] = DriftRecord(
            repository=repository,
            suite=suite,
            fingerprint=course.fingerprint,
            case=course.case,
            metric=course.metric,
            baseline_commit=origin,
            issue=None if before is None or _opens(before, course) else before.issue,
            status="open" if course.level is Level.OVER else "closed",
            change=course.change,
            low=course.low,
            high=course.high,
            updated_utc=services.clock.now(),
        )
        services.drifts.put(known[key])
    return list(known.values())


def _opens(before: DriftRecord, course: Course) -> bool:
    """Whether a row that was over is so again, which is news."""
    return before.status == "closed" and course.level is Level.OVER


def _worst_first(rows: Iterable[DriftRecord], found: Sequence[Course]) -> list[Row]:
    told = {(one.case, one.metric, one.fingerprint): one for one in found}
    open_or_not = [
        Row(record=one, now=told.get((one.case, one.metric, one.fingerprint))) for one in rows
    ]
    return sorted(open_or_not, key=lambda row: (-abs(row.record.change), row.record.case))
