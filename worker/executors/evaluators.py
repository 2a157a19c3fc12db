"""What evaluates points chunk by chunk in one process: a function's points, or a strategy's."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

import msgspec

from worker.engine_process import EngineProcess, EngineWork
from worker.executors.engine_rows import done_of
from worker.executors.gathered import Taken
from worker.executors.points import Done, Terms, Work
from worker.executors.process import PointProcess


class Evaluator(Protocol):
    """Evaluates points in a process of its own; used as a context, and in one thread."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...

    @property
    def wanted(self) -> int:
        """How many points to hand over next."""

    def evaluate(self, taken: Taken) -> tuple[Done, ...]:
        """Evaluate points, in their order; whatever goes wrong with one is a row that says so."""

    def interrupt(self) -> None:
        """Kill the process, from any thread; the point that it is at fails."""


def evaluator(work: Work) -> Evaluator:
    """Make what evaluates points of *work*."""
    if work.terms is None:
        return _FunctionPoints(PointProcess(work))
    return _StrategyPoints(EngineProcess(engine_work(work, work.terms)), work.terms)


class _Points:
    """Enters, leaves and interrupts the process that does the work."""

    def __init__(self, process: PointProcess | EngineProcess) -> None:
        self._process = process

    def __enter__(self) -> Self:
        self._process.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.__exit__(kind, error, trace)

    def interrupt(self) -> None:
        self._process.interrupt()


class _FunctionPoints(_Points):
    """A function is asked point by point: a row is there as soon as its point is done."""

    wanted = 1

    def __init__(self, process: PointProcess) -> None:
        super().__init__(process)
        self._function = process

    def evaluate(self, taken: Taken) -> tuple[Done, ...]:
        return tuple(Done(place, (self._function.evaluate(point),)) for place, point in taken)


class _StrategyPoints(_Points):
    """A strategy is asked for about a second of work at a time."""

    def __init__(self, process: EngineProcess, terms: Terms) -> None:
        super().__init__(process)
        self._strategy = process
        self._terms = terms

    @property
    def wanted(self) -> int:
        return self._strategy.wanted

    def evaluate(self, taken: Taken) -> tuple[Done, ...]:
        found = self._strategy.evaluate([point for _, point in taken])
        places = (place for place, _ in taken)
        return tuple(
            done_of(place, one, self._terms) for place, one in zip(places, found, strict=True)
        )


def engine_work(work: Work, terms: Terms) -> EngineWork:
    """Say what a process is to evaluate points of *work* with.

    A work without points is handed them later: its terms say how many they are.
    """
    points = len(work.points) or terms.job.points
    return EngineWork(
        root=work.root,
        file=work.file,
        name=work.name,
        python=work.python,
        environ=work.environ,
        job=msgspec.structs.replace(terms.job, points=points),
        bars=terms.bars,
        kernel_cache=terms.kernel_cache,
        scratch=terms.scratch,
        deadline=work.deadline,
    )
