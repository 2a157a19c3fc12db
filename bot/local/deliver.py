"""Sign a webhook and deliver it over HTTP, as GitHub does."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from bot.github.signature import sign
from engine.errors import TransientError

TIMEOUT_S = 10.0  # GitHub waits this long for an answer
RETRY_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Webhook:
    """One event to deliver; *pull_request* is the number that it is about."""

    event: str
    body: bytes
    pull_request: int | None = None


def webhook_headers(
    webhook: Webhook, secret: str, delivery_id: str | None = None
) -> dict[str, str]:
    """Give the headers that GitHub sends with *webhook*; a new delivery id unless one is given."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/highwater",
        "X-GitHub-Delivery": delivery_id or str(uuid.uuid4()),
        "X-GitHub-Event": webhook.event,
        "X-Hub-Signature-256": sign(webhook.body, secret.encode()),
    }


def deliver(url: str, webhook: Webhook, secret: str, *, delivery_id: str | None = None) -> int:
    """POST *webhook* to *url*, signed, and give the status of the answer.

    Raises:
        TransientError: nobody answers there.
    """
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    connect = HTTPSConnection if secure else HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    headers = webhook_headers(webhook, secret, delivery_id)
    try:
        connection.request("POST", parts.path or "/", webhook.body, headers)
        with connection.getresponse() as response:
            response.read()
            return response.status
    except (OSError, HTTPException) as away:
        problem = f"cannot deliver to {url}: {away}"
        raise TransientError(problem, RETRY_AFTER_S) from away
    finally:
        connection.close()
