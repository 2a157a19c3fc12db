"""A night begins: what came in is compared, and the tip is paired with each baseline's origin."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from bot.action_values import StartNight
from bot.checks.abandon import end_abandoned
from bot.checks.commits import CommitRequest, start_commit_check
from bot.nightly.drifts import close_outdated
from bot.nightly.marks import MOST, Mark
from bot.nightly.names import is_of_pull_request, ref_of_mark
from bot.nightly.night import Night
from bot.nightly.nulls import start_nulls
from bot.nightly.pairing import attempt, fetched, pair, pairing, read_night, stored_marks
from bot.nightly.timetable import NAME
from bot.services import Services
from bot.store.deliveries import Delivery
from engine.errors import TransientError
from engine.values import CommitSha

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
    close_outdated(services, night.repository, marks, night.tip)
    compare = _compare(services, night)
    attempt(night, "compare", partial(start_commit_check, services, compare))
    _pair_in_turn(services, night, marks.marks)
    attempt(night, "null runs", partial(start_nulls, services, night, mirror))


def abandon_night(services: Services, action: StartNight, delivery: Delivery) -> None:
    """End what ``start_night`` has begun."""
    for check in services.checks.running_checks(action.repository.name):
        if check.kind == "nightly" and not is_of_pull_request(check):
            end_abandoned(services, check.id, delivery.id)


def _pair_in_turn(services: Services, night: Night, marks: Sequence[Mark]) -> None:
    """Pair with a few origins; one that nobody can fetch any more takes no other's turn."""
    begun = 0
    for mark in _longest_unpaired(services, night, marks):
        if begun == MOST:
            extra = {"repository": night.repository.name, "origin": mark.commit}
            log.info("paired_another_night", extra=extra)
        elif mark.commit != night.tip:
            step = partial(pair, services, night, pairing(night, mark))
            begun += attempt(night, mark.file, step)


def _longest_unpaired(services: Services, night: Night, marks: Sequence[Mark]) -> list[Mark]:
    """Put those first that were paired longest ago, or never: each has its turn, night by night.

    What this night itself has begun is no earlier pairing, so that going on begins no others.
    """
    own = {pairing(night, mark).check for mark in marks}
    refs = {mark.commit: ref_of_mark(night.branch, mark.commit) for mark in marks}
    paired = services.schedules.last_opened(night.repository.name, refs.values(), own)
    never = datetime.min.replace(tzinfo=UTC)
    return sorted(marks, key=lambda mark: paired.get(refs[mark.commit], never))


def _compare(services: Services, night: Night) -> CommitRequest:
    """Compare with what the last night measured; the first one with the commit before."""
    return CommitRequest(
        repository=night.repository,
        kind="nightly",
        head=night.tip,
        base=_measured_before(services, night),
        ref=night.branch,
        base_ref=night.branch,
        cause=night.cause,
        events=("nightly",),
        tier="full",
        whole=True,
        lane="nightly",
    )


def _measured_before(services: Services, night: Night) -> CommitSha | None:
    """Name what the last night measured; None too where a forced push has taken it away."""
    before = services.schedules.measured_before(night.repository.name, night.branch, night.tip)
    try:
        if before is not None:
            fetched(services, night, before)
    except TransientError as gone:  # the tip has just been fetched: it is not the forge
        extra = {"repository": night.repository.name, "commit": before, "problem": str(gone)}
        log.warning("last_night_gone", extra=extra)
        return None
    return before
