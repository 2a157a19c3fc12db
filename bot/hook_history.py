"""The forge's list of the webhooks that it sent, read back to a point in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.event_parsing import HANDLED_EVENTS
from bot.ports import HookDeliveries, HookDelivery

KEPT_FOR = timedelta(days=3)
MAX_PAGES = 1000  # of a hundred each: a list that never ends is not followed for ever


def since(hooks: HookDeliveries, back_to: datetime) -> tuple[HookDelivery, ...]:
    """List the deliveries of events that we handle, the newest first, back to a point in time.

    Raises:
        TransientError: the forge is away.
        UserError: it refuses.
    """
    return tuple(each for each in _all(hooks, back_to) if each.event in HANDLED_EVENTS)


def _all(hooks: HookDeliveries, back_to: datetime) -> Iterator[HookDelivery]:
    older: str | None = None
    for _ in range(MAX_PAGES):
        page = hooks.recent(older)
        yield from (each for each in page.deliveries if each.delivered_utc >= back_to)
        older = page.older
        if older is None or not page.deliveries or page.deliveries[-1].delivered_utc < back_to:
            return
