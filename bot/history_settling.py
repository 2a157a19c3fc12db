"""Settling steps of the history here and now, as a check on a laptop measures."""

from __future__ import annotations

from bot.checks.planning import PlannedRun
from bot.checks.results import UTC_SECONDS
from bot.clock import utc_now
from bot.history_watch import Question, plan_settling
from bot.laptop import CarryOut, measured
from bot.mirror import Mirror
from engine.settling import Settlement, settled
from engine.terms import RunTerms
from engine.verdicts import judge_run

HERE = 0  # the attempt's number: runs of the queue count from 1


def settle_here(
    repository: Mirror, question: Question, carry_out: CarryOut
) -> tuple[Settlement, ...]:
    """Measure a question's two commits, and answer each of its hypotheses.

    Raises:
        UserError: the suite is not declared any more, or its declaration is broken.
    """
    planned = PlannedRun(plan_settling(question, repository, "local"), RunTerms())
    ((run, report),) = measured(repository, (planned,), carry_out)
    verdict = judge_run(run.order, run.terms, report)
    now = utc_now().strftime(UTC_SECONDS)
    return tuple(settled(one, question.bracket, verdict, now) for one in question.hypotheses)
