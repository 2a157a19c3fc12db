"""A newer check took over: end the older ones and free their runners."""

from __future__ import annotations

from bot.checks import board
from bot.checks.claim import claimed, require_free
from bot.checks.results import only_judges
from bot.ports import CheckAction, Conclusion, Repository
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord, RunStatus
from engine.reports import notices
from engine.reports.check import CheckText
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
        by_head = not keep or check.kind == "promotion"  # which another check of it does not end
        is_older = check.head != head if by_head else check.id != keep
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
    """End a claimed check, as whoever began to end it wanted."""
    now = services.checks.check(check.id) or check  # somebody may have cancelled it meanwhile
    end_early(services, check, _why(now, by))


def end_early(
    services: Services, check: CheckRecord, text: CheckText, actions: tuple[CheckAction, ...] = ()
) -> None:
    """End a claimed check. Safe to repeat: work stops first, the record is closed last.

    Raises:
        TransientError: the forge is away; calling again goes on.
        redis.exceptions.RedisError: the queue is away.
    """
    runs = stop_work(services, check)
    slots = () if only_judges(services.checks, check) else board.of_all(check, runs)
    for slot in slots:  # one that only judges has none yet, and would come over what took over
        board.show_end(services, check, slot, Conclusion.CANCELLED, text, actions=actions)
    services.checks.supersede(check.id)


def stop_work(services: Services, check: CheckRecord) -> tuple[RunRecord, ...]:
    """Free the runners of a check; gives its runs. May be repeated.

    Raises:
        redis.exceptions.RedisError: the queue is away.
    """
    runs = services.checks.runs(check.id)
    for run in runs:
        services.checks.set_run_status(run.run, RunStatus.CANCELLED)
        services.queue.cancel(run.run)
    return runs


def _why(check: CheckRecord, by: CommitSha) -> CheckText:
    if by != check.head:
        return notices.superseded(by)
    return notices.rerun() if check.ended_by is None else notices.cancelled(check.ended_by)
