"""What the parts of the local forge share: the database, and the folder of repositories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from bot.clock import utc_now
from bot.local.repositories import LocalRepositories


@dataclass(frozen=True, slots=True)
class LocalPlaces:
    """*database* holds the tables of ``bot.store``; ``owner/name`` is ``root/owner/name.git``."""

    database: Engine
    root: Path
    now: Callable[[], datetime] = utc_now

    @property
    def repositories(self) -> LocalRepositories:
        """The git repositories."""
        return LocalRepositories(self.root)
