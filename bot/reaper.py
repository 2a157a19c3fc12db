"""What becomes of orders whose runner is gone: no check is left in progress.

A lost order is put back once; lost twice, its check says that it could not be measured. An
order that no live runner can take says so, and one that the queue forgot is sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rq import Queue

from bot.checks.lost import close_empty, lose_run, note_no_runner, note_waiting
from bot.job_workers import restart_abandoned
from bot.ports import RunnerState
from bot.services import Services
from bot.store.checks import RunRecord, RunStatus
from engine.values import RunId
from worker.queue.names import is_meant_for

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited, and how often a loss is forgiven."""

    max_losses: int = 2
    no_runner: timedelta = timedelta(seconds=20)  # a runner that is restarted is back by then
    forgotten: timedelta = timedelta(minutes=1)
    unreported: timedelta = timedelta(minutes=1)  # from the order's end
    unsent: timedelta = timedelta(minutes=15)
    deadline: timedelta = timedelta(hours=24)  # from the check's opening, whatever the reason
    second_runner: timedelta = timedelta(minutes=15)  # that it is idle and takes no confirmation


@dataclass(slots=True)
class Reaper:
    """Sweeps again and again; remembers since when an order has had no runner."""

    services: Services
    bot_jobs: Queue
    patience: Patience = Patience()
    _unmatched: dict[RunId, datetime] = field(default_factory=dict)
    _noted: set[RunId] = field(default_factory=set)
    _sent_again: dict[RunId, datetime] = field(default_factory=dict)
    _ended: dict[RunId, datetime] = field(default_factory=dict)
    _asked: dict[RunId, datetime] = field(default_factory=dict)

    def sweep(self) -> None:
        """Look at everything that is out, once.

        Raises:
            TransientError: the forge is away; sweeping again goes on.
            redis.exceptions.RedisError: the queue is away.
        """
        for job in restart_abandoned(self.bot_jobs):
            log.warning("job_restarted", extra={"job": job})
        for run in self.services.queue.lost():
            self._take_back(run)
        waiting = self.services.checks.queued_runs()
        self._match(waiting, self.services.queue.runners())
        for record in waiting:
            self._take_back_if_unreported(record.run)
            self._look_at_age(record)
        close_empty(self.services, self.services.clock.now() - self.patience.unsent)
        self._forget_all_but({record.run for record in waiting})

    def _take_back(self, run: RunId) -> None:
        record = self.services.checks.run(run)
        if record is None or record.status is not RunStatus.QUEUED:
            self.services.queue.cancel(run)
        elif self.services.place(run).report.exists():
            return  # the runner died after its work was done: the report is being collected
        elif record.order.confirms is not None:
            self._give_up_confirming(record)
        elif record.losses + 1 >= self.patience.max_losses:
            losses = self.services.checks.add_loss(run)
            log.error("run_given_up", extra={"run": run, "losses": losses})
            lose_run(self.services, run)
        else:
            # Put back first: whoever dies in between has forgotten a loss, not an order.
            self.services.queue.requeue(run)
            losses = self.services.checks.add_loss(run)
            log.warning("run_requeued", extra={"run": run, "losses": losses})

    def _take_back_if_unreported(self, run: RunId) -> None:
        """Count an order as lost whose runner is done with it and has left no report."""
        if not self.services.queue.ended(run):
            self._ended.pop(run, None)
            return
        now = self.services.clock.now()
        if now - self._ended.setdefault(run, now) >= self.patience.unreported:
            self._take_back(run)

    def _match(self, waiting: Sequence[RunRecord], runners: Sequence[RunnerState]) -> None:
        now = self.services.clock.now()
        for record in waiting:
            if record.order.confirms is not None:
                self._wait_for_second(record, runners, now)
            elif any(_may_take(runner, record) for runner in runners):
                self._withdraw_note(record, runners)
            else:
                self._note_absence(record, now)

    def _wait_for_second(
        self, record: RunRecord, runners: Sequence[RunnerState], now: datetime
    ) -> None:
        """Give a confirmation up whose runner is gone, or idle and does not take it in time."""
        meant = [runner for runner in runners if is_meant_for(record.tags, runner.name)]
        if meant:
            self._unmatched.pop(record.run, None)
        if any(runner.run is not None for runner in meant):
            self._asked.pop(record.run, None)  # it works, on this or on what came before
            return
        gone = now - self._unmatched.setdefault(record.run, now) >= self.patience.no_runner
        late = now - self._asked.setdefault(record.run, now) >= self.patience.second_runner
        if (gone or late) and not self.services.place(record.run).report.exists():
            self._give_up_confirming(record)

    def _give_up_confirming(self, record: RunRecord) -> None:
        """Leave the first runner's verdict as it is: it says that the second did not answer."""
        log.warning("confirmation_given_up", extra={"run": record.run})
        lose_run(self.services, record.run)

    def _note_absence(self, record: RunRecord, now: datetime) -> None:
        absent = now - self._unmatched.setdefault(record.run, now)
        if absent >= self.patience.no_runner and record.run not in self._noted:
            tags = "+".join(record.tags)
            log.warning("no_runner", extra={"run": record.run, "tags": tags})
            note_no_runner(self.services, record.run)
            self._noted.add(record.run)

    def _withdraw_note(self, record: RunRecord, runners: Sequence[RunnerState]) -> None:
        self._unmatched.pop(record.run, None)
        if record.run not in self._noted:
            return
        self._noted.discard(record.run)
        if not any(runner.run == record.run for runner in runners):
            note_waiting(self.services, record.run)

    def _look_at_age(self, record: RunRecord) -> None:
        check = self.services.checks.check(record.check)
        if check is None:
            return
        age = self.services.clock.now() - check.opened_utc
        sent = self.services.place(record.run).bundle.exists()
        if age >= self.patience.deadline or (not sent and age >= self.patience.unsent):
            log.error("run_given_up", extra={"run": record.run, "sent": sent})
            lose_run(self.services, record.run)
        elif sent:
            self._send_again_if_forgotten(record, check.opened_utc)

    def _send_again_if_forgotten(self, record: RunRecord, opened: datetime) -> None:
        """Submit anew now and then, which does nothing unless the queue has lost its data."""
        now = self.services.clock.now()
        if now - self._sent_again.get(record.run, opened) >= self.patience.forgotten:
            self._sent_again[record.run] = now
            self.services.queue.submit(record.order, record.tags, record.lane)

    def _forget_all_but(self, waiting: set[RunId]) -> None:
        self._noted &= waiting
        for known in (self._unmatched, self._sent_again, self._ended, self._asked):
            for run in known.keys() - waiting:
                del known[run]


def _may_take(runner: RunnerState, record: RunRecord) -> bool:
    meant = is_meant_for(record.tags, runner.name)  # such as a null run, for a certificate
    return meant or set(record.tags) <= set(runner.tags)
