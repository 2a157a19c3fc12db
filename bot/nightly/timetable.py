"""The leader looks which repositories' nights are due, and delivers them as events of our own."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot.event_parsing import nightly_body
from bot.events import NIGHTLY
from bot.forge_values import Repository
from bot.nightly.names import is_of_pull_request
from bot.schedule import last_due, missed
from bot.services import Services
from bot.store.checks import CheckStore
from bot.store.deliveries import Delivery
from bot.store.repositories import RepositoryRecord
from engine.configuration import FILE_NAME, Nightly
from engine.configuration_file import parse_configuration
from engine.errors import TransientError, UserError
from engine.values import CommitSha, DeliveryId, RepositoryName

LOOK_AGAIN = timedelta(minutes=15)  # at what the default branch declares
NAME = "nightly"  # of the schedule
_DIGITS = 16

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Look:
    at: datetime
    tip: CommitSha | None
    nightly: Nightly | None


@dataclass(slots=True)
class Timetable:
    """Looks at every repository again and again; remembers what their default branches declare."""

    services: Services
    _looks: dict[RepositoryName, _Look] = field(default_factory=dict)

    def turn(self) -> int:
        """Deliver the nights that are due, each once; gives how many.

        Raises:
            sqlalchemy.exc.OperationalError: the database is away.
        """
        active = self.services.repositories.active()
        self._looks = {each.name: self._looks[each.name] for each in active if self._knows(each)}
        return sum(self._is_begun(each) for each in active)

    def _knows(self, record: RepositoryRecord) -> bool:
        return record.name in self._looks

    def _is_begun(self, record: RepositoryRecord) -> bool:
        nightly = self._declared(record)
        return nightly is not None and self._deliver(record.repository, nightly.cron)

    def _declared(self, record: RepositoryRecord) -> Nightly | None:
        """Give a repository's schedule; of one that is away the last that was known."""
        now, known = self.services.clock.now(), self._looks.get(record.name)
        if known is not None and now - known.at < LOOK_AGAIN:
            return known.nightly
        # Noted before it is tried: should looking break, the next turn comes to the others.
        self._looks[record.name] = _Look(now, None, None if known is None else known.nightly)
        try:
            look = self._look(record, known)
        except TransientError as away:
            log.warning("schedule_not_read", extra=_problem(record.name, away))
            return self._as_known(record.name, known)
        except UserError as problem:
            log.warning("schedule_not_read", extra=_problem(record.name, problem))
            look = _Look(now, None, None)
        self._looks[record.name] = look
        return look.nightly

    def _as_known(self, name: RepositoryName, known: _Look | None) -> Nightly | None:
        """Give what was known, and look again the next turn: what is away may be back."""
        if known is None:
            del self._looks[name]
            return None
        self._looks[name] = known
        return known.nightly

    def _look(self, record: RepositoryRecord, known: _Look | None) -> _Look:
        forge, repository = self.services.forge, record.repository
        branch = record.default_branch or forge.default_branch(repository)
        tip, now = forge.tip(repository, branch), self.services.clock.now()
        if known is not None and known.tip == tip:
            return _Look(now, tip, known.nightly)
        data = forge.read_file(repository, tip, FILE_NAME)
        nightly = None if data is None else parse_configuration(data).configuration.nightly
        return _Look(now, tip, nightly)

    def _deliver(self, repository: Repository, cron: str) -> bool:
        """Deliver the night that is due; one that still goes on is let end first."""
        schedules, now = self.services.schedules, self.services.clock.now()
        last = schedules.schedule(repository.name, NAME).last_due_utc
        if last is None:  # a repository that is new here begins with its next night
            schedules.note_due(repository.name, NAME, last_due(cron, now) or now)
            return False
        due = missed(cron, last, now)
        if due is None or is_measuring(self.services.checks, repository.name):
            return False
        # Delivered first: whoever dies in between delivers the very same again, which is nothing.
        self.services.deliveries.add(delivery_of(repository, due), now)
        schedules.note_due(repository.name, NAME, due)
        log.info("night_due", extra={"repository": repository.name, "due": due.isoformat()})
        return True


def is_measuring(checks: CheckStore, name: RepositoryName) -> bool:
    """Whether a night of this repository still goes on: nights do not pile up."""
    running = checks.running_checks(name)
    return any(check.kind == "nightly" and not is_of_pull_request(check) for check in running)


def delivery_of(repository: Repository, due: datetime) -> Delivery:
    """Make the event that a repository's night is due; the same for the same minute."""
    utc = due.astimezone(UTC)
    name = hashlib.sha256(repository.name.encode()).hexdigest()[:_DIGITS]
    return Delivery(
        id=DeliveryId(f"nightly-{name}-{utc:%Y%m%dT%H%M}"),
        event=NIGHTLY,
        body=nightly_body(repository, f"{utc:%Y-%m-%dT%H:%MZ}"),
    )


def _problem(name: RepositoryName, problem: Exception) -> dict[str, str]:
    return {"repository": name, "problem": str(problem)}
