"""A repository with a work tree beside the database of a bot that has measured it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from bot.git import git
from bot.store.debts import DebtStore
from bot.store.engine import open_database
from bot.store.history import HistoryStore
from bot.store.settlings import SettlingStore
from engine.debts import Debt
from engine.values import RepositoryName
from tests.fakes.database import migrated
from tests.fakes.git_repositories import PERSON
from tests.fakes.histories import WIGGLE, point
from tests.fakes.worktrees import WorkTree

NAME = RepositoryName("ada/strategies")


@dataclass(frozen=True)
class Remembered:
    """A repository in *tree*, and what the database in *state* knows of it."""

    tree: WorkTree
    state: Path
    database: Engine

    @classmethod
    def create(cls, folder: Path, files: Mapping[str, str]) -> Remembered:
        """Make a repository of one commit, and an empty database."""
        state = folder / "state"
        state.mkdir(mode=0o700, parents=True)
        url = migrated(state / "highwater.db")
        return cls(WorkTree.create(folder / "strategies", files), state, open_database(url))

    @property
    def history(self) -> HistoryStore:
        return HistoryStore(self.database)

    @property
    def settlings(self) -> SettlingStore:
        return SettlingStore(self.database)

    def merge(self, files: Mapping[str, str], subject: str) -> str:
        """Commit *files* as a squash of a pull request does."""
        self.tree.write(files)
        git(self.tree.directory, "add", "--all")
        arguments = ("commit", "--quiet", "--allow-empty", "-m", subject)
        git(self.tree.directory, *arguments, environ=PERSON)
        return self.tree.tip()

    def step(
        self, levels: tuple[float, float], files: Mapping[str, str], each: int = 18
    ) -> list[str]:
        """Make a history whose stored levels (in seconds) step where *files* are committed."""
        commits = [self.merge({}, f"change {number}") for number in range(each)]
        commits.append(self.merge(files, "the step"))
        commits += [self.merge({}, f"change {number}") for number in range(each - 1)]
        points = [
            point(
                number,
                levels[number >= each] * (1 + WIGGLE[number % len(WIGGLE)]),
                commit=commit,
            )
            for number, commit in enumerate(commits)
        ]
        self.history.store(NAME, points)
        return commits

    def owe(self, *debts: Debt) -> None:
        """Record debts."""
        for debt in debts:
            measured = {(debt.suite, debt.fingerprint)}
            DebtStore(self.database).replace(NAME, debt.pull_request, measured, [debt])

    def origin(self, commit: str, **fields: object) -> Path:
        """Write a benchmark baseline whose levels are of *commit*; gives its file."""
        folder = self.tree.directory / "benchmarks" / "baselines"
        folder.mkdir(parents=True, exist_ok=True)
        document = {
            "version": 1,
            "platform": "x86_64-linux-gnu",
            "cpu": "EPYC",
            "timestamp": "2026-11-01T00:00:00+00:00",
            "fingerprint": "f" * 16,
            "git_sha": commit,
            "baselines": {"parse": {"mean_ns": 1e7, "std_dev_ns": 1e5, "sample_size": 60}},
            **fields,
        }
        file = folder / "x86_64-linux-gnu-ffffffff.json"
        file.write_bytes(msgspec.json.encode(document))
        return file
