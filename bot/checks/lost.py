"""What the scheduler does about runs that no runner will finish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.checks import board
from bot.checks.claim import claimed
from bot.checks.conclude import end_without_verdict
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord, RunStatus
from engine.reports import notices
from engine.reports.check import CheckText
from engine.values import RunId


def lose_run(services: Services, run: RunId) -> None:
    """Give a run up; ``jobs`` then concludes its check, with an infrastructure verdict for it."""
    services.queue.cancel(run)
    services.checks.set_run_status(run, RunStatus.LOST)


def note_no_runner(services: Services, run: RunId) -> None:
    """Say in the run's check run that no live runner has its tags."""
    _note(services, run, lambda record: notices.no_runner(record.tags))


def note_waiting(services: Services, run: RunId) -> None:
    """Take that back: a runner with these tags has come, and the run waits for it."""
    _note(services, run, lambda record: notices.queued(record.tags))


def close_empty(services: Services, opened_before: datetime) -> None:
    """End running checks that have no runs: whoever opened them died, and nobody goes on."""
    for check in services.checks.running_checks():
        if check.opened_utc >= opened_before or check.rejudges or services.checks.runs(check.id):
            continue
        with claimed(services, check.id) as mine:
            if mine is not None:
                end_without_verdict(services, mine, notices.internal_error(mine.id))


def _note(services: Services, run: RunId, text: Callable[[RunRecord], CheckText]) -> None:
    record = services.checks.run(run)
    if record is None:
        return
    with claimed(services, record.check) as check:
        now = services.checks.run(run)
        if check is not None and now is not None and now.status is RunStatus.QUEUED:
            for slot in _slots(services, check, record):
                board.show_progress(services, check, slot, text(record), queued=True)


def _slots(services: Services, check: CheckRecord, run: RunRecord) -> tuple[board.Slot, ...]:
    """Name where a run's waiting is told: in the roll-up, too, while nothing of the check is done.

    Else that would say for hours that it has just arrived. A run for a baseline has none.
    """
    own = board.of_run(run)
    at_work = {runner.run for runner in services.queue.runners()}
    waits = all(
        each.status is RunStatus.QUEUED and each.run not in at_work
        for each in services.checks.runs(check.id)
    )
    return (own, board.roll_up(check)) if waits and check.kind != "promotion" else (own,)
