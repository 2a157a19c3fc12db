"""What the scheduler does about runs that no runner will finish."""

from __future__ import annotations

from bot.checks import board
from bot.checks.conclude import conclude_if_complete
from bot.services import Services
from bot.store.checks import RunStatus
from engine.reports import notices
from engine.values import RunId


def lose_run(services: Services, run: RunId) -> None:
    """Give a run up: its check concludes with an infrastructure verdict for it."""
    record = services.checks.run(run)
    if record is None:
        return
    services.queue.cancel(run)
    services.checks.set_run_status(run, RunStatus.LOST)
    conclude_if_complete(services, record.check)


def note_no_runner(services: Services, run: RunId) -> None:
    """Say in the run's check run that no live runner has its tags."""
    record = services.checks.run(run)
    if record is None or record.status is not RunStatus.QUEUED:
        return
    check = services.checks.check(record.check)
    if check is not None:
        text = notices.no_runner(record.tags)
        board.show_progress(services, check, board.of_run(record), text, queued=True)
