"""The bot's background jobs: what the trusted ``jobs`` process does, one function each."""

from __future__ import annotations

import logging
from datetime import timedelta
from functools import cache

from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from bot.actions import PERFORMERS
from bot.checks.abandon import give_up_after_failures
from bot.checks.conclude import conclude_if_complete
from bot.composition import open_services
from bot.policy import decide
from bot.renamed import read_event
from bot.repositories import note_repository
from bot.services import Services
from bot.settings import read_settings
from bot.store.deliveries import Delivery
from engine.errors import TransientError, UserError
from engine.values import CheckId, DeliveryId

BOT_JOBS = frozenset({"bot.jobs.handle_delivery"})
LEASE_S = 600.0
MAX_ATTEMPTS = 12
MAX_BACKOFF_S = 300.0
MAX_ASKED_S = 3600.0  # a rate limit begins anew within the hour

Outage = TransientError | RedisError | OperationalError
OUTAGES = (TransientError, RedisError, OperationalError)

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
    except OUTAGES as outage:
        _postpone(using, delivery, outage)
    except UserError as problem:
        _give_up(using, delivery, str(problem))
    except Exception:  # the job wrapper: our own bug must not lose what it was working on
        log.exception("internal_error", extra={"delivery": delivery.id})
        _give_up(using, delivery, "internal error")
    else:
        using.deliveries.finish(delivery.id)
        log.info("delivery_handled", extra={"delivery": delivery.id, "event": delivery.event})


def conclude(using: Services, check: CheckId) -> None:
    """Conclude a check if it is complete; whatever fails is tried again later, alone."""
    try:
        if not give_up_after_failures(using, check):
            conclude_if_complete(using, check)
    except OUTAGES as outage:
        log.warning("not_concluded", extra={"check": check, "problem": told(outage)})
    except Exception:  # the job wrapper: one check must not hold the others up
        log.exception("internal_error", extra={"check": check})


def perform(using: Services, delivery: Delivery) -> None:
    """Carry out every action of a delivery; each may be repeated without harm."""
    arrived = read_event(using, delivery)
    for action in decide(arrived.event):
        PERFORMERS[type(action)].perform(using, action, delivery)
    note_repository(using, arrived.event, arrived.repository_id)


def told(outage: Outage) -> str:
    """Say what is away; a database's error is told without the values that it was about."""
    return str(outage.orig) if isinstance(outage, OperationalError) else str(outage)


def _postpone(using: Services, delivery: Delivery, outage: Outage) -> None:
    if delivery.attempt >= MAX_ATTEMPTS:
        _give_up(using, delivery, f"after {delivery.attempt} attempts: {told(outage)}")
        return
    asked_s = outage.retry_after_s if isinstance(outage, TransientError) else 0.0
    wait_s = max(min(asked_s, MAX_ASKED_S), min(MAX_BACKOFF_S, 2.0**delivery.attempt))
    until = using.clock.now() + timedelta(seconds=wait_s)
    using.deliveries.postpone(delivery.id, until, told(outage))
    extra = {"delivery": delivery.id, "wait_s": wait_s, "problem": told(outage)}
    log.warning("delivery_postponed", extra=extra)


def _give_up(using: Services, delivery: Delivery, problem: str) -> None:
    """End what the delivery has begun, then fail it: the same one delivered again starts anew."""
    log.error("delivery_given_up", extra={"delivery": delivery.id, "problem": problem})
    try:
        for action in decide(read_event(using, delivery).event):
            PERFORMERS[type(action)].abandon(using, action, delivery)
    except (*OUTAGES, UserError) as error:
        # The scheduler ends what is left of it: nothing stays in progress.
        log.warning("not_abandoned", extra={"delivery": delivery.id, "problem": str(error)})
    using.deliveries.fail(delivery.id, problem)
