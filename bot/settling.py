"""Steps of the history are settled by the runners, when they have nothing else to do.

A settling run waits in the nightly lane of its suite's queue, from which runners take only when
no pull request waits; one is out a queue. What it shows is stored and logged; nobody is told
before. All of this is advice: whatever breaks here keeps no check from being handled.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field, replace
from datetime import timedelta

import msgspec

from bot.checks.collect import read_regular
from bot.history_backlog import Asked, Backlog
from bot.history_watch import Question, plan_settling
from bot.mirror import Mirror
from bot.services import Services
from bot.store.settlings import Out, SettlingRecord
from engine.errors import IntegrityError, UserError
from engine.orders import RunOrder, RunReport
from engine.settling import Settlement, settled, unsettleable
from engine.terms import RunTerms
from engine.values import RepositoryName, RunId
from engine.verdicts import judge_run
from worker.queue.codec import decode_report
from worker.queue.names import queue_name

MAX_ATTEMPTS = 2
DEADLINE = timedelta(hours=24)  # from the order; a machine that is never idle settles nothing
LOST = "its runs were lost"

log = logging.getLogger(__name__)

_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
_SHA = 12
# What a stored row or a report that another version wrote may lead to, wherever it is read.
_BROKEN = (IntegrityError, OSError, ValueError, LookupError, ArithmeticError)


@dataclass(slots=True)
class Settler:
    """Orders settling runs and takes their reports in."""

    services: Services
    _backlog: Backlog = field(init=False)
    _waiting: set[str] = field(default_factory=set)  # queues that no live runner listens to

    def __post_init__(self) -> None:
        """Begin with nothing looked at."""
        self._backlog = Backlog(self.services)

    def turn(self) -> None:
        """Look once: at the runs that are out, and for the next question of a free queue.

        Raises:
            TransientError: git is away; the next turn goes on.
            redis.exceptions.RedisError: the queue is away.
        """
        for out in self.services.settlings.out():
            self._look_at(out)
        busy = {out.queue for out in self.services.settlings.out()}
        if "" in busy:  # of an older version, which knew of one run alone
            return
        live = [frozenset(runner.tags) for runner in self.services.queue.runners()]
        for asked in self._backlog.in_turn():
            if self._may_be_asked(asked, busy, live) and self._ask(asked):
                self._backlog.had_its_turn(asked.question.repository)
                return

    def _look_at(self, out: Out) -> None:
        # First whether the runner is done: it writes the report before it says so.
        ended = self.services.queue.ended(out.run)
        try:
            record = self.services.settlings.ordered(out.run)
            report = None if record is None else self._report(record)
            if record is None:
                return
            if report is not None:
                self._settle(record, report)
            elif ended or self.services.clock.now() - record.ordered_utc > DEADLINE:
                self._lose(out)
            else:
                self._keep_waiting(record)
        except _BROKEN as refusal:
            extra = {"run": out.run, "problem": str(refusal)}
            log.warning("report_refused", extra=extra)
            self._lose(out)

    def _report(self, record: SettlingRecord) -> RunReport | None:
        data = read_regular(self.services.place(record.run).report)
        return None if data is None else decode_report(data, record.order)

    def _keep_waiting(self, record: SettlingRecord) -> None:
        os.utime(self.services.place(record.run).directory)  # tidying up spares what is in use
        self.services.queue.submit(record.order, record.order.suite.runs_on, "nightly")

    def _settle(self, record: SettlingRecord, report: RunReport) -> None:
        verdict = judge_run(record.order, RunTerms(), report)
        now = self._now()
        found = tuple(settled(one, record.bracket, verdict, now) for one in record.hypotheses)
        if self.services.settlings.settle(record.run, found):
            for one in found:
                _say(record.repository, one)
        self._backlog.forget(record.repository)

    def _lose(self, out: Out) -> None:
        self.services.queue.cancel(out.run)
        if self.services.settlings.lose(out.run):
            log.warning("settling_lost", extra={"run": out.run})
        self._backlog.forget(out.repository)

    def _may_be_asked(self, asked: Asked, busy: set[str], live: list[frozenset[str]]) -> bool:
        """Whether the suite's queue is free, and a live runner listens to it."""
        if asked.tags is None:  # whoever plans it says why
            return True
        queue = queue_name(asked.tags, "nightly")
        if any(frozenset(asked.tags) <= tags for tags in live):
            self._waiting.discard(queue)
            return queue not in busy
        if queue not in self._waiting:
            self._waiting.add(queue)
            question = asked.question
            extra = {"repository": question.repository, "suite": question.suite}
            problem = f"no live runner has the tags {', '.join(sorted(asked.tags))}"
            log.warning("steps_wait_for_a_runner", extra={**extra, "problem": problem})
        return False

    def _ask(self, asked: Asked) -> bool:
        """Order the run that answers a question, or leave it open; False: it is out already."""
        question = asked.question
        lost = self.services.settlings.attempts(
            question.repository, question.hypotheses, question.bracket
        )
        if lost >= MAX_ATTEMPTS:
            return self._leave_open(question, LOST)
        again = replace(question, attempt=lost + 1)
        try:
            order = plan_settling(again, asked.mirror, self.services.entropy(again.check))
        except UserError as problem:
            return self._leave_open(question, str(problem), declared_at=question.tip)
        return self._send(again, order, asked.mirror)

    def _send(self, question: Question, order: RunOrder, mirror: Mirror) -> bool:
        """Store the order before it is sent: whoever dies in between has it sent by the next."""
        place = self.services.place(RunId(order.run))
        place.create()
        mirror.bundle({order.base, order.head, order.measuring_from}, place.bundle)
        record = SettlingRecord(
            run=RunId(order.run),
            repository=question.repository,
            hypotheses=question.hypotheses,
            bracket=question.bracket,
            order=order,
            ordered_utc=self.services.clock.now(),
        )
        if not self.services.settlings.order(record):
            return False
        self.services.queue.submit(order, order.suite.runs_on, "nightly")
        extra = {"run": order.run, "before": order.base, "after": order.head}
        log.info("settling_ordered", extra=extra)
        return True

    def _leave_open(self, question: Question, problem: str, declared_at: str | None = None) -> bool:
        """Say why a question was not measured, so that the next one has its turn.

        Where a declaration is the reason, the question is asked again once another one holds.
        """
        run, now = f"{question.check}-{question.tip[:_SHA]}", self.services.clock.now()
        found = tuple(
            msgspec.structs.replace(
                unsettleable(one, question.bracket, run, self._now(), problem),
                declared_at=declared_at,
            )
            for one in question.hypotheses
        )
        self.services.settlings.add(question.repository, question.hypotheses, found, now)
        self._backlog.forget(question.repository)
        log.warning("step_left_open", extra={"check": question.check, "problem": problem})
        return True

    def _now(self) -> str:
        return self.services.clock.now().strftime(_UTC_SECONDS)


def _say(repository: RepositoryName, found: Settlement) -> None:
    extra = {
        "repository": repository,
        "suite": found.suite,
        "case_name": found.case,
        "before": found.before,
        "after": found.after,
        "state": found.state.value,
        "change": found.change,
        "low": found.low,
        "high": found.high,
    }
    log.info("step_settled", extra=extra)
