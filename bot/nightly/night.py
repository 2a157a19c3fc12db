"""What one night is about."""

from __future__ import annotations

from dataclasses import dataclass

from bot.ports import Repository
from engine.configuration import Configuration, Nightly
from engine.values import CommitSha


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """The tip of a branch, what is declared there, and what is to be done; *cause* names it."""

    repository: Repository
    branch: str
    tip: CommitSha
    nightly: Nightly
    configuration: Configuration
    cause: str
