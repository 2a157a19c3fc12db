"""The threads beside the jobs' worker: none of them may be missing without anybody noticing."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from typing import cast

import pytest
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from bot.cli import background
from bot.retention import Retention
from engine.errors import TransientError

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


AWAY = {
    "the queue": RedisError("no route"),
    "the forge": TransientError("no route", 0.0),
    "the database": OperationalError("SELECT", {}, sqlite3.OperationalError("no route")),
}


@pytest.mark.parametrize("away", AWAY.values(), ids=AWAY.keys())
def test_what_is_away_is_logged_with_its_problem_as_a_key(
    away: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()

    def turn() -> None:
        stop.set()
        raise away

    background._again_and_again(turn, stop, 0.0)

    said = [(record.getMessage(), vars(record)["problem"]) for record in caplog.records]
    assert said == [("service_away", "no route")]


@pytest.mark.parametrize("broken", [ValueError("a row"), SystemExit(3), KeyError("a field")])
def test_advice_that_breaks_is_logged_and_goes_on(
    broken: BaseException, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(background, "BROKEN_S", 0.0)
    stop, turns = threading.Event(), []

    def turn() -> None:
        turns.append(1)
        if len(turns) == 3:
            stop.set()
        raise broken

    background.advisory(turn, stop, every_s=0.0)

    assert len(turns) == 3
    assert caplog.messages == ["advice_broken"] * 3
    assert vars(caplog.records[0])["problem"] == repr(broken)


class Counted:
    """A ``Retention`` that counts how often it is asked, and ends it after a while."""

    def __init__(self) -> None:
        self.turns = 0

    def tidy(self, stop: threading.Event) -> None:
        self.turns += 1
        if self.turns == 3:
            stop.set()


def test_tidying_begins_soon_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "FIRST_TIDY_AFTER_S", 0.0)
    monkeypatch.setattr(background, "TIDY_EVERY_S", 0.0)
    counted = Counted()
    background._tidy(cast("Retention", counted), threading.Event())
    assert counted.turns == 3
