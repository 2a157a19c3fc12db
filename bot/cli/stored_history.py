"""The stored history of one repository, found by the commits that it shares with what is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from bot.cli.output import message
from bot.high_water import merged_into
from bot.history_watch import Watched, first_parents, repositories_in, watch
from bot.laptop import default_tip, top_of
from bot.mirror import Mirror
from bot.settings import read_settings
from bot.store.debts import DebtStore
from bot.store.history import HistoryStore
from bot.store.migrate import open_existing
from bot.store.settlings import SettlingStore
from engine.debts import Debt, Merged
from engine.errors import UserError
from engine.history import HistoryPoint, Series, StepHypothesis, series
from engine.settling import Settlement
from engine.values import CommitSha, RepositoryName


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHistory:
    """A repository on disk beside what a database knows of its default branch."""

    repository: Mirror
    tip: CommitSha
    commits: tuple[str, ...]
    names: tuple[RepositoryName, ...]
    points: HistoryStore
    settlings: SettlingStore
    ledger: DebtStore

    @classmethod
    def of(cls, database: Engine, directory: Path, tip: CommitSha | None = None) -> StoredHistory:
        """Look a repository up, along the history of *tip* (None: of the default branch).

        Raises:
            UserError: there is no repository, or it has no default branch.
        """
        repository = Mirror(top_of(directory))
        end = tip or default_tip(repository.directory)
        commits = first_parents(repository, end)
        points = HistoryStore(database)
        return cls(
            repository=repository,
            tip=end,
            commits=commits,
            names=repositories_in(points, commits),
            points=points,
            settlings=SettlingStore(database),
            ledger=DebtStore(database),
        )

    def watched(self, suite: str | None = None) -> tuple[Watched, ...]:
        """Give the series with their steps: all, or those of a suite."""
        return watch(self._points(suite), self.commits, self.settlements())

    def series(self, suite: str | None = None) -> tuple[Series, ...]:
        """Give the series alone: all, or those of a suite."""
        return series(self._points(suite), self.commits)

    def settlements(self) -> tuple[Settlement, ...]:
        """List all that was settled."""
        return tuple(one for name in self.names for one in self.settlings.settlements(name))

    def debts(self, suite: str | None = None) -> tuple[Debt, ...]:
        """List the losses of the ledger, merged or not: all, or those of a suite."""
        return tuple(one for name in self.names for one in self.ledger.debts(name, suite))

    def owner(self, hypothesis: StepHypothesis) -> RepositoryName:
        """Name the repository that a step's points are stored under, the forge's name first."""
        mine = [
            name
            for name in self.names
            if any(one.key == hypothesis.key for one in self.points.points(name, hypothesis.suite))
        ]
        return min(mine, key=lambda name: (self.points.reached(name) is None, name))

    def merged(self) -> Merged:
        """List all that was ever merged."""
        return merged_into(self.repository.directory, self.tip)

    def _points(self, suite: str | None) -> list[HistoryPoint]:
        return [one for name in self.names for one in self.points.points(name, suite)]


@contextmanager
def known_database(flags: Mapping[str, str | None]) -> Iterator[Engine | None]:
    """Open the bot's database for who can do without it; None where there is none to use."""
    try:
        database = open_existing(read_settings(flags).database_url)
    except UserError as error:
        message(f"Without the bot's database: {error.problem} {error.remedy}")
        yield None
        return
    try:
        yield database
    finally:
        database.dispose()
