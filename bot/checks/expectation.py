"""What is expected of the runs that are out: who is ahead, how far, and how long it takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.ports import Progress, RunnerState
from bot.services import Services
from bot.store.checks import RunRecord
from engine.eta import Eta, counted, sane_s, typical_s, waiting_s
from engine.values import RunId
from worker.queue.progress import PREPARATIONS

_SIMILAR = 5  # so many runs of its name before say how long one takes


@dataclass(slots=True)
class Expectation:
    """The runners and queues as they are at one moment."""

    services: Services
    runners: Sequence[RunnerState]
    out: Mapping[RunId, RunRecord]
    _typical: dict[str, float | None] = field(default_factory=dict)

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
        ahead = self.services.queue.position(run.run)
        if ahead is None:
            return self._at_work(run)
        left_s = self._end_s(run, ahead)
        return Eta(ahead=ahead, left_s=left_s)

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

    def _end_s(self, run: RunRecord, ahead: int) -> float | None:
        able = [runner for runner in self.runners if set(run.tags) <= set(runner.tags)]
        at_work = [self.out.get(runner.run) for runner in able if runner.run is not None]
        busy = [None if one is None else self._at_work(one).left_s for one in at_work]
        before = self._before(run, ahead)
        if before is None:
            return None
        return waiting_s(
            busy, [self.typical_s(one) for one in before], self.typical_s(run), len(able)
        )

    def _before(self, run: RunRecord, ahead: int) -> list[RunRecord] | None:
        """Give the runs that wait before it; None where not all of them are known here."""
        taken = {runner.run for runner in self.runners}
        alike = [
            one
            for one in self.out.values()
            if (one.tags, one.lane) == (run.tags, run.lane)
            and one.run != run.run
            and one.run not in taken
        ]
        return alike[:ahead] if len(alike) >= ahead else None
