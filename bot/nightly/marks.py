"""The high-water marks of a repository: its accepted levels, by the commit that they are of."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from bot.checks.planning import MAX_FILE_BYTES
from bot.git import git
from bot.high_water import case_origins, sweep_origin
from bot.laptop import commit_of
from bot.mirror import Mirror
from engine.baseline_files import parse_baseline, parse_platform_baseline
from engine.baselines import has_expired
from engine.configuration import Configuration, Suite
from engine.errors import UserError
from engine.promotion.files import FOLDER
from engine.values import PAIRED_KINDS, CommitSha, SuiteKind

MOST = 4  # origins that one night pairs with: those that were accepted last

log = logging.getLogger(__name__)

KnownCases = Callable[[str], frozenset[str]]  # of a suite, as far as it was ever measured


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One origin commit, the suites with a level of it, and the benchmark cases that have one.

    *file* is the one that was recorded last; *expired* names those whose day is over.
    """

    commit: CommitSha
    file: str
    recorded: str
    suites: tuple[str, ...]
    cases: frozenset[str] = frozenset()
    expired: tuple[str, ...] = ()


class _Level(msgspec.Struct, frozen=True, kw_only=True):
    """What one file says of one commit; *suite* is the sweep that it is of, else None."""

    commit: CommitSha
    file: str
    recorded: str
    suite: str | None = None
    cases: frozenset[str] = frozenset()
    expired: bool = False


def marks_of(
    mirror: Mirror, tip: CommitSha, configuration: Configuration, known: KnownCases, now_utc: str
) -> tuple[Mark, ...]:
    """List the marks that are stored at *tip*, what was accepted last first.

    A file that is broken, or does not say of which commit it is, is logged and left out.

    Raises:
        TransientError: git failed.
    """
    reader = _Reader(mirror, tip, now_utc)
    by_commit: dict[CommitSha, list[_Level]] = {}
    for level in (*reader.sweeps(configuration), *reader.platforms()):
        by_commit.setdefault(level.commit, []).append(level)
    marks = (_mark(found, configuration, known) for found in by_commit.values())
    measurable = [mark for mark in marks if mark.suites]
    return tuple(sorted(measurable, key=lambda mark: (mark.recorded, mark.commit), reverse=True))


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads baseline files at a commit."""

    mirror: Mirror
    tip: CommitSha
    now_utc: str

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
        if data is None or len(data) > MAX_FILE_BYTES:
            return ()
        try:
            return parse(data, path)
        except UserError as problem:
            log.warning("baseline_not_read", extra={"problem": str(problem)})
            return ()

    def _sweep(self, data: bytes, path: str) -> Sequence[_Level]:
        baseline = parse_baseline(data, path)
        origin = sweep_origin(baseline, path)
        level = _Level(
            commit=commit_of(self.mirror.directory, origin.commit),
            file=path,
            recorded=origin.recorded,
            expired=has_expired(baseline.expires_utc, self.now_utc),
        )
        return (level,)

    def _platform(self, data: bytes, path: str) -> Sequence[_Level]:
        baseline = parse_platform_baseline(data, path)
        return [
            _Level(
                commit=CommitSha(commit),
                file=path,
                recorded=baseline.timestamp,
                cases=cases,
                expired=has_expired(baseline.expires_utc, self.now_utc),
            )
            for commit, cases in case_origins(baseline, path).items()
        ]


def _mark(found: Sequence[_Level], configuration: Configuration, known: KnownCases) -> Mark:
    newest = max(found, key=lambda level: (level.recorded, level.file))
    cases = frozenset(case for level in found for case in level.cases)
    sweeps = {level.suite for level in found if level.suite is not None}
    paired = {
        name
        for name, suite in configuration.suites.items()
        if cases and suite.kind in PAIRED_KINDS and _may_have(known(name), cases)
    }
    return Mark(
        commit=newest.commit,
        file=newest.file,
        recorded=newest.recorded,
        suites=tuple(sorted(sweeps | paired)),
        cases=cases,
        expired=tuple(sorted({level.file for level in found if level.expired})),
    )


def _may_have(known: frozenset[str], cases: frozenset[str]) -> bool:
    """Whether a suite may have one of *cases*: which it has, only measuring tells."""
    return not known or bool(known & cases)


def _paths(suite: Suite) -> Iterable[str]:
    if suite.kind is not SuiteKind.SWEEP or suite.baseline is None:
        return ()
    return (suite.baseline,) if isinstance(suite.baseline, str) else suite.baseline.values()
