"""The history watch: stored points along git's history, their steps, and what settles them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bot.checks.measuring import Source, completed
from bot.checks.planning import plan_check
from bot.git import git
from bot.mirror import Mirror
from bot.store.history import HistoryStore
from engine.configuration import FILE_NAME
from engine.configuration_file import parse_configuration
from engine.errors import UserError, Where
from engine.history import Bracket, HistoryPoint, Series, StepHypothesis, series
from engine.history_steps import hypotheses
from engine.identity import content_hash, derived_seed
from engine.orders import RunOrder
from engine.plan import PlanRequest
from engine.settling import Settlement, Standing, settling_order, standing
from engine.values import CheckId, CommitSha, RepositoryName, SuiteKind

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Watched:
    """One series with its steps, and how far each of them is settled."""

    series: Series
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A step to settle between the two commits of *bracket*; *tip* declares how to measure.

    ``attempt`` counts from 1: a run that was lost is asked for anew, under another name.
    """

    repository: RepositoryName
    tip: CommitSha
    hypothesis: StepHypothesis
    bracket: Bracket
    attempt: int = 1

    @property
    def check(self) -> CheckId:
        """Name the question, the same for everyone who asks it."""
        asked = (self.repository, self.hypothesis.key, self.bracket)
        return CheckId(f"settle-{content_hash(asked)[:_DIGITS]}-{self.attempt}")


def first_parents(repository: Mirror, tip: str) -> tuple[str, ...]:
    """List the commits of a branch, oldest first: what was merged counts as its merge alone.

    Raises:
        TransientError: git failed.
    """
    listed = git(repository.directory, "rev-list", "--first-parent", "--reverse", tip)
    return tuple(listed.decode().split())


def repositories_in(store: HistoryStore, commits: Iterable[str]) -> tuple[RepositoryName, ...]:
    """Name the stored repositories that share a measured commit with this history.

    A laptop and the bot know one repository by different names; its commits are the same.
    """
    known = frozenset(commits)
    return tuple(name for name in store.repositories() if known & store.commits(name))


def watch(
    points: Iterable[HistoryPoint], commits: tuple[str, ...], settlements: Iterable[Settlement]
) -> tuple[Watched, ...]:
    """Sort points into series along *commits*, and say how far the steps of each are settled."""
    known = tuple(settlements)
    return tuple(
        Watched(found, tuple(standing(one, known) for one in hypotheses(found)))
        for found in series(points, commits)
    )


def plan_settling(question: Question, source: Source, entropy: str) -> RunOrder:
    """Plan the paired run that answers a question.

    Raises:
        UserError: the declaration at the tip is missing or broken, or has no such suite.
        TransientError: git failed.
    """
    suite, bracket = question.hypothesis.suite, question.bracket
    data = source.read(question.tip, FILE_NAME)
    if data is None:
        problem = f"does not exist at {question.tip[:7]}, so nothing says how to measure."
        raise UserError(problem, Where(FILE_NAME), "Settle steps while the suite is declared.")
    configuration = parse_configuration(data, FILE_NAME).configuration
    declared = configuration.suites.get(suite)
    if declared is None or declared.kind is not SuiteKind.BENCHMARK:
        problem = f"has no benchmark suite {suite!r} at {question.tip[:7]} any more."
        raise UserError(
            problem, Where(FILE_NAME, None, "suites"), "Declare it to settle its steps."
        )
    before = CommitSha(bracket.before)
    request = PlanRequest(
        check=question.check,
        repository=question.repository,
        configuration=completed(configuration, source, before),
        selected=(suite,),
        base=before,
        head=CommitSha(bracket.after),
        seed=derived_seed(0, question.check, bracket.before, bracket.after),
        entropy=entropy,
    )
    (planned,) = plan_check(request, source, question.tip)
    return settling_order(planned.order, question.hypothesis)
