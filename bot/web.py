"""What arrives over HTTP: deliveries, kept before they are answered, and verdicts asked for.

The functions take what a request holds and give an ``Answer``; ``bot.app`` binds them to Flask.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

import msgspec

from bot.github.signature import BadSignatureError, verify
from bot.ports import Clock
from bot.store.checks import CheckStore
from bot.store.deliveries import Delivery, DeliveryStore
from engine.errors import UserError, Where
from engine.values import CheckId, DeliveryId

MAX_BODY_BYTES = 25 * 1024 * 1024
JSON_TYPE = "application/json"
_DELIVERY_ID = re.compile(r"[A-Za-z0-9-]{1,64}")
_EVENT_NAME = re.compile(r"[a-z_]{1,64}")
_CHECK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,95}")

log = logging.getLogger(__name__)


class Headers(Protocol):
    """A request's headers, whose names are read without regard to case."""

    def get(self, name: str, /) -> str | None:
        """Read a header; None when the request has none of that name."""


@dataclass(frozen=True, slots=True)
class WebServices:
    """What the receiver works with; *secrets* are one, or two while one is being replaced."""

    deliveries: DeliveryStore
    checks: CheckStore
    clock: Clock
    secrets: Sequence[bytes] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a body of JSON, and headers beside its type."""

    status: HTTPStatus
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def receive(services: WebServices, headers: Headers, body: bytes) -> Answer:
    """Take one webhook: signature, then one committed INSERT, then 202; work comes later.

    Of a body that is too large or not signed by us nothing is parsed and nothing is kept.
    """
    if len(body) > MAX_BODY_BYTES:
        return refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        verify(body, headers.get("X-Hub-Signature-256"), services.secrets)
        delivery = _delivery(headers, body)
    except BadSignatureError as error:
        log.warning("delivery_refused", extra={"reason": "signature"})
        remedy = "Give the webhook the secret that HIGHWATER_WEBHOOK_SECRET holds."
        return _refusal(HTTPStatus.UNAUTHORIZED, UserError(f"{error}.", None, remedy))
    except UserError as error:
        log.warning("delivery_refused", extra={"reason": str(error)})
        return _refusal(HTTPStatus.BAD_REQUEST, error)
    stored = services.deliveries.add(delivery, services.clock.now())
    status = "accepted" if stored else "duplicate"
    log.info("delivery_received", extra={"delivery": delivery.id, "status": status})
    return _json(HTTPStatus.ACCEPTED, {"delivery": delivery.id, "status": status})


def may_be_kept(delivery: Delivery) -> bool:
    """Whether a delivery that was fetched is one that the receiver would have kept."""
    return (
        len(delivery.body) <= MAX_BODY_BYTES
        and _DELIVERY_ID.fullmatch(delivery.id) is not None
        and _EVENT_NAME.fullmatch(delivery.event) is not None
    )


def show_verdict(services: WebServices, check: str) -> Answer:
    """Give a check's verdict document, the very bytes that were stored: they never change."""
    stored = services.checks.verdict(CheckId(check)) if _CHECK_ID.fullmatch(check) else None
    if stored is None:
        remedy = "Ask again when the check has concluded."
        error = UserError("there is no verdict at this address.", None, remedy)
        return _refusal(HTTPStatus.NOT_FOUND, error)
    forever = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Answer(HTTPStatus.OK, stored.document, forever)


def show_health(services: WebServices) -> Answer:
    """Say that the receiver runs and reaches its database, with the deliveries by status."""
    counts = {status.value: count for status, count in services.deliveries.counts().items()}
    return _json(HTTPStatus.OK, {"status": "ok", "deliveries": counts})


def unavailable() -> Answer:
    """Say that the database is away; nothing was kept, so GitHub's redelivery brings it back."""
    error = UserError("the database is away.", None, "Redeliver in a minute.")
    answer = _refusal(HTTPStatus.SERVICE_UNAVAILABLE, error)
    return Answer(answer.status, answer.body, {"Retry-After": "60"})


def refuse(status: HTTPStatus) -> Answer:
    """Answer what HTTP itself does not allow: an unknown address, too large a body."""
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        allowed = f"at most {MAX_BODY_BYTES} bytes are read."
        return _refusal(status, UserError("the body is too large:", None, allowed))
    return _refusal(status, UserError(f"{status.phrase.lower()}.", None, ""))


def internal_error(delivery: str | None) -> Answer:
    """Answer our own bug: the delivery's id finds the traceback in the log, and nothing leaks."""
    named = delivery if delivery and _DELIVERY_ID.fullmatch(delivery) else None
    body = {"problem": "internal error", "delivery": named}
    return _json(HTTPStatus.INTERNAL_SERVER_ERROR, {"error": body})


def _delivery(headers: Headers, body: bytes) -> Delivery:
    delivery = _header(headers, "X-GitHub-Delivery", _DELIVERY_ID)
    event = _header(headers, "X-GitHub-Event", _EVENT_NAME)
    return Delivery(id=DeliveryId(delivery), event=event, body=body)


def _header(headers: Headers, name: str, allowed: re.Pattern[str]) -> str:
    found = headers.get(name)
    if found is None or not allowed.fullmatch(found):
        shown = "nothing" if found is None else ascii(found[:80])
        remedy = f"Allowed is {allowed.pattern}."
        problem = f"found {shown}."
        raise UserError(problem, Where("webhook headers", field=name), remedy)
    return found


def _refusal(status: HTTPStatus, error: UserError) -> Answer:
    where = None if error.where is None else str(error.where)
    fields = {"problem": error.problem, "where": where, "remedy": error.remedy}
    return _json(status, {"error": fields})


def _json(status: HTTPStatus, document: object) -> Answer:
    return Answer(status, msgspec.json.encode(document) + b"\n")
