"""A newer check took over: end the older ones and free their runners."""

from __future__ import annotations

from bot.checks import board
from bot.ports import Conclusion, Repository
from bot.services import Services
from bot.store.checks import CheckRecord, RunStatus
from engine.reports import notices
from engine.values import CommitSha


def supersede_older(
    services: Services, repository: Repository, number: int, head: CommitSha, *, keep: str = ""
) -> None:
    """End a pull request's running checks of any other head than *head*.

    *keep* is the id of the check that takes over: of the same head, every other one ends too.
    """
    for check in services.checks.running_checks(repository.name, number):
        newer = check.id != keep if keep else check.head != head
        if newer:
            supersede(services, check, head)


def supersede(services: Services, check: CheckRecord, by: CommitSha) -> None:
    """End one check. Safe to repeat: work stops first, the record is closed last."""
    runs = services.checks.runs(check.id)
    for run in runs:
        services.checks.set_run_status(run.run, RunStatus.CANCELLED)
        services.queue.cancel(run.run)
    text = notices.superseded(by)
    for slot in (*map(board.of_run, runs), board.roll_up(check)):
        board.show_end(services, check, slot, Conclusion.CANCELLED, text)
    services.checks.supersede(check.id)
