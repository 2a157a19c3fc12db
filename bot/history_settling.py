"""Settling steps of the history here and now, as a check on a laptop measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.checks.planning import PlannedRun
from bot.checks.results import UTC_SECONDS
from bot.clock import utc_now
from bot.history_watch import Question, plan_settling
from bot.laptop import CarryOut, measured
from bot.mirror import Mirror
from engine.history import StepHypothesis
from engine.settling import Settlement, settled, standing
from engine.terms import RunTerms
from engine.values import CommitSha, RepositoryName
from engine.verdicts import judge_run

HERE = 0  # the attempt's number: runs of the queue count from 1


def settle_here(
    repository: Mirror,
    owner: tuple[RepositoryName, CommitSha],
    hypothesis: StepHypothesis,
    known: Iterable[Settlement],
    carry_out: CarryOut,
) -> Iterator[Settlement]:
    """Measure until a step is settled, given what is *known* of it; gives each run's answer.

    *owner* is the repository's name, and the commit that declares how to measure.

    Raises:
        UserError: the suite is not declared any more, or its declaration is broken.
    """
    answers = list(known)
    while (bracket := standing(hypothesis, answers).next) is not None:
        name, tip = owner
        question = Question(
            repository=name, tip=tip, hypothesis=hypothesis, bracket=bracket, attempt=HERE
        )
        planned = PlannedRun(plan_settling(question, repository, "local"), RunTerms())
        ((run, report),) = measured(repository, (planned,), carry_out)
        verdict = judge_run(run.order, run.terms, report)
        now = utc_now().strftime(UTC_SECONDS)
        answers.append(settled(hypothesis, bracket, verdict, now))
        yield answers[-1]
