"""Levels along a branch's history: series of what was measured, and where they seem to step.

A stored level is a trend and never a judge: machines drift by more than the steps that matter.
So a step in a series is a hypothesis, and a paired run between its two commits settles it.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from engine.certificates import Count, Positive
from engine.samples import MAX_SAMPLE
from engine.values import Better


class SeriesKey(NamedTuple):
    """What a series is of: one metric of one case on one kind of hardware."""

    suite: str
    case: str
    metric: str
    fingerprint: str


class HistoryPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one run measured of one commit: the geometric mean of its launches' levels.

    ``level`` is in ``unit``; ``better`` is None where only null runs measured the series so far.
    """

    suite: str
    case: str
    metric: str
    fingerprint: str
    commit: str
    level: Positive
    launches: Count
    measured_utc: str
    run: str
    unit: str = ""
    better: Better | None = None

    @property
    def key(self) -> SeriesKey:
        """The series that it is a point of."""
        return SeriesKey(self.suite, self.case, self.metric, self.fingerprint)


class CommitLevel(msgspec.Struct, frozen=True, kw_only=True):
    """All that was measured of one commit; ``level`` is the middle one of its runs."""

    commit: str
    level: float
    runs: int
    launches: int
    measured_utc: str  # the last time


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """The levels of one series, oldest commit first."""

    suite: str
    case: str
    metric: str
    fingerprint: str
    unit: str
    better: Better | None
    levels: tuple[CommitLevel, ...]

    @property
    def key(self) -> SeriesKey:
        """What the series is of."""
        return SeriesKey(self.suite, self.case, self.metric, self.fingerprint)


class Bracket(msgspec.Struct, frozen=True, kw_only=True):
    """Two measured commits with a step between them, or so it seems."""

    before: str
    after: str


class StepHypothesis(msgspec.Struct, frozen=True, kw_only=True):
    """A series seems to step between two commits: by ``effect``, a fraction of the old level.

    ``before`` is the last measured commit of the old level, ``after`` the first of the new one.
    ``wide`` reaches further on both sides, as far as the search may have missed the place;
    None: there are no further commits of either level.
    """

    suite: str
    case: str
    metric: str
    fingerprint: str
    before: str
    after: str
    effect: float
    better: Better | None = None
    wide: Bracket | None = None

    @property
    def key(self) -> SeriesKey:
        """The series that it is about."""
        return SeriesKey(self.suite, self.case, self.metric, self.fingerprint)

    @property
    def brackets(self) -> tuple[Bracket, ...]:
        """The pairs of commits to measure, one after the other until one is confirmed."""
        narrow = Bracket(before=self.before, after=self.after)
        return (narrow,) if self.wide is None else (narrow, self.wide)


def series(points: Iterable[HistoryPoint], commits: Sequence[str]) -> tuple[Series, ...]:
    """Sort *points* into series along *commits*, which are in the order of history.

    Points of commits that are not among them (of other branches, of rewritten history) are left
    out. Several runs of one commit become their median, so that one bad session is outvoted;
    so are levels that no measurement is.

    >>> point = HistoryPoint(suite="core", case="a", metric="wall", fingerprint="f", commit="x",
    ...     level=2.0, launches=5, measured_utc="2026-11-20T12:00:00Z", run="c1-1", unit="s")
    >>> (found,) = series([point, msgspec.structs.replace(point, level=8.0, run="c2-1")], ["x"])
    >>> [(one.commit, round(one.level, 3), one.runs) for one in found.levels]
    [('x', 4.0, 2)]
    """
    places = {commit: place for place, commit in enumerate(commits)}
    grouped: dict[SeriesKey, dict[str, list[HistoryPoint]]] = {}
    for point in points:
        if point.commit in places and 1 / MAX_SAMPLE <= point.level <= MAX_SAMPLE:
            grouped.setdefault(point.key, {}).setdefault(point.commit, []).append(point)
    return tuple(_series(key, grouped[key], places) for key in sorted(grouped))


def _series(
    key: SeriesKey, by_commit: Mapping[str, Sequence[HistoryPoint]], places: Mapping[str, int]
) -> Series:
    points = [point for found in by_commit.values() for point in found]
    ordered = sorted(by_commit, key=places.__getitem__)
    return Series(
        **key._asdict(),
        unit=next((one.unit for one in points if one.unit), ""),
        better=next((one.better for one in points if one.better is not None), None),
        levels=tuple(_level(commit, by_commit[commit]) for commit in ordered),
    )


def _level(commit: str, points: Sequence[HistoryPoint]) -> CommitLevel:
    return CommitLevel(
        commit=commit,
        level=math.exp(statistics.median(math.log(one.level) for one in points)),
        runs=len(points),
        launches=sum(one.launches for one in points),
        measured_utc=max(one.measured_utc for one in points),
    )
