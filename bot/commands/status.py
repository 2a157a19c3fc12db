"""``status``: what of a pull request waits, is measured, or is done, and how long it will take."""

from __future__ import annotations

from bot.checks.expectation import Expectation
from bot.checks.wished import last_whole
from bot.commands.command import Command
from bot.services import Services, verdict_url
from bot.store.checks import CheckRecord, RunRecord, RunStatus
from engine.reports import replies

_ENDED = {
    RunStatus.REPORTED: "Measured",
    RunStatus.REFUSED: "The runner's report was refused",
    RunStatus.LOST: "The runner was lost",
    RunStatus.CANCELLED: "Cancelled",
}


def status(services: Services, command: Command) -> str:
    """Say how far each running check of the pull request is.

    Raises:
        TransientError: the forge is away.
        redis.exceptions.RedisError: the queue is away.
    """
    running = services.checks.running_checks(command.repository.name, command.number)
    if not running:
        return _at_rest(services, command)
    expectation = Expectation.now(services)
    return "\n\n".join(_check(services, check, expectation) for check in running)


def _at_rest(services: Services, command: Command) -> str:
    pull = services.forge.pull_request(command.repository, command.number)
    name = command.repository.name
    done = last_whole(services.checks, name, command.number, pull.head)
    if done is None:
        return replies.nothing_running(pull.head, None, None)
    verdict = services.checks.verdict(done.id)
    outcome = None if verdict is None else verdict.outcome
    return replies.nothing_running(pull.head, outcome, verdict_url(services.public_url, done.id))


def _check(services: Services, check: CheckRecord, expectation: Expectation) -> str:
    runs = services.checks.runs(check.id)
    states = [(run.check_name, _state(run, expectation)) for run in runs]
    return replies.running_check(check.id, check.head, states)


def _state(run: RunRecord, expectation: Expectation) -> str:
    if run.status is not RunStatus.QUEUED:
        return _ENDED[run.status]
    return replies.expected(expectation.of_run(run), run.tags)
