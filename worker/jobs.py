"""The jobs that a runner carries out for the bot: the entry of RQ, one function."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar

import msgspec
from redis.exceptions import RedisError
from rq import get_current_job

from engine.errors import IntegrityError, TransientError
from engine.orders import Failure, RunOrder, RunReport
from worker.files import write_atomically
from worker.machine import this_machine
from worker.queue.codec import decode_order, decode_report, encode_report
from worker.queue.places import OrderPlace
from worker.queue.progress import Progress, tell
from worker.run import carry_out, failed, now_utc
from worker.settings import RunnerSettings, read_runner_settings

SETTINGS: ContextVar[RunnerSettings] = ContextVar("SETTINGS")
PROGRESS_INTERVAL_S = 0.5

_log = logging.getLogger("highwater.worker")


def execute_run(order_json: str) -> None:
    """Carry out an order; its report is on disk, whole and synced, before this returns.

    Done a second time, as after a lost answer to the queue, it finds the report and is done.
    Whatever goes wrong that no other try could mend is in the report too.

    Raises:
        IntegrityError: this is not an order.
        TransientError, OSError: another try may help.
    """
    order = decode_order(order_json)
    settings = SETTINGS.get(None) or read_runner_settings()
    place = OrderPlace(settings.state_dir, order.run)
    if _reported(place, order):
        _log.info("already_reported", extra={"run": order.run})
        return
    started = now_utc()
    try:
        report = _for_another(order, settings, started)
        report = report or carry_out(order, place.bundle, settings, _teller(order.run))
    except (TransientError, OSError):
        raise
    except Exception:  # noqa: BLE001 - the job wrapper: our own bug concludes the check as well
        _log.exception("internal_error", extra={"run": order.run})
        report = failed(order, settings, started, Failure(blame="runner", step="internal error"))
    place.create()
    write_atomically(place.report, _encoded(report))
    _log.info("reported", extra={"run": order.run, "failure": report.failure is not None})


def _for_another(order: RunOrder, settings: RunnerSettings, started: str) -> RunReport | None:
    """Refuse an order that is not for this runner: it would confirm what it measured itself."""
    if not order.not_on:
        return None
    if not {settings.runner_name, this_machine().fingerprint} & set(order.not_on):
        return None
    step = "take the order: another runner is to carry it out"
    return failed(order, settings, started, Failure(blame="runner", step=step))


def _reported(place: OrderPlace, order: RunOrder) -> bool:
    """Whether a whole report of this very order is there already."""
    try:
        decode_report(place.report.read_bytes(), order)
    except (FileNotFoundError, IntegrityError):
        return False
    return True


def _encoded(report: RunReport) -> bytes:
    try:
        return encode_report(report)
    except IntegrityError as error:
        failure = Failure(blame="input", step="report", tail=f"too much was measured: {error}")
        return encode_report(msgspec.structs.replace(report, evidence=None, failure=failure))


def _teller(run: str) -> Callable[[str, int, int], None]:
    """Make the function that tells the queue how far *run* is; it never fails an order."""
    job = get_current_job()
    started: dict[str, float] = {}
    last = 0.0

    def say(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.time()
        is_new = what not in started
        since = started.setdefault(what, now)
        if job is None or (now - last < PROGRESS_INTERVAL_S and not is_new and done < total):
            return
        last = now
        progress = Progress(what=what, done=done, total=total, started=since, now=now)
        with suppress(RedisError):
            tell(job.connection, run, progress)

    return say
