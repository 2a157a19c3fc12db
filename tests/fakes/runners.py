"""A runner as its operator starts it: a process of ``highwater runner`` on a real queue."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import psutil

from engine.orders import RunOrder
from engine.values import RunId
from tests.fakes.orders import Source, Work
from tests.fakes.valkey import Valkey
from worker.queue.places import OrderPlace
from worker.queue.rq_queue import RedisOrderQueue
from worker.settings import runner_environment


@dataclass
class Fleet:
    """A queue, and runners that are started and killed one after the other."""

    work: Work
    valkey: Valkey
    queue: RedisOrderQueue

    @classmethod
    def on(cls, work: Work, valkey: Valkey) -> Fleet:
        return cls(work, valkey, RedisOrderQueue(valkey.client()))

    def submit(self, source: Source, order: RunOrder) -> OrderPlace:
        """Put the order's bundle in its place, then the order on its queue."""
        place = self.work.place(order, source)
        self.queue.submit(order, order.suite.runs_on)
        return place

    @contextmanager
    def runner(self, *flags: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run ``highwater runner`` until the end of the block, at most."""
        settings = replace(self.work.settings, queue_url=self.valkey.url)
        argv = [sys.executable, "-P", "-m", "bot.cli.main", "runner", *flags]
        process = subprocess.Popen(argv, env=runner_environment(settings, os.environ))
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def works_on(self, run: str) -> bool:
        return any(state.run == run for state in self.queue.runners())

    def is_lost(self, run: str) -> bool:
        return RunId(run) in self.queue.lost()


def wait_until(condition: Callable[[], bool], within_s: float = 60.0) -> float:
    """Wait for *condition*; gives the seconds that it took."""
    started = time.monotonic()
    while not condition():
        assert time.monotonic() - started < within_s, "it did not happen in time"
        time.sleep(0.05)
    return time.monotonic() - started


def running(*argv: str) -> list[psutil.Process]:
    """List the processes with exactly this command line."""
    return [process for process in psutil.process_iter() if _command(process) == list(argv)]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
