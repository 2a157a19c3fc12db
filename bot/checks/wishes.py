"""What actions wish of checks: to give way, to start, to start again."""

from __future__ import annotations

from bot.action_values import (
    EndChecks,
    RefuseFork,
    RestartCheck,
    StartCheck,
    SupersedeChecks,
)
from bot.checks.abandon import abandon
from bot.checks.cancel import end_of_closed
from bot.checks.groups import restart_commit
from bot.checks.request import ALL, Request, Wish
from bot.checks.start import start_check
from bot.checks.supersede import supersede_older
from bot.services import Services
from bot.store.checks import CheckRecord
from bot.store.deliveries import Delivery
from engine.values import CheckId, RunId


def supersede(using: Services, action: SupersedeChecks, delivery: Delivery) -> None:
    """End older checks of a pull request; raises what the forge and the stores raise."""
    del delivery
    # Deliveries come late and out of order: the head as it is now decides.
    pull = using.forge.pull_request(action.repository, action.number)
    supersede_older(using, action.repository, action.number, pull.head)


def start(using: Services, action: StartCheck | RefuseFork, delivery: Delivery) -> None:
    """Start the check of a head; raises what ``start_check`` raises."""
    request = _request(action, delivery)
    if not (action.only_new and _was_looked_at(using, request)):
        start_check(using, request)


def abandon_start(using: Services, action: StartCheck | RefuseFork, delivery: Delivery) -> None:
    """End what ``start`` has begun."""
    abandon(using, _request(action, delivery))


def restart(using: Services, action: RestartCheck, delivery: Delivery) -> None:
    """Start again what a check run stood for; raises what ``start_check`` raises."""
    check = _check_of(using, action)
    if check is not None and check.pull_request is None:
        restart_commit(using, check, action.asked_by, delivery)
    for request in _again(using, action, delivery):
        start_check(using, request)


def end(using: Services, action: EndChecks, delivery: Delivery) -> None:
    """End what runs of a closed pull request; raises what ``end_of_closed`` raises."""
    del delivery
    end_of_closed(using, action.repository, action.number)


def abandon_restart(using: Services, action: RestartCheck, delivery: Delivery) -> None:
    """End what ``restart`` has begun."""
    for request in _again(using, action, delivery):
        abandon(using, request)


def _request(action: StartCheck | RefuseFork, delivery: Delivery) -> Request:
    asked_by = action.asked_by if isinstance(action, StartCheck) else None
    return Request(
        repository=action.repository,
        number=action.number,
        head=action.head,
        cause=delivery.id,
        again=asked_by is not None,
        attempt=delivery.attempt,
        wish=Wish(tier=action.tier if isinstance(action, StartCheck) else None),
        requested_by=asked_by,
    )


def _was_looked_at(using: Services, request: Request) -> bool:
    """Whether another wish than this one, which may be taken up again, came to this head."""
    if using.checks.check(request.check) is not None:
        return False
    return using.checks.knows_head(request.repository.name, request.number, request.head)


def _again(using: Services, action: RestartCheck, delivery: Delivery) -> tuple[Request, ...]:
    check = _check_of(using, action)
    wish = Wish(base=check.ref) if check is not None and check.aside else ALL
    return tuple(
        Request(
            repository=action.repository,
            number=number,
            head=action.head,
            cause=delivery.id,
            again=True,
            attempt=delivery.attempt,
            wish=wish,
            requested_by=action.asked_by,
        )
        for number in _numbers(using, action)
    )


def _numbers(using: Services, action: RestartCheck) -> tuple[int, ...]:
    """Find the pull request of a check run by our own records; GitHub leaves a fork's out."""
    check = _check_of(using, action)
    if check is None:
        return action.pull_requests
    return () if check.pull_request is None else (check.pull_request,)


def _check_of(using: Services, action: RestartCheck) -> CheckRecord | None:
    named = action.external_id
    check = using.checks.check(CheckId(named)) or using.checks.check_of_run(RunId(named))
    return check if check is not None and check.repository == action.repository.name else None
