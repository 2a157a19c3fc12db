"""The benchmark baselines of a platform, in its file of the repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from pathlib import Path
from typing import Self

from bot.cli.workplace import commit_of, is_dirty
from engine.baseline_files import encode_platform_baseline, parse_platform_baseline
from engine.baselines import CaseBaseline, PlatformBaseline, platform_file_name
from engine.bench_levels import Timed, case_baseline, timed_launches
from engine.errors import UserError, Where
from engine.formats import samples_json
from engine.json_text import parse_json
from engine.platforms import Machine
from worker.files import read_untrusted, save

FOLDER = Path("benchmarks/baselines")
FORMAT_VERSION = 1
UNKNOWN = "unknown"
MAX_FILE_BYTES = 16 * 1024 * 1024


class Recorded(Enum):
    """What became of a baseline file."""

    NOTHING = auto()
    OF_A_COMMIT = auto()
    OF_NO_COMMIT = auto()


@dataclass(frozen=True, slots=True)
class Recorder:
    """This machine's baseline file, and what it held; None: there was no such file.

    *commit* is what is measured; None: no commit, or one with changes.
    """

    path: Path
    machine: Machine
    stored: PlatformBaseline | None
    commit: str | None = None

    @classmethod
    def of(cls, root: Path, machine: Machine) -> Self:
        """Read the file of *machine* in the repository *root*.

        Raises:
            UserError: the file is no baseline file, or one of other hardware.
        """
        path = root / FOLDER / platform_file_name(machine.platform, machine.fingerprint)
        shown = str(path.relative_to(root))
        commit = None if is_dirty(root, root / FOLDER) else commit_of(root)
        if not path.exists():
            return cls(path, machine, None, commit)
        data = read_untrusted(path, MAX_FILE_BYTES, shown)
        stored = parse_platform_baseline(data, shown)
        if stored.fingerprint not in (None, machine.fingerprint):
            problem = f"is of hardware {stored.fingerprint}, this is {machine.fingerprint}."
            raise UserError(problem, Where(shown, field="fingerprint"), "Rename or remove it.")
        return cls(path, machine, stored, commit)

    @property
    def levels(self) -> Mapping[str, CaseBaseline]:
        """What the file held, by case."""
        return self.stored.baselines if self.stored else {}

    def record(self, timed: Timed, *, replace: bool) -> Recorded:
        """Write the cases that have no baseline yet; with *replace* the others too.

        Raises:
            UserError: a case cannot become a baseline, or the file cannot be written.
        """
        levels = updated_levels(self.levels, timed, replace=replace)
        origin = self.origin(timed, replace=replace)
        if levels == self.levels and self.stored is not None and origin == self.stored.git_sha:
            return Recorded.NOTHING
        baseline = PlatformBaseline(
            version=FORMAT_VERSION,
            platform=self.machine.platform,
            cpu=self.machine.cpu,
            timestamp=datetime.now(UTC).isoformat(timespec="seconds"),
            fingerprint=self.machine.fingerprint,
            git_sha=origin,
            baselines=levels,
        )
        save(self.path, encode_platform_baseline(baseline))
        return Recorded.OF_NO_COMMIT if origin is None else Recorded.OF_A_COMMIT

    def origin(self, timed: Timed, *, replace: bool) -> str | None:
        """Name the commit that the file's levels are of, once *timed* is recorded.

        Cases that are only added leave the others' commit as it is: the head of a later check is
        held to it. None where some levels are replaced and some are not.
        """
        if self.levels.keys() <= timed.keys() and (replace or not self.levels):
            return self.commit
        known = None if self.stored is None else self.stored.git_sha
        replaces = replace and any(case in self.levels for case in timed)
        return None if replaces and known != self.commit else known


def updated_levels(
    known: Mapping[str, CaseBaseline], timed: Timed, *, replace: bool
) -> dict[str, CaseBaseline]:
    """Add the measured cases to the known ones; only with *replace* a known one changes."""
    fresh = {
        case: case_baseline(case, launches)
        for case, launches in timed.items()
        if replace or case not in known
    }
    return {**known, **fresh}


@dataclass(frozen=True, slots=True)
class Level:
    """What is compared with, and whether it was made of samples rather than stored."""

    stored: PlatformBaseline
    of_samples: bool


def level_file(data: bytes, file: str) -> Level:
    """Read what to compare with: a platform's baselines, or samples as ``bench run`` writes them.

    Raises:
        UserError: it is neither.
    """
    value = parse_json(data, file).value
    if not (isinstance(value, dict) and "launches" in value):
        return Level(parse_platform_baseline(data, file), of_samples=False)
    document = samples_json.parse_document(data, file)
    timed = timed_launches(document.launches)
    stored = PlatformBaseline(
        version=FORMAT_VERSION,
        platform=UNKNOWN,
        cpu=UNKNOWN,
        timestamp=UNKNOWN,
        fingerprint=document.fingerprint,
        baselines={case: case_baseline(case, launches) for case, launches in timed.items()},
    )
    return Level(stored, of_samples=True)
