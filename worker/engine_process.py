"""One process that runs a strategy over bars: started when needed, asked, killed when it hangs."""

from __future__ import annotations

import math
import os
import select
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from engine.backtest.bars import Bars
from engine.sweep.grid import Point
from worker import processes
from worker.engine_answers import Asked, Evaluated, FoldResult, WindowResult, evaluated, failed
from worker.engine_places import own_places
from worker.engine_protocol import AskedCanary, AskedPoint, Chunk, EngineJob
from worker.executors.channel import Channel, ChannelClosedError, ChannelTimeoutError, opened
from worker.executors.points import ONE_THREAD, loading_problem

HARNESS = Path(__file__).resolve().parent / "harness" / "engine_points.py"
CHUNK_S = 1.0
MAX_CHUNK = 4096
GROWTH = 8  # from one chunk to the next: one quick point says little of the others
_NO_TIME = "not evaluated: the time for the sweep was up"
THREADS = {**ONE_THREAD, "NUMBA_NUM_THREADS": "1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineWork:
    """What a process is to evaluate points of: strategy *name* in *file* below *root*.

    *python* is the repository's interpreter, *environ* the whole environment of it. *bars* are
    those which ``job.bars`` holds as arrays (``worker.bar_arrays``); ``job.out`` need not be set.
    *kernel_cache* is a folder for compiled kernels which *the process may write to*: never one
    that other trees use too, when the code is not trusted (``worker.kernel_cache``); None:
    nothing compiled is kept. *scratch* is a folder in which it may write its columns, None: a
    temporary one. *deadline* is on the clock of ``time.monotonic``; what is not done by then is
    a timeout.
    """

    root: Path
    file: str
    name: str
    python: Path
    environ: Mapping[str, str]
    job: EngineJob
    bars: Bars
    kernel_cache: Path | None = None
    scratch: Path | None = None
    deadline: float = math.inf


class EngineProcess:
    """Evaluates points in a process of ``worker/harness/engine_points.py``.

    The process is started for the first points, and anew after a point that it did not survive:
    that one fails, the ones behind it go on. When the strategy cannot be loaded, every point
    fails with that reason. Use it in one thread: the kernel ends the process with the thread
    that started it.
    """

    def __init__(self, work: EngineWork) -> None:
        self._work = work
        self._lasting = ExitStack()  # folders, as long as this object
        self._running = ExitStack()  # one process
        self._asked: Asked | None = None
        self._kernels: Path | None = work.kernel_cache
        self._command: processes.Guarded | None = None
        self._channel: Channel | None = None
        self._not_loadable: str | None = None
        self._wanted = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()
        self._lasting.close()

    @property
    def wanted(self) -> int:
        """How many points to hand over next, for about a second of work; 1 at first."""
        return self._wanted

    def evaluate(self, points: Sequence[Point]) -> tuple[Evaluated, ...]:
        """Evaluate *points*; one result each, in their order, whatever goes wrong."""
        done: list[Evaluated] = []
        while len(done) < len(points):
            rest = points[len(done) :]
            chunk = rest[: max(self._wanted, 1)]
            done += self._evaluate(chunk, None)
        return tuple(done)

    def canary(self, point: Point, *, seed: int, cuts: int) -> Evaluated:
        """Look for look-ahead in the strategy with the parameters of *point*."""
        return self._evaluate([point], AskedCanary(seed=seed, cuts=cuts))[0]

    def interrupt(self) -> None:
        """Kill the process, from any thread; the point that it is at fails."""
        command = self._command
        if command is not None:
            command.terminate()

    def _evaluate(self, points: Sequence[Point], canary: AskedCanary | None) -> list[Evaluated]:
        """Evaluate at least the first of *points*: up to the one at which the process ended."""
        started = time.monotonic()
        if started >= self._work.deadline:
            return [failed(point, _NO_TIME, 0.0, out_of_time=True) for point in points]
        try:
            channel = self._started()
        except ChannelTimeoutError as error:
            self._stop()
            waited_s = time.monotonic() - started
            return [failed(points[0], str(error), waited_s, out_of_time=True)]
        if channel is None:
            reason = self._not_loadable or "the strategy could not be loaded"
            return [failed(point, reason, 0.0) for point in points]
        started = time.monotonic()
        done = self._ask(channel, points, canary)
        self._adapt(len(done), time.monotonic() - started)
        return done

    def _ask(
        self, channel: Channel, points: Sequence[Point], canary: AskedCanary | None
    ) -> list[Evaluated]:
        done: list[Evaluated] = []
        sent = time.monotonic()
        claimed_s = 0.0  # of the points so far: the process is ahead of what is read here
        try:
            self._send(_chunk(points, canary))
            for point in points:
                line = channel.receive(self._work.deadline)
                waited_s = time.monotonic() - sent - claimed_s
                tried = canary is not None
                done.append(evaluated(self._against(), point, line, waited_s, canary=tried))
                claimed_s += done[-1].elapsed_s
        except ChannelClosedError as error:
            self._stop()
            out_of_time = isinstance(error, ChannelTimeoutError)
            waited_s = max(0.0, time.monotonic() - sent - claimed_s)
            at = points[len(done)]
            done.append(failed(at, str(error), waited_s, out_of_time=out_of_time))
        return done

    def _against(self) -> Asked:
        if self._asked is None:
            folder = tempfile.TemporaryDirectory(prefix="columns-", dir=self._work.scratch)
            out = Path(self._lasting.enter_context(folder))
            job = msgspec.structs.replace(self._work.job, out=str(out))
            self._asked = Asked(job, self._work.bars, out)
            if self._kernels is None:
                kernels = tempfile.TemporaryDirectory(prefix="kernels-", dir=self._work.scratch)
                self._kernels = Path(self._lasting.enter_context(kernels))
        return self._asked

    def _started(self) -> Channel | None:
        """Give the channel to the process, which is started where none is running."""
        if self._channel is not None or self._not_loadable is not None:
            return self._channel
        work, job = self._work, self._against().job
        environ = {**work.environ, **THREADS, "NUMBA_CACHE_DIR": str(self._kernels)}
        guarded = processes.guarded(_argv(work), cwd=work.root, environ=environ, interactive=True)
        self._command = self._running.enter_context(guarded)
        channel = self._running.enter_context(opened(self._command))
        try:
            self._send(msgspec.json.encode(job) + b"\n")
            self._not_loadable = loading_problem(channel.receive(work.deadline))
        except ChannelTimeoutError:
            raise
        except ChannelClosedError as error:
            self._not_loadable = str(error)
        if self._not_loadable is None:
            self._channel = channel
        return self._channel

    def _send(self, line: bytes) -> None:
        """Send a line of any length; a process that is gone is told of by the next answer."""
        if self._command is None:
            return
        rest, descriptor = memoryview(line), self._command.stdin.fileno()
        while rest:
            deadline = self._work.deadline
            left_s = None if math.isinf(deadline) else max(0.0, deadline - time.monotonic())
            if not select.select([], [descriptor], [], left_s)[1]:
                message = "timed out: the process took no request"
                raise ChannelTimeoutError(message)
            try:
                rest = rest[os.write(descriptor, rest) :]
            except BrokenPipeError:
                return

    def _adapt(self, count: int, took_s: float) -> None:
        """Aim the next chunk at a second of work."""
        fitting = int(CHUNK_S * count / max(took_s, 1e-6))
        self._wanted = max(1, min(fitting, GROWTH * self._wanted, MAX_CHUNK))

    def _stop(self) -> None:
        self._channel = self._command = None
        self._running.close()


def _argv(work: EngineWork) -> list[str]:
    version, ours = own_places()
    return [str(work.python), str(HARNESS), str(work.root), work.file, work.name, version, *ours]


def _chunk(points: Sequence[Point], canary: AskedCanary | None) -> bytes:
    asked = tuple(
        AskedPoint(index=point.index, params=point.params, seed=point.seed) for point in points
    )
    return msgspec.json.encode(Chunk(points=asked, canary=canary)) + b"\n"


__all__ = [
    "EngineProcess",
    "EngineWork",
    "Evaluated",
    "FoldResult",
    "WindowResult",
]
