"""The bot's background jobs: what the trusted ``jobs`` process does, one function each."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import cache

from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from bot.checks.start import Request, abandon, start_check
from bot.checks.supersede import supersede_older
from bot.composition import open_services
from bot.events import parse_event
from bot.policy import Action, RefuseFork, RestartCheck, StartCheck, SupersedeChecks, decide
from bot.services import Services
from bot.settings import read_settings
from bot.store.deliveries import Delivery
from engine.errors import TransientError, UserError
from engine.values import CheckId, DeliveryId, RunId

BOT_JOBS = frozenset({"bot.jobs.handle_delivery"})
LEASE_S = 600.0
MAX_ATTEMPTS = 12
MAX_BACKOFF_S = 300.0

log = logging.getLogger(__name__)


@cache
def services() -> Services:
    """Open what this process's jobs work with, once."""
    return open_services(read_settings())


def handle_delivery(delivery_id: str) -> None:
    """Handle one stored delivery; a second call for a handled one does nothing."""
    handle(services(), DeliveryId(delivery_id))


def handle(using: Services, delivery_id: DeliveryId) -> None:
    """Do what a delivery asks for, then mark it; an outage postpones it with a growing wait."""
    delivery = using.deliveries.begin(delivery_id, using.clock.now(), LEASE_S)
    if delivery is None:
        return
    try:
        perform(using, delivery)
    except (TransientError, RedisError, OperationalError) as error:
        _postpone(using, delivery, error)
    except UserError as error:
        using.deliveries.fail(delivery.id, str(error))
        log.warning("delivery_failed", extra={"delivery": delivery.id, "problem": str(error)})
    except Exception:  # the job wrapper: our own bug must not lose what it was working on
        using.deliveries.fail(delivery.id, "internal error")
        log.exception("internal_error", extra={"delivery": delivery.id})
        abandon(using, _requests(using, delivery), delivery.id)
    else:
        using.deliveries.finish(delivery.id)
        log.info("delivery_handled", extra={"delivery": delivery.id, "event": delivery.event})


def perform(using: Services, delivery: Delivery) -> None:
    """Carry out every action of a delivery; each may be repeated without harm."""
    for action in decide(parse_event(delivery.event, delivery.body)):
        _act(using, action, delivery.id)


def _act(using: Services, action: Action, cause: DeliveryId) -> None:
    if isinstance(action, SupersedeChecks):
        # Deliveries come late and out of order: the head as it is now decides.
        pull = using.forge.pull_request(action.repository, action.number)
        supersede_older(using, action.repository, action.number, pull.head)
        return
    for request in _requests_of(using, action, cause):
        start_check(using, request)


def _requests(using: Services, delivery: Delivery) -> tuple[Request, ...]:
    actions = decide(parse_event(delivery.event, delivery.body))
    return tuple(one for each in actions for one in _requests_of(using, each, delivery.id))


def _requests_of(using: Services, action: Action, cause: DeliveryId) -> tuple[Request, ...]:
    if isinstance(action, StartCheck | RefuseFork):
        return (Request(action.repository, action.number, action.head, cause),)
    if isinstance(action, RestartCheck):
        numbers = _numbers(using, action)
        return tuple(
            Request(action.repository, number, action.head, cause, again=True) for number in numbers
        )
    return ()


def _numbers(using: Services, action: RestartCheck) -> tuple[int, ...]:
    """Find the pull request of a check run by our own records; GitHub leaves a fork's out."""
    named = action.external_id
    check = using.checks.check(CheckId(named)) or using.checks.check_of_run(RunId(named))
    if check is None or check.repository != action.repository.name:
        return action.pull_requests
    return () if check.pull_request is None else (check.pull_request,)


def _postpone(using: Services, delivery: Delivery, error: Exception) -> None:
    if delivery.attempt >= MAX_ATTEMPTS:
        problem = f"given up after {delivery.attempt} attempts: {error}"
        using.deliveries.fail(delivery.id, problem)
        log.error("delivery_given_up", extra={"delivery": delivery.id, "problem": str(error)})
        return
    asked_s = error.retry_after_s if isinstance(error, TransientError) else 0.0
    wait_s = min(MAX_BACKOFF_S, max(asked_s, 2.0**delivery.attempt))
    until = using.clock.now() + timedelta(seconds=wait_s)
    using.deliveries.postpone(delivery.id, until, str(error))
    log.warning(
        "delivery_postponed",
        extra={"delivery": delivery.id, "wait_s": wait_s, "problem": str(error)},
    )
