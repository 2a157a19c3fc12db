"""Collect what runners report: hostile until it is shown to answer the very order."""

from __future__ import annotations

import logging
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.checks import board
from bot.checks.claim import claimed
from bot.services import Services
from bot.store.checks import RunRecord, RunStatus
from engine.errors import HighwaterError, TransientError, UserError
from engine.orders import MAX_REPORT_BYTES, RunReport
from engine.reports import notices
from engine.values import CheckId, RunId
from worker.queue.codec import decode_report

log = logging.getLogger(__name__)

Conclude = Callable[[CheckId], None]


@dataclass(slots=True)
class Collector:
    """Looks at the runs that are out; *conclude* ends a check if it is complete, and never raises.

    Remembers which runs it has announced as measuring, and which confirmations are sent.
    """

    services: Services
    conclude: Conclude
    announced: set[RunId] = field(default_factory=set)
    sent: set[RunId] = field(default_factory=set)

    def collect(self) -> int:
        """Take in every report that is there, announce what runners took up; gives how many."""
        waiting = self.services.checks.queued_runs()
        taken = sum(1 for run in waiting if self._take(run))
        self._send_confirmations(waiting)
        self._announce_all({run.run: run for run in waiting})
        now = self.services.clock.now()
        for check in self.services.checks.running_checks():
            if check.retry_utc <= now:
                self.conclude(check.id)
        return taken

    def _take(self, run: RunRecord) -> bool:
        report = read_report(self.services, run)
        if report is None:
            return False
        self.services.checks.store_report(run.run, report)
        log.info("report_collected", extra={"run": run.run, "runner": report.runner})
        return True

    def _send_confirmations(self, waiting: Sequence[RunRecord]) -> None:
        """Submit those that a process may have died before submitting; again does nothing."""
        confirmations = {run.run: run for run in waiting if run.order.confirms is not None}
        for run in confirmations.keys() - self.sent:
            self.services.queue.submit(confirmations[run].order, confirmations[run].tags)
        self.sent = set(confirmations)

    def _announce_all(self, waiting: dict[RunId, RunRecord]) -> None:
        self.announced &= waiting.keys()
        for runner in self.services.queue.runners():
            run = None if runner.run is None else waiting.get(runner.run)
            if run is not None and run.run not in self.announced:
                self._announce(run, runner.name)

    def _announce(self, run: RunRecord, runner: str) -> None:
        try:
            with claimed(self.services, run.check) as check:
                now = self.services.checks.run(run.run)
                if check is None or now is None or now.status is not RunStatus.QUEUED:
                    return
                said = notices.measuring if run.order.confirms is None else notices.confirming
                board.show_progress(self.services, check, board.of_run(run), said(runner))
                self.announced.add(run.run)
        except (TransientError, UserError) as error:
            log.warning("not_announced", extra={"run": run.run, "problem": str(error)})


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
