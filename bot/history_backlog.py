"""What is left to settle of every repository, looked for again when something was added to it."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.history_watch import (
    Question,
    StepSearch,
    declared_tags,
    first_parents,
    questions,
    watch,
)
from bot.mirror import Mirror
from bot.services import Services
from engine.errors import HighwaterError, TransientError
from engine.settling import standing_at
from engine.values import RepositoryName

LOOK_AGAIN = timedelta(hours=1)  # the declaration may have changed, and no point come of it

log = logging.getLogger(__name__)

_Extent = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the tags that its suite runs on; None: its declaration cannot be read."""

    question: Question
    tags: tuple[str, ...] | None
    mirror: Mirror


@dataclass(frozen=True, slots=True)
class _Look:
    extent: _Extent
    at: datetime
    asked: tuple[Asked, ...] = ()


@dataclass(slots=True)
class Backlog:
    """The open questions, by repository; a turn begins after the repository that had the last."""

    services: Services
    _looks: dict[RepositoryName, _Look] = field(default_factory=dict)
    _searches: dict[RepositoryName, StepSearch] = field(default_factory=dict)
    _extents: tuple[_Extent, Mapping[RepositoryName, _Extent]] | None = None
    _last: RepositoryName | None = None

    def in_turn(self) -> Iterator[Asked]:
        """List all open questions, those of the repository that is next first."""
        names = sorted(self._grown())
        after = [name for name in names if self._last is None or name > self._last]
        for name in (*after, *(name for name in names if name not in after)):
            yield from self._asked(name)

    def had_its_turn(self, name: RepositoryName) -> None:
        """Let the other repositories be asked first the next time."""
        self._last = name

    def forget(self, name: RepositoryName) -> None:
        """Look at a repository anew: something was settled or lost."""
        self._looks.pop(name, None)

    def _grown(self) -> Mapping[RepositoryName, _Extent]:
        """Give each repository's extent, which is counted only when anything was added at all."""
        history = self.services.history
        growth = history.growth()
        if self._extents is None or self._extents[0] != growth:
            extents = {name: history.extent(name) for name in history.repositories()}
            self._extents = (growth, extents)
        return self._extents[1]

    def _asked(self, name: RepositoryName) -> tuple[Asked, ...]:
        extent, now = self._grown()[name], self.services.clock.now()
        known = self._looks.get(name)
        if known is not None and known.extent == extent and now - known.at < LOOK_AGAIN:
            return known.asked
        try:
            asked = self._look(name)
        except TransientError as away:  # of one forge: the others need not wait for it
            log.warning("history_not_watched", extra=_problem(name, away))
            return ()
        except (HighwaterError, OSError, ValueError) as problem:
            log.warning("history_not_watched", extra=_problem(name, problem))
            asked = ()
        self._looks[name] = _Look(extent, now, asked)
        return asked

    def _look(self, name: RepositoryName) -> tuple[Asked, ...]:
        repository = self.services.history.reached(name)
        if repository is None:  # only null runs of a laptop know it
            return ()
        forge = self.services.forge
        tip = forge.tip(repository, forge.default_branch(repository))
        mirror = self.services.mirrors.fetch(name, forge.clone_source(repository), (tip,))
        watched = watch(
            self.services.history.points(name),
            first_parents(mirror, tip),
            standing_at(self.services.settlings.settlements(name), tip),
            self._searches.setdefault(name, StepSearch()),
        )
        found = questions(name, tip, watched)
        tags = declared_tags(mirror, tip) if found else {}
        return tuple(Asked(one, tags.get(one.suite), mirror) for one in found)


def _problem(repository: RepositoryName, problem: Exception) -> dict[str, str]:
    return {"repository": repository, "problem": str(problem)}
