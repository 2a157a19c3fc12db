"""Steps of the history are settled by the runners, one at a time, when they have nothing to do.

A settling run waits in the nightly lane of its suite's queue, from which runners take only when
no pull request waits. What it shows is stored and logged; nobody is told before.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, field
from datetime import timedelta

from bot.checks.collect import read_regular
from bot.history_watch import Question, first_parents, plan_settling, watch
from bot.mirror import Mirror
from bot.ports import Repository
from bot.services import Services
from bot.store.settlings import SettlingRecord
from engine.errors import HighwaterError, IntegrityError, TransientError, UserError
from engine.orders import RunOrder, RunReport
from engine.settling import Settlement, settled, unsettleable
from engine.terms import RunTerms
from engine.values import RepositoryName, RunId
from engine.verdicts import judge_run
from worker.queue.codec import decode_report

MAX_ATTEMPTS = 2
DEADLINE = timedelta(hours=24)  # from the order; a machine that is never idle settles nothing

log = logging.getLogger(__name__)

_UTC_SECONDS = "%Y-%m-%dT%H:%M:%SZ"
_Extent = tuple[int, int]


@dataclass(slots=True)
class Settler:
    """Orders settling runs and takes their reports in.

    Remembers of which repositories nothing is left to ask until something is added to them.
    """

    services: Services
    _quiet: dict[RepositoryName, _Extent] = field(default_factory=dict)

    def turn(self) -> None:
        """Look once: at the run that is out, or else for the next question.

        Raises:
            TransientError: the forge or git is away; the next turn goes on.
            redis.exceptions.RedisError: the queue is away.
        """
        out = self.services.settlings.out()
        if out is not None:
            self._look_at(out)
            return
        for name in self.services.history.repositories():
            extent = self.services.history.extent(name)
            if self._quiet.get(name) == extent:
                continue
            try:
                if self._ask(name):
                    return
            except TransientError as away:  # of one forge: the others need not wait for it
                log.warning("history_not_watched", extra=_problem(name, away))
                continue
            except (HighwaterError, OSError) as problem:  # until something is added to it
                log.warning("history_not_watched", extra=_problem(name, problem))
            self._quiet[name] = extent

    def _look_at(self, out: SettlingRecord) -> None:
        # First whether the runner is done: it writes the report before it says so.
        ended = self.services.queue.ended(out.run)
        try:
            report = self._report(out)
            if report is not None:
                self._settle(out, report)
            elif ended or self.services.clock.now() - out.ordered_utc > DEADLINE:
                self._lose(out)
            else:
                self._keep_waiting(out)
        except (IntegrityError, OSError) as refusal:
            extra = {"run": out.run, "problem": str(refusal)}
            log.warning("report_refused", extra=extra)
            self._lose(out)

    def _report(self, out: SettlingRecord) -> RunReport | None:
        data = read_regular(self.services.place(out.run).report)
        return None if data is None else decode_report(data, out.order)

    def _keep_waiting(self, out: SettlingRecord) -> None:
        os.utime(self.services.place(out.run).directory)  # tidying up spares what is in use
        self.services.queue.submit(out.order, out.order.suite.runs_on, "nightly")

    def _settle(self, out: SettlingRecord, report: RunReport) -> None:
        verdict = judge_run(out.order, RunTerms(), report)
        found = settled(out.hypothesis, out.bracket, verdict, self._now())
        if self.services.settlings.settle(out.run, found):
            self._say(out.repository, found)

    def _lose(self, out: SettlingRecord) -> None:
        self.services.queue.cancel(out.run)
        if self.services.settlings.lose(out.run):
            log.warning("settling_lost", extra={"run": out.run})
        self._quiet.pop(out.repository, None)

    def _say(self, repository: RepositoryName, found: Settlement) -> None:
        self._quiet.pop(repository, None)
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

    def _ask(self, name: RepositoryName) -> bool:
        """Order the run that answers the next question of a repository; False: there is none."""
        repository = self.services.history.reached(name)
        if repository is None:  # only null runs of a laptop know it
            return False
        question, mirror = self._next(repository)
        return question is not None and self._order(question, mirror)

    def _next(self, repository: Repository) -> tuple[Question | None, Mirror]:
        forge, name = self.services.forge, repository.name
        tip = forge.tip(repository, forge.default_branch(repository))
        mirror = self.services.mirrors.fetch(name, forge.clone_source(repository), (tip,))
        watched = watch(
            self.services.history.points(name),
            first_parents(mirror, tip),
            self.services.settlings.settlements(name),
        )
        for one in (standing for found in watched for standing in found.standings):
            if one.next is not None:
                lost = self.services.settlings.attempts(name, one.hypothesis, one.next)
                question = Question(
                    repository=name,
                    tip=tip,
                    hypothesis=one.hypothesis,
                    bracket=one.next,
                    attempt=lost + 1,
                )
                return question, mirror
        return None, mirror

    def _order(self, question: Question, mirror: Mirror) -> bool:
        if question.attempt > MAX_ATTEMPTS:
            return self._leave_open(question, "its runs were lost")
        try:
            order = plan_settling(question, mirror, self.services.entropy(question.check))
        except UserError as problem:
            return self._leave_open(question, str(problem))
        self._send(question, order, mirror)
        return True

    def _send(self, question: Question, order: RunOrder, mirror: Mirror) -> None:
        """Store the order before it is sent: whoever dies in between has it sent by the next."""
        place = self.services.place(RunId(order.run))
        place.create()
        mirror.bundle({order.base, order.head, order.measuring_from}, place.bundle)
        record = SettlingRecord(
            run=RunId(order.run),
            repository=question.repository,
            hypothesis=question.hypothesis,
            bracket=question.bracket,
            order=order,
            ordered_utc=self.services.clock.now(),
        )
        if self.services.settlings.order(record):
            self.services.queue.submit(order, order.suite.runs_on, "nightly")
            extra = {"run": order.run, "before": order.base, "after": order.head}
            log.info("settling_ordered", extra=extra)

    def _leave_open(self, question: Question, problem: str) -> bool:
        """Settle a question as unanswerable, so that the next one has its turn."""
        hypothesis, now = question.hypothesis, self.services.clock.now()
        found = unsettleable(hypothesis, question.bracket, question.check, self._now())
        self.services.settlings.add(question.repository, hypothesis, found, now)
        log.warning("step_left_open", extra={"check": question.check, "problem": problem})
        return True

    def _now(self) -> str:
        return self.services.clock.now().strftime(_UTC_SECONDS)


def _problem(repository: RepositoryName, problem: Exception) -> dict[str, str]:
    return {"repository": repository, "problem": str(problem)}
