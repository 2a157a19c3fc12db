"""The issue of a drift, one for each suite and origin commit: opened, kept up to date, closed."""

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
from engine.findings import SuiteVerdict
from engine.high_water import HighWater
from engine.identity import content_hash
from engine.ratchet import Course, Level
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


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A stored row, and what was found of it this time; None: it was not measured."""

    record: DriftRecord
    now: Course | None

    @property
    def course(self) -> Course:
        """Say what is stored; where this time could not tell, with its day."""
        one, now = self.record, self.now
        is_told = now is not None and now.level is not Level.UNKNOWN
        return Course(
            case=one.case,
            metric=one.metric,
            fingerprint=one.fingerprint,
            level=Level.OVER,
            change=one.change,
            low=one.low,
            high=one.high,
            limit=None if now is None else now.limit,
            as_of=None if is_told else one.updated_utc.date().isoformat(),
        )


def tell(services: Services, pairing: Pairing, suite: SuiteVerdict, rows: Sequence[Row]) -> None:
    """Bring a suite's issue to what its rows are now, the worst first; closed once none is over.

    May be repeated. What the forge refuses is logged.

    Raises:
        TransientError: the forge or git is away.
    """
    check, origin = pairing.check, pairing.mark.commit
    repository = repository_of(check)
    drifting = [row for row in rows if row.record.status == "open"]
    if not drifting:
        records = [row.record for row in rows if row.record.issue is not None]
        close_issue(services, repository, records, check.head, accepted=False)
        return
    key = _key(suite.suite, origin)
    merged = merged_into(pairing.mirror.directory, check.head, origin)
    cases = {row.record.case for row in drifting}
    drift = said.Drift(
        suite=suite.suite,
        commit=origin,
        head=check.head,
        rows=tuple(row.course for row in drifting),
        exact=suite.kind is SuiteKind.SWEEP,
        mark=_mark(services, pairing, suite.suite, merged, cases),
        steps=_steps(services, check.repository, suite.suite, merged, cases),
        url=verdict_url(services.public_url, check.id),
    )
    is_news = any(row.record.issue is None for row in drifting)
    open_ = is_news or _is_open(services, repository, key)  # what people closed stays so
    number = _put(
        services, repository, key, (said.title(drift), said.body(drift, key)), open_=open_
    )
    for row in drifting:
        services.drifts.put(msgspec.structs.replace(row.record, issue=number))


def close_issue(
    services: Services,
    repository: Repository,
    records: Sequence[DriftRecord],
    head: CommitSha,
    *,
    accepted: bool,
) -> None:
    """Close the issue of a suite's drift first: whoever dies in between closes it again.

    Raises:
        TransientError: the forge is away.
    """
    if not records:
        return
    suite, commit = records[0].suite, records[0].baseline_commit
    key = _key(suite, commit)
    text = said.closed_body(key, suite, commit, head=head, accepted=accepted)
    if _is_open(services, repository, key):
        _put(services, repository, key, (said.closed_title(suite, commit), text), open_=False)
    let_go(services, records)
    log.info("drift_closed", extra={"repository": repository.name, "suite": suite})


def let_go(services: Services, records: Iterable[DriftRecord]) -> None:
    """Note that rows are not over any more, whatever their issue says."""
    for record in records:
        services.drifts.put(msgspec.structs.replace(record, status="closed"))


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


def _key(suite: str, commit: str) -> str:
    """Name an issue of a repository, whatever that is called: it may be renamed."""
    return content_hash((suite, commit))[:_DIGITS]


def _mark(
    services: Services, pairing: Pairing, suite: str, merged: Merged, cases: Collection[str]
) -> HighWater:
    """Describe the mark, with the recorded losses of *cases*: others' are no part of the drift."""
    check, mark = pairing.check, pairing.mark
    debts = [one for one in services.debts.debts(check.repository, suite) if one.case in cases]
    origin = Origin(mark.file, mark.commit, mark.recorded)
    found = high_water(origin, merged, debts, services.clock.now())
    mirror = pairing.mirror
    return msgspec.structs.replace(
        found,
        descends=descends(mirror.directory, check.head, mark.commit),
        other_budgets=other_budgets(mirror, mark.commit, check.target, (suite,)),
    )


def _steps(
    services: Services,
    repository: RepositoryName,
    suite: str,
    merged: Merged,
    cases: Collection[str],
) -> tuple[Settlement, ...]:
    """List the confirmed steps in the history of a suite's *cases* among what was merged."""
    return tuple(
        one
        for one in services.settlings.settlements(repository)
        if one.suite == suite
        and one.case in cases
        and one.state is StepState.CONFIRMED
        and one.after in merged.commits
    )
