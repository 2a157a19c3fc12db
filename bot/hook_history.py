"""The forge's list of the webhooks that it sent, read back to a point in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bot.event_parsing import HANDLED
from bot.ports import HookDeliveries, HookDelivery

KEPT_FOR = timedelta(days=3)
MAX_PAGES = 1000  # of a hundred each: a list that never ends is not followed for ever


def since(hooks: HookDeliveries, back_to: datetime) -> tuple[HookDelivery, ...]:
    """List the deliveries that mean something to us, the newest first, back to a point in time.

    Most are none: the check runs of other Apps alone are many a push.

    Raises:
        TransientError: the forge is away.
        UserError: it refuses.
    """
    listed = _all(hooks, back_to)
    return tuple(each for each in listed if (each.event, each.action) in HANDLED)


def _all(hooks: HookDeliveries, back_to: datetime) -> Iterator[HookDelivery]:
    older: str | None = None
    for _ in range(MAX_PAGES):
        page = hooks.recent(older)
        yield from (each for each in page.deliveries if each.delivered_utc >= back_to)
        older = page.older
        if older is None or not page.deliveries or page.deliveries[-1].delivered_utc < back_to:
            return
