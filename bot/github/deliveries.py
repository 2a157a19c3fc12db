"""GitHub's list of the webhooks that it sent to the App; it keeps them for three days."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from bot.github.auth import AppIdentity
from bot.ports import HookDelivery, HookDeliveryPage, HookPayload

PER_PAGE = 100
_LIST = "/app/hook/deliveries"


class GitHubHookDeliveries:
    """``bot.ports.HookDeliveries`` in the App's own name.

    Every method raises TransientError when GitHub is away, and UserError when it refuses.
    """

    def __init__(self, identity: AppIdentity) -> None:
        self._identity = identity

    def recent(self, older: str | None = None) -> HookDeliveryPage:
        """List a page of deliveries, the newest without *older*."""
        query: dict[str, str | int] = {"per_page": PER_PAGE}
        if older is not None:
            query["cursor"] = older
        headers, listed = self._identity.ask("GET", _LIST, query)
        deliveries = tuple(_delivery(each) for each in listed)
        return HookDeliveryPage(deliveries=deliveries, older=_next_cursor(headers))

    def payload(self, delivery: int) -> HookPayload:
        """Read what a delivery carried; UserError when it is gone."""
        _, found = self._identity.ask("GET", f"{_LIST}/{delivery}")
        request = found["request"]
        headers = {str(name): str(value) for name, value in (request["headers"] or {}).items()}
        return HookPayload(headers=headers, body=msgspec.json.encode(request["payload"]))

    def redeliver(self, delivery: int) -> None:
        """Have GitHub deliver it again, under the same guid."""
        self._identity.ask("POST", f"{_LIST}/{delivery}/attempts")


def _delivery(found: dict[str, Any]) -> HookDelivery:
    return HookDelivery(
        id=found["id"],
        guid=found["guid"],
        event=found["event"],
        action=found.get("action"),
        delivered_utc=datetime.fromisoformat(found["delivered_at"]),
        status_code=found["status_code"] or 0,
        redelivery=found["redelivery"],
    )


def _next_cursor(headers: dict[str, Any]) -> str | None:
    for part in str(headers.get("link") or "").split(","):
        address, _, rel = part.partition(";")
        if 'rel="next"' in rel:
            cursors = parse_qs(urlsplit(address.strip().strip("<>")).query).get("cursor", [])
            return cursors[0] if cursors else None
    return None
