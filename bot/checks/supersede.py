"""A newer check took over: end the older ones and free their runners."""

from __future__ import annotations

from bot.checks import board
from bot.checks.claim import claimed, require_free
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

    Raises:
        TransientError: one of them is being concluded at this moment; call again.
    """
    for check in services.checks.running_checks(repository.name, number):
        is_older = check.id != keep if keep else check.head != head
        if is_older:
            supersede(services, check, head)


def supersede(services: Services, check: CheckRecord, by: CommitSha) -> None:
    """End one check for the head *by*.

    Raises:
        TransientError: it is being worked on; call again.
    """
    with claimed(services, check.id) as mine:
        if mine is None:
            require_free(services, check.id)
        else:
            end_superseded(services, mine, by)


def end_superseded(services: Services, check: CheckRecord, by: CommitSha) -> None:
    """End a claimed check. Safe to repeat: work stops first, the record is closed last."""
    runs = services.checks.runs(check.id)
    for run in runs:
        services.checks.set_run_status(run.run, RunStatus.CANCELLED)
        services.queue.cancel(run.run)
    text = notices.rerun() if by == check.head else notices.superseded(by)
    for slot in board.of_all(check, runs):
        board.show_end(services, check, slot, Conclusion.CANCELLED, text)
    services.checks.supersede(check.id)
