"""Drifts: one issue for each suite that came too far from the level of one baseline's commit.

Which cases and metrics drifted, on which hardware, is kept row by row; all rows of a suite and an
origin commit share an issue, so that one slow change is one piece of news.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import msgspec

from bot.high_water import Origin, descends, high_water, merged_into, other_budgets
from bot.mirror import Mirror
from bot.nightly.marks import Mark
from bot.ports import Repository
from bot.services import Services, repository_of, verdict_url
from bot.store.checks import CheckRecord
from bot.store.drifts import DriftRecord
from engine.configuration import Configuration
from engine.debts import Merged
from engine.errors import UserError
from engine.findings import SuiteVerdict, Verdict
from engine.high_water import HighWater
from engine.identity import content_hash
from engine.ratchet import Course, Level, courses
from engine.reports import drift as said
from engine.settling import Settlement, StepState
from engine.values import CommitSha, RepositoryName, SuiteKind

_DIGITS = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """A check that paired a tip with a mark, and what is declared at the check's target."""

    check: CheckRecord
    mark: Mark
    configuration: Configuration
    mirror: Mirror


def watch_drifts(services: Services, pairing: Pairing, verdict: Verdict) -> None:
    """Open, update or close the issues of the suites that were paired.

    May be repeated. What the forge refuses is logged: it is no news of the check.

    Raises:
        TransientError: the forge or git is away; calling again goes on.
    """
    for suite in verdict.suites:
        declared = pairing.configuration.suites.get(suite.suite)
        cases = None if suite.kind is SuiteKind.SWEEP else pairing.mark.cases
        ratchet = None if declared is None else declared.ratchet
        found = courses(suite, ratchet, cases)
        rows = _updated(services, pairing, suite.suite, found)
        if rows:
            _tell(services, pairing, suite, _worst_first(rows, found))
    extra = {"check": pairing.check.id, "origin": pairing.mark.commit}
    log.info("drifts_watched", extra=extra)


def close_outdated(
    services: Services, repository: Repository, origins: Collection[str], tip: CommitSha
) -> None:
    """Close the drifts from baselines that are not accepted any more."""
    stale = [
        record
        for record in services.drifts.of_repository(repository.name, "open")
        if record.baseline_commit not in origins
    ]
    for suite, commit in sorted({(one.suite, one.baseline_commit) for one in stale}):
        rows = [one for one in stale if (one.suite, one.baseline_commit) == (suite, commit)]
        _close(services, repository, rows, tip, accepted=True)


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


def _worst_first(rows: Iterable[DriftRecord], found: Sequence[Course]) -> list[_Row]:
    limits = {(one.case, one.metric, one.fingerprint): one.limit for one in found}
    open_or_not = [
        _Row(record=one, limit=limits.get((one.case, one.metric, one.fingerprint))) for one in rows
    ]
    return sorted(open_or_not, key=lambda row: (-abs(row.record.change), row.record.case))


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    """A stored row, with the budget that it was held to this time; None: it was not measured."""

    record: DriftRecord
    limit: float | None

    @property
    def course(self) -> Course:
        one = self.record
        return Course(
            case=one.case,
            metric=one.metric,
            fingerprint=one.fingerprint,
            level=Level.OVER,
            change=one.change,
            low=one.low,
            high=one.high,
            limit=self.limit,
        )


def _tell(services: Services, pairing: Pairing, suite: SuiteVerdict, rows: Sequence[_Row]) -> None:
    check, origin = pairing.check, pairing.mark.commit
    repository = repository_of(check)
    drifting = [row for row in rows if row.record.status == "open"]
    if not drifting:
        records = [row.record for row in rows if row.record.issue is not None]
        _close(services, repository, records, check.head, accepted=False)
        return
    key = _key(check.repository, suite.suite, origin)
    merged = merged_into(pairing.mirror.directory, check.head, origin)
    drift = said.Drift(
        suite=suite.suite,
        commit=origin,
        head=check.head,
        rows=tuple(row.course for row in drifting),
        exact=suite.kind is SuiteKind.SWEEP,
        mark=_mark(services, pairing, suite.suite, merged),
        steps=_steps(services, check.repository, suite.suite, merged),
        url=verdict_url(services.public_url, check.id),
    )
    is_news = any(row.record.issue is None for row in drifting)
    open_ = is_news or _is_open(services, repository, key)  # what people closed stays so
    number = _put(
        services, repository, key, (said.title(drift), said.body(drift, key)), open_=open_
    )
    for row in drifting:
        services.drifts.put(msgspec.structs.replace(row.record, issue=number))


def _close(
    services: Services,
    repository: Repository,
    records: Sequence[DriftRecord],
    head: CommitSha,
    *,
    accepted: bool,
) -> None:
    """Close the issue of a suite's drift first: whoever dies in between closes it again."""
    if not records:
        return
    suite, commit = records[0].suite, records[0].baseline_commit
    key = _key(repository.name, suite, commit)
    text = said.closed_body(key, suite, commit, head=head, accepted=accepted)
    if _is_open(services, repository, key):
        _put(services, repository, key, (said.closed_title(suite, commit), text), open_=False)
    for record in records:
        services.drifts.put(msgspec.structs.replace(record, status="closed"))
    log.info("drift_closed", extra={"repository": repository.name, "suite": suite})


def _is_open(services: Services, repository: Repository, key: str) -> bool:
    try:
        present = services.forge.find_issue(repository, said.marker(key))
    except UserError as refused:
        log.warning("forge_refused", extra={"repository": repository.name, "problem": str(refused)})
        return False
    return present is not None and present.open


def _put(
    services: Services, repository: Repository, key: str, text: tuple[str, str], *, open_: bool
) -> int | None:
    """Bring an issue to this state; None where there is none, or the forge refuses it."""
    try:
        return services.forge.put_issue(repository, said.marker(key), *text, is_open=open_)
    except UserError as refused:
        extra = {"repository": repository.name, "problem": str(refused)}
        log.error("forge_refused", extra=extra)  # noqa: TRY400 - the message says it all
        return None


def _key(repository: RepositoryName, suite: str, commit: str) -> str:
    return content_hash((repository, suite, commit))[:_DIGITS]


def _mark(services: Services, pairing: Pairing, suite: str, merged: Merged) -> HighWater:
    check, mark = pairing.check, pairing.mark
    debts = services.debts.debts(check.repository, suite)
    origin = Origin(mark.file, mark.commit, mark.recorded)
    found = high_water(origin, merged, debts, services.clock.now())
    mirror = pairing.mirror
    return msgspec.structs.replace(
        found,
        descends=descends(mirror.directory, check.head, mark.commit),
        other_budgets=other_budgets(mirror, mark.commit, check.target, (suite,)),
    )


def _steps(
    services: Services, repository: RepositoryName, suite: str, merged: Merged
) -> tuple[Settlement, ...]:
    """List the confirmed steps of a suite's history among what was merged."""
    return tuple(
        one
        for one in services.settlings.settlements(repository)
        if one.suite == suite and one.state is StepState.CONFIRMED and one.after in merged.commits
    )
