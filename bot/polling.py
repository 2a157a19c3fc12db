"""Webhooks fetched instead of received, for installations whose machine nobody can reach.

GitHub tries to deliver, fails, and keeps what it would have sent; that is read over the App's own
authenticated connection, which stands for the signature.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from bot import hook_history
from bot.ports import Clock, HookDeliveries, HookDelivery
from bot.store.deliveries import Delivery, DeliveryStatus, DeliveryStore
from bot.web import may_be_kept
from engine.errors import UserError
from engine.values import DeliveryId

OVERLAP = timedelta(minutes=10)  # an attempt is listed when it has ended, so not in order

log = logging.getLogger(__name__)


class Poller:
    """Looks again and again; what it has stored is known by the store, as it is of the receiver."""

    def __init__(self, hooks: HookDeliveries, deliveries: DeliveryStore, clock: Clock) -> None:
        self._hooks = hooks
        self._deliveries = deliveries
        self._clock = clock
        self._back_to: datetime | None = None
        self._next = clock.now()
        self._done: set[int] = set()

    def turn(self, every_s: float) -> None:
        """Poll if it is time; raises what ``poll`` raises, but for a refusal, which is logged."""
        now = self._clock.now()
        if now < self._next:
            return
        try:
            self.poll()
        except UserError as refused:
            log.error("not_polled", extra={"problem": str(refused)})  # noqa: TRY400 - it says it all
        self._next = now + timedelta(seconds=every_s)

    def poll(self) -> int:
        """Store what is new, the oldest first; gives how many.

        Raises:
            TransientError: the forge is away; polling again goes on.
            UserError: it refuses the App's credentials.
            sqlalchemy.exc.OperationalError: the database is away.
        """
        now = self._clock.now()
        back_to = self._back_to or now - hook_history.KEPT_FOR
        listed = hook_history.since(self._hooks, back_to)
        stored = sum(self._take(each) for each in reversed(listed) if self._is_new(each))
        self._back_to = now - OVERLAP
        self._done &= {each.id for each in listed}
        return stored

    def _is_new(self, listed: HookDelivery) -> bool:
        if listed.id in self._done:
            return False
        state = self._deliveries.state(DeliveryId(listed.guid))
        # Somebody had what failed here delivered again, after we took it up.
        again = (
            listed.redelivery and state is not None and listed.delivered_utc > state.received_utc
        )
        return state is None or (again and state.status is DeliveryStatus.FAILED)

    def _take(self, listed: HookDelivery) -> bool:
        """Read what a delivery carried and store it; one that cannot be is passed over."""
        delivery = self._read(listed)
        stored = delivery is not None and self._deliveries.add(delivery, self._clock.now())
        self._done.add(listed.id)  # not before: what an outage kept is read again
        if delivery is not None:
            status = "accepted" if stored else "duplicate"
            log.info("delivery_received", extra={"delivery": delivery.id, "status": status})
        return stored

    def _read(self, listed: HookDelivery) -> Delivery | None:
        try:
            body = self._hooks.payload(listed.id).body
        except UserError as gone:
            log.warning("delivery_refused", extra={"reason": str(gone)})
            return None
        delivery = Delivery(id=DeliveryId(listed.guid), event=listed.event, body=body)
        if may_be_kept(delivery):
            return delivery
        log.warning("delivery_refused", extra={"reason": "its id, name or size"})
        return None
