"""End running checks that nobody waits for any more: cancelled, closed, or not reachable."""

from __future__ import annotations

from bot.checks.buttons import RERUN
from bot.checks.claim import claimed, require_free
from bot.checks.supersede import end_early, stop_work
from bot.ports import Repository
from bot.services import Services
from bot.store.checks import CheckRecord
from engine.reports import notices
from engine.reports.check import CheckText
from engine.values import CommitSha, RepositoryName


def cancel_check(services: Services, check: CheckRecord, by: str) -> None:
    """End a running check for the person *by*; may be repeated.

    The runners are freed at once, before anybody is told.

    Raises:
        TransientError: it is being worked on, or the forge is away; calling again goes on.
        redis.exceptions.RedisError: the queue is away.
    """
    services.checks.note_end(check.id, by)  # whoever else ends it says so, too
    stop_work(services, check)
    _end(services, check, notices.cancelled(by))


def end_of_closed(services: Services, repository: Repository, number: int) -> None:
    """End the running checks of a pull request that was closed; an open one keeps them.

    What was merged keeps the runs that its baseline is made of.

    Raises:
        TransientError: the forge is away, or one is being worked on; calling again goes on.
        redis.exceptions.RedisError: the queue is away.
    """
    running = services.checks.running_checks(repository.name, number)
    pull = services.forge.pull_request(repository, number) if running else None
    if pull is None or pull.state == "open":
        return  # reopened meanwhile
    ended = [check for check in running if not (pull.merged and check.kind == "promotion")]
    for check in ended:
        stop_work(services, check)
    for check in ended:
        _end(services, check, notices.closed_meanwhile())


def end_of_group(services: Services, repository: Repository, head: CommitSha) -> None:
    """End the running checks of a merge queue's group that is gone.

    Raises:
        TransientError: the forge is away, or one is being worked on; calling again goes on.
        redis.exceptions.RedisError: the queue is away.
    """
    running = [
        check
        for check in services.checks.running_checks(repository.name)
        if check.kind == "merge_group" and check.head == head
    ]
    for check in running:
        stop_work(services, check)
    for check in running:
        _end(services, check, notices.group_gone())


def end_of_repository(services: Services, name: RepositoryName) -> None:
    """End the running checks of a repository that the bot may not reach any more.

    Raises:
        redis.exceptions.RedisError: the queue is away.
    """
    for check in services.checks.running_checks(name):
        stop_work(services, check)
        services.checks.supersede(check.id)


def _end(services: Services, check: CheckRecord, text: CheckText) -> None:
    with claimed(services, check.id) as mine:
        if mine is None:
            require_free(services, check.id)
        else:
            actions = (RERUN,) if mine.kind == "pull_request" and mine.ended_by else ()
            end_early(services, mine, text, actions)
