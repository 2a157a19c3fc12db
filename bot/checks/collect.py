"""Collect what runners report: hostile until it is shown to answer the very order."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from bot.checks import board
from bot.checks.conclude import conclude_if_complete
from bot.services import Services
from bot.store.checks import RunRecord, RunStatus
from engine.errors import HighwaterError
from engine.orders import MAX_REPORT_BYTES, RunReport
from engine.reports import notices
from engine.values import RunId
from worker.queue.codec import decode_report

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Collector:
    """Looks at the runs that are out; remembers which it has announced as measuring."""

    services: Services
    announced: set[RunId] = field(default_factory=set)

    def collect(self) -> int:
        """Take in every report that is there, announce what runners took up; gives how many.

        Raises:
            TransientError: the forge or the queue is away; calling again goes on.
        """
        waiting = self.services.checks.queued_runs()
        taken = sum(1 for run in waiting if self._take(run))
        self._announce({run.run: run for run in waiting})
        self._finish_unfinished()
        return taken

    def _take(self, run: RunRecord) -> bool:
        report = read_report(self.services, run)
        if report is None:
            return False
        self.services.checks.store_report(run.run, report)
        log.info("report_collected", extra={"run": run.run, "runner": report.runner})
        return True

    def _announce(self, waiting: dict[RunId, RunRecord]) -> None:
        for runner in self.services.queue.runners():
            run = None if runner.run is None else waiting.get(runner.run)
            if run is None or run.run in self.announced:
                continue
            check = self.services.checks.check(run.check)
            if check is not None:
                text = notices.measuring(runner.name)
                board.show_progress(self.services, check, board.of_run(run), text)
                self.announced.add(run.run)

    def _finish_unfinished(self) -> None:
        """Conclude whatever is complete, whoever died between the last report and here."""
        for check in self.services.checks.running_checks():
            conclude_if_complete(self.services, check.id)


def read_report(services: Services, run: RunRecord) -> RunReport | None:
    """Read a run's report file; None while there is none.

    A report that does not answer the order is refused: it is set aside, and the run is lost.
    """
    path = services.place(run.run).report
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_REPORT_BYTES + 1)
    except FileNotFoundError:
        return None
    try:
        return decode_report(data, run.order)
    except HighwaterError as refusal:
        path.replace(path.with_suffix(".refused"))
        services.checks.set_run_status(run.run, RunStatus.LOST)
        log.warning("report_refused", extra={"run": run.run, "problem": str(refusal)})
        return None
