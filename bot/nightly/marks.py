"""The high-water marks of a repository: its accepted levels, by the commit that they are of."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from bot.checks.planning import MAX_FILE_BYTES
from bot.git import git
from bot.high_water import case_origins, sweep_origin
from bot.laptop import commit_of
from bot.mirror import Mirror
from engine.baseline_files import parse_baseline, parse_platform_baseline
from engine.baselines import has_expired
from engine.configuration import Configuration, Suite
from engine.errors import UserError, Where
from engine.promotion.files import FOLDER
from engine.values import PAIRED_KINDS, CommitSha, SuiteKind

MOST = 4  # origins that one night pairs with
_WHOLE = 40  # digits of a commit's name

log = logging.getLogger(__name__)

KnownCases = Callable[[str], frozenset[str]]  # of a suite, as far as it was ever measured


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One origin commit, the suites with a level of it, and the benchmark cases that have one.

    *sweeps* are those of the suites whose level is a sweep's; *elsewhere* holds, as hardware and
    case, the levels of *cases* that are of another commit there. *file* is the one that was
    recorded last; *expired* names those whose day is over.
    """

    commit: CommitSha
    file: str
    recorded: str
    suites: tuple[str, ...]
    sweeps: frozenset[str] = frozenset()
    cases: frozenset[str] = frozenset()
    elsewhere: frozenset[tuple[str, str]] = frozenset()
    expired: tuple[str, ...] = ()

    def cases_on(self, fingerprint: str) -> frozenset[str]:
        """Name the cases that are held to this commit on that hardware.

        Hardware without a level of a case is held to what was accepted on any other.
        """
        return frozenset(case for case in self.cases if (fingerprint, case) not in self.elsewhere)

    def holds(self, suite: str, case: str, fingerprint: str) -> bool:
        """Whether a case of a suite is held to this commit on that hardware."""
        paired = suite in self.suites and case in self.cases_on(fingerprint)
        return suite in self.sweeps or paired


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """All marks that are stored at a tip; of the files *unread* nobody knows what they hold."""

    marks: tuple[Mark, ...] = ()
    unread: tuple[str, ...] = ()

    def of(self, commit: str) -> Mark | None:
        """Give the mark of an origin commit, if any."""
        return next((mark for mark in self.marks if mark.commit == commit), None)


class _Level(msgspec.Struct, frozen=True, kw_only=True):
    """What one file says of one commit (None: it does not say of which).

    *suite* is the sweep that it is of, or else *hardware* that of its benchmarks, if it says so.
    """

    commit: CommitSha | None
    file: str
    recorded: str
    suite: str | None = None
    hardware: str | None = None
    cases: frozenset[str] = frozenset()
    expired: bool = False


def marks_of(
    mirror: Mirror, tip: CommitSha, configuration: Configuration, known: KnownCases, now_utc: str
) -> Marks:
    """List the marks that are stored at *tip*, what was accepted last first.

    A file that cannot be read is logged and named; one that does not say of which commit its
    levels are makes no mark.

    Raises:
        TransientError: git failed.
    """
    reader = _Reader(mirror, tip, now_utc)
    levels = (*reader.sweeps(configuration), *reader.platforms())
    commits = dict.fromkeys(one.commit for one in levels if one.commit is not None)
    marks = (_mark(commit, levels, configuration, known) for commit in commits)
    measurable = [mark for mark in marks if mark.suites]
    measurable.sort(key=lambda mark: (mark.recorded, mark.commit), reverse=True)
    return Marks(marks=tuple(measurable), unread=tuple(reader.unread))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads baseline files at a commit; remembers which it could not read."""

    mirror: Mirror
    tip: CommitSha
    now_utc: str
    unread: list[str] = field(default_factory=list)

    def sweeps(self, configuration: Configuration) -> Iterator[_Level]:
        """Read what the sweeps name as their baselines."""
        for name, suite in sorted(configuration.suites.items()):
            for path in _paths(suite):
                for level in self._read(path, self._sweep):
                    yield msgspec.structs.replace(level, suite=name)

    def platforms(self) -> Iterator[_Level]:
        """Read the benchmarks' baselines, a file for each kind of hardware."""
        arguments = ("ls-tree", "-z", "--name-only", self.tip, f"{FOLDER}/")
        listed = git(self.mirror.directory, *arguments).split(b"\0")
        for path in sorted(os.fsdecode(each) for each in listed if each.endswith(b".json")):
            yield from self._read(path, self._platform)

    def _read(self, path: str, parse: Callable[[bytes, str], Sequence[_Level]]) -> Sequence[_Level]:
        data = self.mirror.read(self.tip, path)
        if data is None:
            return ()
        try:
            return parse(_bounded(data, path), path)
        except UserError as problem:
            self.unread.append(path)
            log.warning("baseline_not_read", extra={"problem": str(problem)})
            return ()

    def _sweep(self, data: bytes, path: str) -> Sequence[_Level]:
        baseline = parse_baseline(data, path)
        origin = sweep_origin(baseline, path)
        level = _Level(
            commit=self._whole(origin.commit),
            file=path,
            recorded=origin.recorded,
            expired=has_expired(baseline.expires_utc, self.now_utc),
        )
        return (level,)

    def _whole(self, commit: str) -> CommitSha:
        """Complete a short name; a whole one may be of a commit that is still to be fetched."""
        whole = len(commit) == _WHOLE
        return CommitSha(commit) if whole else commit_of(self.mirror.directory, commit)

    def _platform(self, data: bytes, path: str) -> Sequence[_Level]:
        baseline = parse_platform_baseline(data, path)
        origins = case_origins(baseline, path)
        unknown = frozenset(baseline.baselines).difference(*origins.values())
        level = _Level(
            commit=None,
            file=path,
            recorded=baseline.timestamp,
            hardware=baseline.fingerprint,
            cases=unknown,
            expired=has_expired(baseline.expires_utc, self.now_utc),
        )
        known = (
            msgspec.structs.replace(level, commit=CommitSha(commit), cases=cases)
            for commit, cases in origins.items()
        )
        return (level, *known)


def _mark(
    commit: CommitSha, levels: Sequence[_Level], configuration: Configuration, known: KnownCases
) -> Mark:
    found = [level for level in levels if level.commit == commit]
    newest = max(found, key=lambda level: (level.recorded, level.file))
    cases = frozenset(case for level in found for case in level.cases)
    sweeps = frozenset(level.suite for level in found if level.suite is not None)
    paired = {
        name
        for name, suite in configuration.suites.items()
        if cases and suite.kind in PAIRED_KINDS and _may_have(known(name), cases)
    }
    return Mark(
        commit=commit,
        file=newest.file,
        recorded=newest.recorded,
        suites=tuple(sorted(sweeps | paired)),
        sweeps=sweeps,
        cases=cases,
        elsewhere=_on_hardware(levels) - _on_hardware(found),
        expired=tuple(sorted({level.file for level in found if level.expired})),
    )


def _on_hardware(levels: Iterable[_Level]) -> frozenset[tuple[str, str]]:
    """List the hardware and the case of each level of a file that names its hardware."""
    return frozenset(
        (level.hardware, case)
        for level in levels
        if level.hardware is not None
        for case in level.cases
    )


def _bounded(data: bytes, path: str) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        problem = f"has {len(data)} bytes, and at most {MAX_FILE_BYTES} are read."
        raise UserError(problem, Where(path), "Take out what is no level.")
    return data


def _may_have(known: frozenset[str], cases: frozenset[str]) -> bool:
    """Whether a suite may have one of *cases*: which it has, only measuring tells."""
    return not known or bool(known & cases)


def _paths(suite: Suite) -> Iterable[str]:
    if suite.kind is not SuiteKind.SWEEP or suite.baseline is None:
        return ()
    return (suite.baseline,) if isinstance(suite.baseline, str) else suite.baseline.values()
