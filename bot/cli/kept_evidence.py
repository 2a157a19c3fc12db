"""What checks on this machine measured, so that a check of the same files goes on with it.

Without that, whoever checks again until a colour pleases would be fishing: a commit pair has one
path of looks, laid down before its first pair, however often somebody asks.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from bot.checks.evidence import Collected, measuring
from bot.checks.planning import PlannedRun
from bot.cli.output import message
from bot.git import git
from engine.configuration import Argv, Suite
from engine.continued import continuing
from engine.errors import UserError
from engine.findings import Verdict
from engine.identity import content_hash
from engine.orders import RunOrder, RunReport, Session
from engine.values import SuiteKind
from worker.files import write_atomically
from worker.locks import locked
from worker.queue.private_folders import private_folder
from worker.queue.settings import STATE_DIR

MOST_FILES = 50  # the latest ones; each is of one suite on one pair of trees
_SEED_BITS = 32
_LOCK = "lock"


class _Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What has to be the same for evidence to be of the same question.

    Trees, not commits: each snapshot of a work tree is another commit, and a new message is no
    other code.
    """

    repository: str
    base_tree: str
    head_tree: str
    suite_name: str
    suite: Suite
    setup: tuple[Argv, ...]


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file: sessions in the order of their begin, the *seed* of all, their *family*."""

    schema_version: Literal[1] = 1
    key: _Key
    seed: int
    family: int = 0
    sessions: tuple[Session, ...] = ()


def kept_evidence(state_dir: Path, directory: Path) -> KeptEvidence:
    """Open what is kept in *state_dir* of the repository at *directory*; made where it is not.

    A place that cannot be used is told: what is measured counts for more.
    """
    try:
        folder = private_folder(state_dir / "evidence", STATE_DIR.variable)
    except UserError as error:
        message(f"Nothing of this check will be kept: {error.problem} {error.remedy}")
        folder = None
    return KeptEvidence(folder, directory)


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """Files in *folder* (None: nothing is kept) of checks of the repository at *directory*.

    What of them cannot be read is told, and measured anew.
    """

    folder: Path | None
    directory: Path

    def continuing(self, planned: Iterable[PlannedRun]) -> tuple[PlannedRun, ...]:
        """Let orders go on with what is kept; one without gets draws that nobody chose."""
        return tuple(PlannedRun(self._continuing(run.order), run.terms) for run in planned)

    def keep(self, order: RunOrder, report: RunReport) -> None:
        """Keep what *report* adds, after whatever another check has kept meanwhile."""

        def added(kept: _Kept) -> _Kept:
            collected = Collected({one.fingerprint: one for one in kept.sessions})
            collected.add(order, report)
            return msgspec.structs.replace(kept, sessions=tuple(reversed(collected.latest_first)))

        self._change(order, added)

    def keep_family(self, orders: Iterable[RunOrder], verdict: Verdict) -> None:
        """Keep how many comparisons the check had: a later check never has fewer."""
        rows = (row for suite in verdict.suites for row in suite.findings)
        family = max((row.family for row in rows if row.family is not None), default=0)

        def at_least(kept: _Kept) -> _Kept:
            return msgspec.structs.replace(kept, family=max(kept.family, family))

        for order in orders:
            self._change(order, at_least)

    def _continuing(self, order: RunOrder) -> RunOrder:
        if not _is_kept(order):
            return order
        drawn = msgspec.structs.replace(order, seed=secrets.randbits(_SEED_BITS))
        if self.folder is None:
            return drawn
        kept = _read(self.folder, self._key(order), drawn.seed)
        family = max(order.family, kept.family)
        fresh = msgspec.structs.replace(order, seed=kept.seed, family=family)
        return continuing(fresh, tuple(reversed(kept.sessions)))

    def _change(self, order: RunOrder, change: Callable[[_Kept], _Kept]) -> None:
        """Read, change and write one file, alone; without any launch there is nothing to keep."""
        if self.folder is None or not _is_kept(order):
            return
        key = self._key(order)
        try:
            with locked(self.folder / _LOCK):
                before = _read(self.folder, key, order.seed)
                after = change(before)
                if after.sessions and after != before:
                    _write(self.folder, after)
        except OSError as error:
            message(f"What was measured could not be kept: {error}")

    def _key(self, order: RunOrder) -> _Key:
        place = git(self.directory, "rev-parse", "--path-format=absolute", "--git-common-dir")
        return _Key(
            repository=place.decode(errors="replace").strip(),
            base_tree=self._tree(order.base),
            head_tree=self._tree(order.head),
            suite_name=order.suite_name,
            suite=measuring(order.suite),
            setup=order.setup,
        )

    def _tree(self, commit: str) -> str:
        return git(self.directory, "rev-parse", f"{commit}^{{tree}}").decode().strip()


def _read(folder: Path, key: _Key, seed: int) -> _Kept:
    """Read what is kept of a question; where nothing is, it begins with *seed*."""
    file = _file(folder, key)
    begun = _Kept(key=key, seed=seed)
    try:
        return msgspec.json.decode(file.read_bytes(), type=_Kept)
    except FileNotFoundError:
        return begun
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        message(f"Measuring anew: what is kept in {file} cannot be read: {error}")
        return begun


def _write(folder: Path, kept: _Kept) -> None:
    write_atomically(_file(folder, kept.key), msgspec.json.encode(kept))
    latest = sorted(folder.glob("*.json"), key=lambda file: -file.stat().st_mtime_ns)
    for old in latest[MOST_FILES:]:
        old.unlink(missing_ok=True)


def _file(folder: Path, key: _Key) -> Path:
    return folder / f"{content_hash(key)}.json"


def _is_kept(order: RunOrder) -> bool:
    return order.suite.kind is SuiteKind.BENCHMARK and order.purpose == "check"


__all__ = ["MOST_FILES", "KeptEvidence", "kept_evidence"]
