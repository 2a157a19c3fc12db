"""One process that evaluates points: started when needed, asked, killed when it misbehaves."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from engine.sweep.grid import Point
from engine.sweep.rows import SweepRow
from worker import processes
from worker.engine_places import own_places
from worker.executors.channel import Channel, ChannelClosedError, ChannelTimeoutError, opened
from worker.executors.points import ONE_THREAD, Work, failure, loading_problem, row

_NO_TIME = "not evaluated: the time for the sweep was up"
HARNESS = Path(__file__).resolve().parent.parent / "harness" / "point.py"


class PointProcess:
    """Evaluates points one after the other in a process of the harness.

    The process is started for the first point, and anew after a point that it did not survive.
    When the function cannot be loaded, every point fails with that reason, without another try.
    Use it in one thread: the kernel ends the process with the thread that started it.
    """

    def __init__(self, work: Work) -> None:
        self._work = work
        self._running = ExitStack()
        self._command: processes.Guarded | None = None
        self._channel: Channel | None = None
        self._not_loadable: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def evaluate(self, point: Point) -> SweepRow:
        """Evaluate *point*; whatever goes wrong with it is a row that says so."""
        started = time.monotonic()
        if started >= self._work.deadline:
            return failure(point, _NO_TIME, 0.0, out_of_time=True)
        try:
            return self._evaluate(point)
        except ChannelTimeoutError as error:
            self._stop()
            return failure(point, str(error), time.monotonic() - started, out_of_time=True)

    def interrupt(self) -> None:
        """Kill the process, from any thread; the point that it is at fails."""
        command = self._command
        if command is not None:
            command.terminate()

    def _evaluate(self, point: Point) -> SweepRow:
        if self._channel is None and self._not_loadable is None:
            self._start()
        if self._channel is None:
            reason = self._not_loadable or "the function could not be loaded"
            return failure(point, reason, 0.0)
        return self._ask(self._channel, point)

    def _start(self) -> None:
        work = self._work
        python, folders = own_places()
        where = (str(work.root), work.file, work.name, python, *folders)
        argv = [str(work.python), str(HARNESS), *where]
        environ = {**work.environ, **ONE_THREAD}
        guarded = processes.guarded(argv, cwd=work.root, environ=environ, interactive=True)
        self._command = self._running.enter_context(guarded)
        channel = self._running.enter_context(opened(self._command))
        try:
            self._not_loadable = loading_problem(channel.receive(work.deadline))
        except ChannelTimeoutError:
            raise
        except ChannelClosedError as error:
            self._not_loadable = str(error)
        if self._not_loadable is None:
            self._channel = channel

    def _ask(self, channel: Channel, point: Point) -> SweepRow:
        request = {"index": point.index, "params": point.params, "seed": point.seed}
        asked = time.monotonic()
        try:
            channel.send(msgspec.json.encode(request) + b"\n")
            line = channel.receive(self._work.deadline)
        except ChannelTimeoutError:
            raise
        except ChannelClosedError as error:
            self._stop()
            return failure(point, str(error), time.monotonic() - asked)
        return row(point, line, time.monotonic() - asked)

    def _stop(self) -> None:
        self._channel = self._command = None
        self._running.close()
