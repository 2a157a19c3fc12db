"""What is expected of the runs that are out: who is ahead, how far, and how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bot.ports import Progress, RunnerState
from bot.services import Services
from bot.store.checks import RunRecord
from engine.eta import Eta, counted, sane_s, typical_s, waiting_s
from engine.values import RunId
from worker.queue.names import (
    MAX_TAGS,
    is_meant_for,
    is_runner_name,
    listened_queues,
    queue_name,
)
from worker.queue.progress import PREPARATIONS

_SIMILAR = 5  # so many runs of its name before say how long one takes


@dataclass(slots=True)
class Expectation:
    """The runners and queues as they are at one moment."""

    services: Services
    runners: Sequence[RunnerState]
    out: Mapping[RunId, RunRecord]
    _typical: dict[str, float | None] = field(default_factory=dict)
    _queues: dict[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def now(cls, services: Services) -> Expectation:
        """Look at everything that is out.

        Raises:
            redis.exceptions.RedisError: the queue is away.
        """
        out = {run.run: run for run in services.checks.queued_runs()}
        return cls(services, services.queue.runners(), out)

    def of_run(self, run: RunRecord) -> Eta:
        """Say of a run that is out how far it is.

        Raises:
            redis.exceptions.RedisError: the queue is away.
        """
        if any(runner.run == run.run for runner in self.runners):
            return self._at_work(run)
        position = self.services.queue.position(run.run)
        if position is None:
            return self._at_work(run)
        able = [runner for runner in self.runners if _may_take(runner, run)]
        first = self._of_other_queues(run, able)
        alike = self._of_its_queue(run, position)
        before = None if alike is None else [*first, *alike]
        left_s = None if before is None else self._end_s(run, able, before)
        return Eta(ahead=len(first) + position, left_s=left_s)

    def typical_s(self, run: RunRecord) -> float | None:
        """Say how long a run of that name takes; None: nobody knows."""
        key = f"{run.order.repository} {run.check_name}"
        if key not in self._typical:
            name = run.order.repository, run.check_name, _SIMILAR
            self._typical[key] = typical_s(self.services.checks.durations(*name))
        return self._typical[key]

    def _at_work(self, run: RunRecord) -> Eta:
        progress = self.services.queue.progress(run.run)
        if progress is None or progress.what in PREPARATIONS:
            return Eta(left_s=sane_s(self.typical_s(run)))
        count = counted(progress.done, progress.total)
        done, total = (None, None) if count is None else count
        return Eta(done=done, total=total, left_s=self._left_s(run, progress))

    def _left_s(self, run: RunRecord, progress: Progress) -> float | None:
        """Say how long the work goes on: by its own pace, else by what it took before."""
        left_s = progress.remaining_s
        if left_s is None:
            before = self.typical_s(run)
            left_s = None if before is None else max(0.0, before - progress.now + progress.started)
        return sane_s(left_s)

    def _end_s(
        self, run: RunRecord, able: Sequence[RunnerState], before: Sequence[RunRecord]
    ) -> float | None:
        at_work = [self.out.get(runner.run) for runner in able if runner.run is not None]
        busy = [None if one is None else self._at_work(one).left_s for one in at_work]
        return waiting_s(
            busy, [self.typical_s(one) for one in before], self.typical_s(run), len(able)
        )

    def _of_its_queue(self, run: RunRecord, position: int) -> list[RunRecord] | None:
        """Give the runs before it on its own queue; None where not all of them are known here."""
        alike = [one for one in self._waiting_beside(run) if _queue(one) == _queue(run)]
        return alike[:position] if len(alike) >= position else None

    def _of_other_queues(self, run: RunRecord, able: Sequence[RunnerState]) -> list[RunRecord]:
        """Give the runs that each of its runners takes first: more urgent ones, with more tags."""
        listened = [self._listens(runner) for runner in able]
        if not listened:
            return []
        own = _queue(run)
        return [
            one
            for one in self._waiting_beside(run)
            if all(_comes_first(_queue(one), own, queues) for queues in listened)
        ]

    def _waiting_beside(self, run: RunRecord) -> Iterator[RunRecord]:
        taken = {runner.run for runner in self.runners} | {run.run}
        yield from (one for one in self.out.values() if one.run not in taken)

    def _listens(self, runner: RunnerState) -> Mapping[str, int]:
        """Number the queues of a runner in the order in which it takes from them."""
        if runner.worker not in self._queues:
            names = listened_queues(runner.tags, runner.name)
            self._queues[runner.worker] = {name: place for place, name in enumerate(names)}
        return self._queues[runner.worker]


def _may_take(runner: RunnerState, run: RunRecord) -> bool:
    """Whether an order is of a live runner's; what a heartbeat says of itself is not trusted."""
    known = is_runner_name(runner.name) and 0 < len(set(runner.tags)) <= MAX_TAGS
    meant = is_meant_for(run.tags, runner.name) or set(run.tags) <= set(runner.tags)
    return known and meant


def _queue(run: RunRecord) -> str:
    return queue_name(run.tags, run.lane)


def _comes_first(queue: str, own: str, places: Mapping[str, int]) -> bool:
    return queue in places and own in places and places[queue] < places[own]
