"""A night begins: what came in is compared, and the tip is paired with each baseline's origin."""

from __future__ import annotations

import logging
from functools import partial

from bot.action_values import StartNight
from bot.checks.abandon import end_abandoned
from bot.checks.commits import CommitRequest, start_commit_check
from bot.nightly.drifts import close_outdated
from bot.nightly.marks import MOST
from bot.nightly.night import Night
from bot.nightly.nulls import start_nulls
from bot.nightly.pairing import attempt, fetched, pair, pairing, read_night, stored_marks
from bot.nightly.timetable import NAME
from bot.services import Services
from bot.store.deliveries import Delivery

log = logging.getLogger(__name__)


def start_night(services: Services, action: StartNight, delivery: Delivery) -> None:
    """Start the checks of a night; again goes on. Whatever of it cannot be is logged.

    Raises:
        TransientError: the forge, git or the queue is away.
    """
    night = read_night(services, action.repository, delivery.id)
    if night is None:
        log.info("no_night", extra={"repository": action.repository.name})
        return
    services.schedules.note_started(night.repository.name, NAME, services.clock.now())
    mirror = fetched(services, night, night.tip)
    marks = stored_marks(services, night, mirror)
    close_outdated(services, night.repository, [mark.commit for mark in marks], night.tip)
    compare = _compare(services, night)
    attempt(night, "compare", partial(start_commit_check, services, compare))
    for mark in marks[:MOST]:
        attempt(night, mark.file, partial(pair, services, night, pairing(night, mark)))
    attempt(night, "null runs", partial(start_nulls, services, night, mirror))


def abandon_night(services: Services, action: StartNight, delivery: Delivery) -> None:
    """End what ``start_night`` has begun."""
    for check in services.checks.running_checks(action.repository.name):
        if check.kind == "nightly":
            end_abandoned(services, check.id, delivery.id)


def _compare(services: Services, night: Night) -> CommitRequest:
    """Compare with what the last night measured; the first one with the commit before."""
    before = services.schedules.measured_before(night.repository.name, night.branch, night.tip)
    return CommitRequest(
        repository=night.repository,
        kind="nightly",
        head=night.tip,
        base=before,
        ref=night.branch,
        base_ref=night.branch,
        cause=night.cause,
        events=("nightly",),
        tier="full",
        whole=True,
        lane="nightly",
    )
