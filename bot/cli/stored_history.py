"""The stored history of one repository, found by the commits that it shares with what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from bot.cli.output import message
from bot.high_water import merged_into
from bot.history_watch import (
    Question,
    Watched,
    first_parents,
    questions,
    repositories_in,
    watch,
)
from bot.laptop import default_tip, top_of
from bot.mirror import Mirror
from bot.settings import read_settings
from bot.store.debts import DebtStore
from bot.store.history import HistoryStore
from bot.store.migrate import open_existing
from bot.store.settlings import SettlingStore
from engine.debts import Debt, Merged
from engine.errors import UserError
from engine.history import HistoryPoint, Series, SeriesKey, series
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

    def debts(self, suite: str | None = None) -> tuple[Debt, ...] | None:
        """List the losses of the ledger, merged or not: all, or those of a suite.

        None where nobody keeps a ledger of this history: null runs alone leave no losses.
        """
        found = tuple(one for name in self.names for one in self.ledger.debts(name, suite))
        kept = found or any(self.points.reached(name) is not None for name in self.names)
        return found if kept else None

    def require_suite(self, suite: str | None) -> None:
        """Refuse a suite that nothing is stored of, while something is of others.

        Raises:
            UserError: there is none of that name.
        """
        known = sorted({one for name in self.names for one in self.points.suites(name)})
        if suite is not None and known and suite not in known:
            problem = f"nothing is stored of a suite {suite!r}; there are: {', '.join(known)}."
            raise UserError(problem, None, "Name one of these with --suite.")

    def questions(self, watched: Iterable[Watched]) -> tuple[Question, ...]:
        """List what is to be measured of the steps, under the names that their points are of."""
        of_owner: dict[RepositoryName, list[Watched]] = {}
        for found in watched:
            if any(one.next is not None for one in found.standings):
                of_owner.setdefault(self._owner(found.series.key), []).append(found)
        return tuple(
            one for name, found in of_owner.items() for one in questions(name, self.tip, found)
        )

    def _owner(self, key: SeriesKey) -> RepositoryName:
        """Name the repository that a series' points are stored under, the forge's name first."""
        mine = [name for name in self.names if self.points.has(name, key)]
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
