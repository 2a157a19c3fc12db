"""Collect what runners report: hostile until it is shown to answer the very order."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bot.checks.progress import Announcer
from bot.services import Services
from bot.store.checks import RunRecord, RunStatus
from engine.errors import HighwaterError
from engine.orders import MAX_REPORT_BYTES, RunReport
from engine.values import CheckId, RunId
from worker.queue.codec import decode_report

log = logging.getLogger(__name__)

Conclude = Callable[[CheckId], None]


@dataclass(slots=True)
class Collector:
    """Looks at the runs that are out; *conclude* ends a check if it is complete, and never raises.

    Remembers them, so that each order is read once, and which confirmations are sent.
    """

    services: Services
    conclude: Conclude
    sent: set[RunId] = field(default_factory=set)
    out: dict[RunId, RunRecord] = field(default_factory=dict)
    progress: Announcer = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing told."""
        self.progress = Announcer(self.services)

    def collect(self) -> int:
        """Take in every report that is there, tell how far the others are; gives how many.

        Raises:
            redis.exceptions.RedisError: the queue is away.
        """
        self._look()
        taken = sum(1 for run in tuple(self.out.values()) if self._take(run))
        self._send_confirmations()
        self.progress.turn(self.out)
        now = self.services.clock.now()
        for check in self.services.checks.running_checks():
            if check.retry_utc <= now:
                self.conclude(check.id)
        return taken

    def _look(self) -> None:
        names = self.services.checks.queued_names()
        found = ((name, self.out.get(name) or self.services.checks.run(name)) for name in names)
        self.out = {name: run for name, run in found if run is not None}

    def _take(self, run: RunRecord) -> bool:
        report = read_report(self.services, run)
        if report is None:
            return False
        self.services.checks.store_report(run.run, report)
        del self.out[run.run]
        log.info("report_collected", extra={"run": run.run, "runner": report.runner})
        return True

    def _send_confirmations(self) -> None:
        """Submit those that a process may have died before submitting; again does nothing."""
        confirmations = {
            run.run: run for run in self.out.values() if run.order.confirms is not None
        }
        for name in confirmations.keys() - self.sent:
            run = confirmations[name]
            self.services.queue.submit(run.order, run.tags, run.lane)
        self.sent = set(confirmations)


def read_report(services: Services, run: RunRecord) -> RunReport | None:
    """Read a run's report file; None while there is none.

    A report that does not answer the order is refused: it is set aside, and the run has ended.
    """
    path = services.place(run.run).report
    try:
        data = read_regular(path)
        return None if data is None else decode_report(data, run.order)
    except (HighwaterError, OSError) as refusal:
        services.checks.set_run_status(run.run, RunStatus.REFUSED)
        log.warning("report_refused", extra={"run": run.run, "problem": str(refusal)})
        return None


def read_regular(path: Path) -> bytes | None:
    """Read a regular file, never through a link and never waiting for a pipe; None: there is none.

    Raises:
        OSError: it is of another kind, or cannot be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            problem = "the report is not a regular file"
            raise OSError(problem)
        return stream.read(MAX_REPORT_BYTES + 1)
