"""A line of commits in memory, as far as planning asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.values import CommitSha


@dataclass(frozen=True)
class CommitLine:
    """Commits, the newest first, and the files that were rewritten from one to another."""

    commits: tuple[str, ...]
    rewritten: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def read(self, commit: CommitSha, path: str) -> bytes | None:
        return None

    def kind_of(self, commit: CommitSha, path: str) -> str | None:
        return None

    def rewritten_paths(self, base: CommitSha, head: CommitSha) -> tuple[str, ...]:
        return self.rewritten.get((base, head), ())

    def distances(self, tip: CommitSha) -> dict[str, int]:
        before = self.commits[self.commits.index(tip) :] if tip in self.commits else (tip,)
        return {commit: distance for distance, commit in enumerate(before)}
