"""The threads beside the jobs' worker: none of them may be missing without anybody noticing."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import signal, sys, time
from bot.cli.background import beside

def work(stop):
    {work}

signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
with beside((work,)):
    time.sleep({sleep})
"""


def _code(work: str, sleep: float) -> int:
    program = [sys.executable, "-c", PROGRAM.format(work=work, sleep=sleep)]
    return subprocess.run(program, capture_output=True, timeout=60, check=False).returncode


def test_a_thread_that_breaks_ends_the_process_so_that_it_is_started_anew() -> None:
    assert _code("raise ValueError", 30) == 7


def test_a_thread_that_returns_too_early_ends_the_process_too() -> None:
    assert _code("return", 30) == 7


def test_threads_are_told_to_stop_when_the_worker_has_ended() -> None:
    assert _code("stop.wait(30)", 0) == 0
