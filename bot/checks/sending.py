"""Send a check's runs to the runners: their source lies there first."""

from __future__ import annotations

from collections.abc import Iterable

from bot.checks import board
from bot.checks.expectation import Expectation
from bot.mirror import Mirror
from bot.services import Services
from bot.store.checks import CheckRecord, RunRecord, RunStatus
from engine.reports import notices
from engine.values import CommitSha


def send(services: Services, check: CheckRecord, runs: Iterable[RunRecord], mirror: Mirror) -> None:
    """Queue the runs of a claimed check that have not ended; may be repeated.

    They are on their way before people are told how long they wait.

    Raises:
        TransientError: git or the forge is away; calling again goes on.
        redis.exceptions.RedisError: the queue is away.
    """
    out = [run for run in runs if run.status is RunStatus.QUEUED]
    for run in out:
        place = services.place(run.run)
        place.create()
        mirror.bundle(_commits(run), place.bundle)
        services.queue.submit(run.order, run.tags, run.lane)
    expected = Expectation.now(services)
    for run in out:
        eta = expected.of_run(run)
        text = notices.queued(run.tags, ahead=eta.ahead, left_s=eta.left_s)
        board.show_progress(services, check, board.of_run(run), text, queued=True)


def _commits(run: RunRecord) -> set[CommitSha]:
    order = run.order
    return {CommitSha(sha) for sha in (order.base, order.head, order.measuring_from)}
