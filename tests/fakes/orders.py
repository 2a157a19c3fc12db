"""Orders on small real repositories, as a runner gets them: a value and a git bundle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from bot.git import git
from engine.configuration import Argv, Suite
from engine.identity import content_hash
from engine.orders import RunOrder
from engine.values import RepositoryName, Side, SuiteName
from tests.fakes.git_repositories import BareRepository
from worker.queue.places import OrderPlace
from worker.settings import RunnerSettings, read_runner_settings

BENCH = """\
import json, sys, time
started = time.perf_counter()
sum(range(1000))
samples = [time.perf_counter() - started + 1.0]
case = {"case": "sum", "metric": "wall", "unit": "s", "better": "lower", "samples": samples}
json.dump({"schema_version": 1, "launches": [case]}, open(sys.argv[1], "w"))
"""
BENCH_SUITE: dict[str, Any] = {
    "kind": "benchmark",
    "command": ["python", "bench.py", "{out}"],
    "format": "samples",
    "runs_on": ["linux"],
    "timeout_s": 120,
}

Files = Mapping[str, str | bytes]


@dataclass
class Work:
    """A state directory with repositories and orders in it; environments may be shared."""

    folder: Path
    cache: Path | None = None
    settings: RunnerSettings = field(init=False)

    def __post_init__(self) -> None:
        flags = {
            "state_dir": str(self.folder / "state"),
            "cache_dir": str(self.cache or self.folder / "cache"),
            "runner_name": "tester",
            "runner_tags": "linux,x86_64",
        }
        self.settings = read_runner_settings(flags, environ={})

    def repository(self, base: Files, head: Files | None = None, **links: Any) -> Source:
        """Make a repository whose branch ``head`` is one commit ahead of ``main``."""
        repository = BareRepository.create(self.folder / "repositories", "ada/strategies")
        first = repository.commit("main", base)
        second = repository.commit("head", head or {"README.md": "head"}, onto=first, **links)
        return Source(repository, first, second)

    def place(self, order: RunOrder, source: Source) -> OrderPlace:
        """Put the order's files where a runner finds them."""
        place = OrderPlace(self.settings.state_dir, order.run)
        place.create()
        bundle = ("bundle", "create", "--quiet", str(place.bundle), "--all")
        git(source.repository.directory, *bundle)
        return place


@dataclass(frozen=True)
class Source:
    """A repository with its two commits."""

    repository: BareRepository
    base: str
    head: str

    def order(
        self, run: str = "check-1", *, setup: tuple[Argv, ...] = (), **suite: Any
    ) -> RunOrder:
        """Order a suite (the small benchmark, with fields replaced) on the two commits."""
        return RunOrder(
            run=run,
            nonce=content_hash(run)[:32],
            repository=RepositoryName("ada/strategies"),
            suite_name=SuiteName("core"),
            suite=msgspec.convert({**BENCH_SUITE, **suite}, Suite),
            setup=setup,
            base=self.base,
            head=self.head,
            measuring_from=self.base,
            seed=7,
        )


def read(trees: Mapping[Side, Path], path: str) -> dict[Side, str | None]:
    """Read a file in both trees; None where there is none."""
    files = {side: tree / path for side, tree in trees.items()}
    return {side: file.read_text() if file.is_file() else None for side, file in files.items()}
