"""All checks of one commit: looked at where its own event was lost, and repeated."""

from __future__ import annotations

from bot.action_values import RestartHead, StartHead
from bot.checks.abandon import abandon
from bot.checks.groups import restart_commit
from bot.checks.request import Request
from bot.checks.start import start_check
from bot.ports import Repository
from bot.services import Services
from bot.store.checks import CheckRecord
from bot.store.deliveries import Delivery
from engine.errors import TransientError
from engine.values import CommitSha

OWN_EVENT_WITHIN_S = 20.0


def start_head(using: Services, action: StartHead, delivery: Delivery) -> None:
    """Start the checks of a head's open pull requests that nobody has looked at.

    Raises:
        TransientError: their own events may still come, or ``start_check`` raises it.
        UserError: the forge refuses something for good.
    """
    for request in _first_looks(using, action, delivery):
        if delivery.attempt == 1:
            problem = f"#{request.number} has an event of its own, which is waited for"
            raise TransientError(problem, OWN_EVENT_WITHIN_S)
        start_check(using, request)


def abandon_head(using: Services, action: StartHead, delivery: Delivery) -> None:
    """End what ``start_head`` has begun."""
    for number in action.pull_requests or _numbers(using, action.repository, action.head):
        request = _request(action, number, delivery)
        if using.checks.check(request.check) is not None:
            abandon(using, request)


def restart_head(using: Services, action: RestartHead, delivery: Delivery) -> None:
    """Repeat every check of a head; raises what ``start_check`` raises."""
    for request in _repeated(using, action, delivery):
        start_check(using, request)
    for check in _of_no_pull_request(using, action):
        restart_commit(using, check, action.asked_by, delivery)


def abandon_restarted(using: Services, action: RestartHead, delivery: Delivery) -> None:
    """End what ``restart_head`` has begun."""
    for request in _repeated(using, action, delivery):
        if using.checks.check(request.check) is not None:
            abandon(using, request)


def _first_looks(using: Services, action: StartHead, delivery: Delivery) -> tuple[Request, ...]:
    numbers = action.pull_requests or _numbers(using, action.repository, action.head)
    requests = (_request(action, number, delivery) for number in numbers)
    return tuple(each for each in requests if _is_new(using, each))


def _is_new(using: Services, request: Request) -> bool:
    known = using.checks.checks_of_head(request.repository.name, request.number, request.head)
    return all(each.id == request.check for each in known)


def _repeated(using: Services, action: RestartHead, delivery: Delivery) -> tuple[Request, ...]:
    known = using.checks.checks_of_commit(action.repository.name, action.head)
    ours = {each.pull_request for each in known if each.pull_request is not None}
    # A fork's pull requests are in no event: our own records know them, or the forge.
    numbers = ours | set(action.pull_requests)
    found = numbers or set(_numbers(using, action.repository, action.head))
    return tuple(_request(action, number, delivery) for number in sorted(found))


def _request(action: StartHead | RestartHead, number: int, delivery: Delivery) -> Request:
    return Request(
        repository=action.repository,
        number=number,
        head=action.head,
        cause=delivery.id,
        again=isinstance(action, RestartHead),
        attempt=delivery.attempt,
        requested_by=action.asked_by if isinstance(action, RestartHead) else None,
    )


def _of_no_pull_request(using: Services, action: RestartHead) -> tuple[CheckRecord, ...]:
    """Give the last check of each kind that the commit had by itself."""
    known = using.checks.checks_of_commit(action.repository.name, action.head)
    last = {each.kind: each for each in known if each.pull_request is None}
    return tuple(last.values())


def _numbers(using: Services, repository: Repository, head: CommitSha) -> tuple[int, ...]:
    return using.forge.pull_requests_of(repository, head)
