"""The web application: the addresses, and the one place where an unforeseen error ends."""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, request
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException

from bot import web
from bot.clock import SystemClock
from bot.settings import Settings
from bot.store.checks import CheckStore
from bot.store.deliveries import DeliveryStore
from bot.store.engine import open_database
from bot.web import Answer, WebServices

log = logging.getLogger(__name__)


def create_app(services: WebServices) -> Flask:
    """Make the WSGI application over *services*."""
    app = Flask("highwater", static_folder=None)
    # One byte more than allowed is read: a stream without a length is cut there, not refused.
    app.config["MAX_CONTENT_LENGTH"] = web.MAX_BODY_BYTES + 1
    _add_addresses(app, services)
    _add_error_handlers(app)
    return app


def web_services(settings: Settings) -> WebServices:
    """Open what the receiver works with.

    Raises:
        UserError: the database's URL cannot be used.
    """
    database = open_database(settings.database_url)
    return WebServices(
        deliveries=DeliveryStore(database),
        checks=CheckStore(database),
        clock=SystemClock(),
        secrets=tuple(secret.reveal().encode() for secret in settings.webhook_secrets),
    )


def _add_addresses(app: Flask, services: WebServices) -> None:
    @app.post("/webhook")
    def receive() -> Response:
        """Keep a delivery."""
        return _response(web.receive(services, request.headers, request.get_data(cache=False)))

    @app.get("/verdicts/<check>.json")
    def show_verdict(check: str) -> Response:
        """Show a verdict's document."""
        return _response(web.show_verdict(services, check))

    @app.get("/healthz")
    def show_health() -> Response:
        """Show that all is well."""
        return _response(web.show_health(services))


def _add_error_handlers(app: Flask) -> None:
    @app.errorhandler(HTTPException)
    def refuse(error: HTTPException) -> Response:
        """Answer in JSON what HTTP does not allow."""
        return _response(web.refuse(HTTPStatus(error.code or HTTPStatus.INTERNAL_SERVER_ERROR)))

    @app.errorhandler(OperationalError)
    def unavailable(error: OperationalError) -> Response:
        """Answer that the database is away."""
        log.error("database_away", extra={"problem": str(error.orig)})
        return _response(web.unavailable())

    @app.errorhandler(Exception)
    def internal_error(error: Exception) -> Response:
        """Answer our own bug; its traceback goes to the log alone."""
        delivery = request.headers.get("X-GitHub-Delivery")
        log.error("internal_error", extra={"delivery": delivery}, exc_info=error)
        return _response(web.internal_error(delivery))


def _response(answer: Answer) -> Response:
    response = Response(answer.body, status=answer.status, content_type=web.JSON_TYPE)
    response.headers.extend(dict(answer.headers))
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
