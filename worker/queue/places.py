"""Where the files of one order are, in the state directory that the bot and its runners share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from engine.errors import IntegrityError

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,95}")


@dataclass(frozen=True, slots=True)
class OrderPlace:
    """The files of order *run* below *state_dir*.

    Raises:
        IntegrityError: *run* is not an identifier, so it could lead out of the directory.
    """

    state_dir: Path
    run: str

    def __post_init__(self) -> None:
        """Refuse a run id that is not one."""
        if not _IDENTIFIER.fullmatch(self.run):
            what = "run id"
            raise IntegrityError(what, _IDENTIFIER.pattern, repr(self.run[:100]))

    @property
    def directory(self) -> Path:
        """The order's own folder; it exists once :meth:`create` was called."""
        return self.state_dir / "orders" / self.run

    @property
    def order(self) -> Path:
        """The order as it was submitted (JSON)."""
        return self.directory / "order.json"

    @property
    def bundle(self) -> Path:
        """The order's commits as a git bundle: all that a runner gets of the repository."""
        return self.directory / "source.bundle"

    @property
    def report(self) -> Path:
        """The runner's report (JSON); there once it is whole."""
        return self.directory / "report.json"

    def create(self) -> None:
        """Make the folder, for its owner alone.

        Raises:
            OSError: the state directory cannot be written to.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
