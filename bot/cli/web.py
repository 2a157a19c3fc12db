"""``highwater web``: the receiver under granian."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from collections.abc import Mapping
from functools import partial

import click
from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import MPServer

from bot.addresses import require_free
from bot.app import create_app, web_services
from bot.cli.background import advisory
from bot.cli.logs import configure_logging
from bot.cli.options import setting_options
from bot.cli.output import message
from bot.composition import open_hooks
from bot.polling import Poller
from bot.settings import Settings, read_settings, service_environment
from bot.store.engine import open_database
from bot.store.migrate import require_up_to_date

# SQLite has one writer at a time: threads of one process share their commits, while several
# processes would poll for its lock. A thread waits for the disk most of its time.
WORKERS = 1
THREADS = 16
BACKPRESSURE = 512  # requests that may wait for a thread; the rest wait in the kernel
KILL_AFTER_S = 5
LOOK_EVERY_S = 1.0  # whether it is time to poll
_PR_SET_PDEATHSIG = 1


@click.command()
@setting_options("host", "port", "public_url", "poll", "state_dir", "log_level")
def web(flags: Mapping[str, str | None]) -> None:
    """Receive webhooks at /webhook and serve verdicts at /verdicts/CHECK.json.

    A delivery is answered once it is on the disk; `highwater jobs` does the work. With --poll
    the webhooks are fetched from GitHub as well, where it cannot reach this machine.

    \b
    Example:
      highwater web
      highwater web --host 0.0.0.0 --port 8787
      highwater web --poll 20s
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    settings = read_settings(flags)
    _require_database(settings)
    port = require_free(settings.host, settings.port)
    _say_what_is_served(settings, port)
    if settings.poll is not None:
        open_hooks(settings)  # the worker's own error would only be in the log
        message(f"Asking GitHub for webhooks every {settings.poll} s")
    os.environ.update(service_environment(settings, os.environ))  # the worker reads the very same
    server(settings.host, port).serve()


def server(host: str, port: int, target: str = f"{__name__}:application") -> MPServer:
    """Make the server of the application that the function *target* makes, on an address."""
    return MPServer(
        target,
        factory=True,
        interface=Interfaces.WSGI,
        address=host,
        port=port,
        workers=WORKERS,
        blocking_threads=THREADS,
        backpressure=BACKPRESSURE,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_AFTER_S,
        log_level=LogLevels.error,
    )


def application() -> Flask:
    """Make the application of granian's worker process, from the settings of its environment."""
    _die_with_parent()
    settings = read_settings()
    configure_logging(settings.log_level, settings.log_config)
    services = web_services(settings)
    if settings.poll is not None:
        _poll_beside(
            Poller(open_hooks(settings), services.deliveries, services.clock), settings.poll
        )
    return create_app(services)


def _poll_beside(poller: Poller, every_s: float) -> None:
    """Poll for as long as this process lives."""
    turn = partial(poller.turn, every_s)
    work = partial(advisory, turn, threading.Event(), every_s=LOOK_EVERY_S)
    threading.Thread(target=work, name="polling", daemon=True).start()


def _die_with_parent() -> None:
    """Have the kernel end this process when granian's main process is killed.

    It would go on serving beside its successor otherwise: nobody is left to stop it.
    """
    parent = os.getppid()
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent == 1 or os.getppid() != parent:
        raise SystemExit(1)


def _require_database(settings: Settings) -> None:
    database = open_database(settings.database_url)
    try:
        require_up_to_date(database)
    finally:
        database.dispose()


def _say_what_is_served(settings: Settings, port: int) -> None:
    message(f"Receiving webhooks at http://{settings.host}:{port}/webhook")
    if not settings.webhook_secrets:
        message("Warning: HIGHWATER_WEBHOOK_SECRET is not set, so every delivery is refused.")
