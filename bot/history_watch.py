"""The history watch: stored points along git's history, their steps, and what settles them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import msgspec

from bot.checks.measuring import Source, completed
from bot.checks.planning import plan_check
from bot.git import git
from bot.laptop import commit_of
from bot.mirror import Mirror
from bot.store.history import HistoryStore
from engine.configuration import FILE_NAME, Configuration
from engine.configuration_file import parse_configuration
from engine.errors import UserError, Where
from engine.history import Bracket, HistoryPoint, Series, SeriesKey, StepHypothesis, series
from engine.history_steps import hypotheses
from engine.identity import content_hash, derived_seed
from engine.orders import RunOrder
from engine.plan import PlanRequest
from engine.settling import Settlement, Standing, settling_order, standing
from engine.values import CheckId, CommitSha, RepositoryName, SuiteKind

_DIGITS = 16
_DAYS = re.compile(r"[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Watched:
    """One series with its steps, and how far each of them is settled."""

    series: Series
    standings: tuple[Standing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """All that is asked about the two commits of *bracket*; *tip* declares how to measure.

    One or more hypotheses about one suite. ``attempt`` counts from 1: a run that was lost is asked
    for anew, under another name.
    """

    repository: RepositoryName
    tip: CommitSha
    hypotheses: tuple[StepHypothesis, ...]
    bracket: Bracket
    attempt: int = 1

    @property
    def suite(self) -> str:
        """The suite to measure with."""
        return self.hypotheses[0].suite

    @property
    def check(self) -> CheckId:
        """Name the question, the same for everyone who asks it."""
        keys = sorted(one.key for one in self.hypotheses)
        asked = (self.repository, keys, self.bracket)
        return CheckId(f"settle-{content_hash(asked)[:_DIGITS]}-{self.attempt}")


class StepSearch:
    """Searches series for steps, and those that have not changed since no second time."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._known: dict[SeriesKey, tuple[str, tuple[StepHypothesis, ...]]] = {}

    def steps(self, found: Series) -> tuple[StepHypothesis, ...]:
        """Name the steps that a series seems to have."""
        levels = content_hash((found.better, [(one.commit, one.level) for one in found.levels]))
        known = self._known.get(found.key)
        if known is None or known[0] != levels:
            known = (levels, hypotheses(found))
            self._known[found.key] = known
        return known[1]


def first_parents(repository: Mirror, tip: str) -> tuple[str, ...]:
    """List the commits of a branch, oldest first: what was merged counts as its merge alone.

    Raises:
        TransientError: git failed.
    """
    listed = git(repository.directory, "rev-list", "--first-parent", "--reverse", tip)
    return tuple(listed.decode().split())


def commits_since(repository: Mirror, tip: str, since: str) -> frozenset[str]:
    """Name the commits of a branch after a revision, or of the last days where *since* is a number.

    Raises:
        UserError: it is no commit of this repository.
        TransientError: git failed.
    """
    listing = ["rev-list", "--first-parent"]
    if _DAYS.fullmatch(since):
        chosen = [f"--since={int(since)}.days.ago", tip]
    else:
        chosen = [f"{commit_of(repository.directory, since)}..{tip}"]
    return frozenset(git(repository.directory, *listing, *chosen).decode().split())


def repositories_in(store: HistoryStore, commits: Iterable[str]) -> tuple[RepositoryName, ...]:
    """Name the stored repositories that share a measured commit with this history.

    A laptop and the bot know one repository by different names; its commits are the same.
    """
    known = frozenset(commits)
    return tuple(name for name in store.repositories() if known & store.commits(name))


def watch(
    points: Iterable[HistoryPoint],
    commits: tuple[str, ...],
    settlements: Iterable[Settlement],
    search: StepSearch | None = None,
) -> tuple[Watched, ...]:
    """Sort points into series along *commits*, and say how far the steps of each are settled."""
    known, steps = tuple(settlements), (search or StepSearch()).steps
    return tuple(
        Watched(found, tuple(standing(one, known) for one in steps(found)))
        for found in series(points, commits)
    )


def watched_anew(
    watched: Iterable[Watched], settlements: Iterable[Settlement]
) -> tuple[Watched, ...]:
    """Say how far steps that are known are settled by now."""
    known = tuple(settlements)
    return tuple(
        Watched(found.series, tuple(standing(one.hypothesis, known) for one in found.standings))
        for found in watched
    )


def steps_among(watched: Iterable[Watched], commits: Collection[str]) -> tuple[Watched, ...]:
    """Keep of the steps those whose new level begins among *commits*."""
    return tuple(
        Watched(
            found.series,
            tuple(one for one in found.standings if one.hypothesis.after in commits),
        )
        for found in watched
    )


def questions(
    repository: RepositoryName, tip: CommitSha, watched: Iterable[Watched]
) -> tuple[Question, ...]:
    """List what is to be measured: one question for each suite and pair of commits.

    A commit that slows forty cases is one question, with all of them.
    """
    asked: dict[tuple[str, Bracket], list[StepHypothesis]] = {}
    for one in (one for found in watched for one in found.standings):
        if one.next is not None:
            asked.setdefault((one.hypothesis.suite, one.next), []).append(one.hypothesis)
    return tuple(
        Question(repository=repository, tip=tip, hypotheses=tuple(found), bracket=bracket)
        for (_, bracket), found in asked.items()
    )


def declared_tags(source: Source, tip: CommitSha) -> Mapping[str, tuple[str, ...]]:
    """Say which tags each suite that is declared at *tip* runs on; none of a broken declaration."""
    try:
        suites = _declared(source, tip).suites
    except UserError:  # who plans a question says so
        return {}
    return {name: tuple(suite.runs_on) for name, suite in suites.items()}


def plan_settling(question: Question, source: Source, entropy: str) -> RunOrder:
    """Plan the paired run that answers a question.

    Raises:
        UserError: the declaration at the tip is missing or broken, or has no such suite.
        TransientError: git failed.
    """
    suite, bracket = question.suite, question.bracket
    configuration = _declared(source, question.tip)
    declared = configuration.suites.get(suite)
    if declared is None or declared.kind is not SuiteKind.BENCHMARK:
        problem = f"has no benchmark suite {suite!r} at {question.tip[:7]} any more."
        raise UserError(
            problem, Where(FILE_NAME, None, "suites"), "Declare it to settle its steps."
        )
    # Its own budget and what other suites are made of do not matter: they are not measured by.
    alone = msgspec.structs.replace(
        configuration, suites={suite: msgspec.structs.replace(declared, budget=None)}
    )
    before = CommitSha(bracket.before)
    request = PlanRequest(
        check=question.check,
        repository=question.repository,
        configuration=completed(alone, source, before),
        selected=(suite,),
        base=before,
        head=CommitSha(bracket.after),
        seed=derived_seed(0, question.check, bracket.before, bracket.after),
        entropy=entropy,
    )
    (planned,) = plan_check(request, source, question.tip)
    return settling_order(planned.order, question.hypotheses)


def _declared(source: Source, tip: CommitSha) -> Configuration:
    data = source.read(tip, FILE_NAME)
    if data is None:
        problem = f"does not exist at {tip[:7]}, so nothing says how to measure."
        raise UserError(problem, Where(FILE_NAME), "Settle steps while the suite is declared.")
    return parse_configuration(data, FILE_NAME).configuration
