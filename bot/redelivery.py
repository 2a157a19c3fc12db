"""Webhooks that never arrived, or that we failed at, are asked for again: GitHub sends each once.

GitHub's list of deliveries is all the memory that is needed: it tells each attempt of each
delivery, and our own store tells what became of it here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import groupby
from operator import attrgetter

from bot import hook_history
from bot.ports import Clock, HookDeliveries, HookDelivery
from bot.store.deliveries import DeliveryStatus, DeliveryStore
from engine.errors import UserError
from engine.values import DeliveryId

EVERY = timedelta(minutes=10)
ON_ITS_WAY = timedelta(minutes=1)  # so long an attempt may still arrive
FIRST_WAIT = timedelta(minutes=9)  # the next sweep finds it due, and each further wait is doubled
LONGEST_WAIT = timedelta(hours=6)
MAX_AFTER_FAILURE = 3  # redeliveries of what arrived and could not be handled
AT_ONCE = 100  # redeliveries a sweep; the rest comes with the next one
LOOK_BACK = timedelta(hours=2)  # what arrived before the last sweep may fail only now
# Told to come again the same is refused the same.
_REFUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})
_OK, _REDIRECTED = 200, 300

log = logging.getLogger(__name__)


class RedeliverySweep:
    """Sweeps again and again; remembers how far back anything is still open."""

    def __init__(self, hooks: HookDeliveries, deliveries: DeliveryStore, clock: Clock) -> None:
        self._hooks = hooks
        self._deliveries = deliveries
        self._clock = clock
        self._back_to: datetime | None = None
        self._next = clock.now()

    def turn(self, may_go_on: Callable[[], bool]) -> None:
        """Sweep if it is time, and once more soon after what went wrong; see ``sweep``."""
        now = self._clock.now()
        if now >= self._next and may_go_on():
            self.sweep(may_go_on)
            self._next = now + EVERY

    def sweep(self, may_go_on: Callable[[], bool] = lambda: True) -> int:
        """Have the forge deliver again what is lost and due; gives how many.

        *may_go_on* is asked before each one.

        Raises:
            TransientError: the forge is away; sweeping again goes on.
            UserError: it refuses the App's credentials.
        """
        now = self._clock.now()
        kept_since = now - hook_history.KEPT_FOR
        listed = hook_history.since(self._hooks, max(self._back_to or kept_since, kept_since))
        lost = [attempts for attempts in _by_guid(listed) if self._is_lost(attempts)]
        due = [attempts for attempts in lost if _is_due(attempts, now)]
        sent = 0
        for attempts in due[:AT_ONCE]:
            if not may_go_on():
                return sent
            sent += self._redeliver(attempts[0])
        # What is lost is looked for as long as it is listed, its first attempt included.
        oldest = min((attempts[-1].delivered_utc for attempts in lost), default=now)
        self._back_to = min(oldest, now - LOOK_BACK)
        return sent

    def _is_lost(self, attempts: Sequence[HookDelivery]) -> bool:
        """Whether a delivery, of which the last attempt is first, is neither here nor refused."""
        last, first = attempts[0], attempts[-1]
        if first.redelivery:
            return False  # the forge has forgotten when it began: it was tried for days
        state = self._deliveries.state(DeliveryId(last.guid))
        if state is not None:
            failed = state.status is DeliveryStatus.FAILED
            return failed and len(attempts) <= MAX_AFTER_FAILURE
        # Answered well and unknown: it had the very body of another one.
        arrived = _OK <= last.status_code < _REDIRECTED
        return not arrived and last.status_code not in _REFUSED

    def _redeliver(self, lost: HookDelivery) -> bool:
        try:
            self._hooks.redeliver(lost.id)
        except UserError as refused:  # it is too old by now, or gone
            extra = {"delivery": lost.guid, "problem": str(refused)}
            log.warning("not_redelivered", extra=extra)
            return False
        log.info("redelivery_asked", extra={"delivery": lost.guid, "status": lost.status_code})
        return True


def _by_guid(listed: Iterable[HookDelivery]) -> list[tuple[HookDelivery, ...]]:
    """Gather the attempts of each delivery, the last one first; what was sent first comes first."""
    ordered = sorted(
        listed, key=lambda each: (each.guid, -each.delivered_utc.timestamp(), -each.id)
    )
    found = [tuple(attempts) for _, attempts in groupby(ordered, key=attrgetter("guid"))]
    return sorted(found, key=lambda attempts: attempts[-1].delivered_utc)


def _is_due(attempts: Sequence[HookDelivery], now: datetime) -> bool:
    if len(attempts) == 1:
        wait = ON_ITS_WAY
    else:
        wait = min(FIRST_WAIT * 2 ** (len(attempts) - 2), LONGEST_WAIT)
    return now - attempts[0].delivered_utc >= wait
