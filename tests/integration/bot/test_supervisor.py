"""The supervisor over real processes: what dies comes back, and nothing is left at the end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bot.supervisor import Service, Supervisor

SLEEP = "import time; time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); "


def _service(name: str, code: str, log: Path, *, foundation: bool = False) -> Service:
    argv = (sys.executable, "-c", code)
    return Service(name=name, argv=argv, environ={}, log=log, foundation=foundation)


def _until(condition: Callable[[], object], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _pids(log: Path) -> list[int]:
    return [int(line) for line in log.read_text().split()] if log.exists() else []


def test_a_killed_service_is_started_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines: list[str] = []
    code = f"import os; print(os.getpid(), flush=True); {SLEEP}"
    supervisor = Supervisor([_service("web", code, log)], lines.append)
    supervisor.start()
    _until(lambda: _pids(log))
    os.kill(_pids(log)[0], signal.SIGKILL)
    _until(lambda: not supervisor.alive("web"))

    supervisor.tick(now=time.monotonic())
    supervisor.tick(now=time.monotonic() + 1.0)

    _until(lambda: len(_pids(log)) == 2)
    supervisor.stop()
    assert lines == ["web ended with -9; restart in 0.5 s", "web restarted"]


def test_a_service_that_dies_at_once_is_started_ever_more_rarely(tmp_path: Path) -> None:
    lines: list[str] = []
    supervisor = Supervisor(
        [_service("web", "raise SystemExit(3)", tmp_path / "log")], lines.append
    )
    supervisor.start()
    for step in range(3):
        _until(lambda: not supervisor.alive("web"))
        supervisor.tick(now=time.monotonic())
        supervisor.tick(now=time.monotonic() + 10.0 + step)

    supervisor.stop()
    assert [line for line in lines if "ended" in line] == [
        "web ended with 3; restart in 0.5 s",
        "web ended with 3; restart in 1.0 s",
        "web ended with 3; restart in 2.0 s",
    ]


def test_foundations_are_stopped_after_what_stands_on_them(tmp_path: Path) -> None:
    log = tmp_path / "log"
    code = (
        "import signal, sys, time\n"
        "def end(number, frame):\n    time.sleep(0.2); print('{0}', flush=True); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('ready', flush=True)\n"
        "time.sleep(60)"
    )
    services = [
        _service("valkey", code.format("valkey"), log, foundation=True),
        _service("jobs", code.format("jobs"), log),
    ]
    supervisor = Supervisor(services, print)
    supervisor.start()
    _until(lambda: log.exists() and log.read_text().count("ready") == 2)

    supervisor.stop()

    assert log.read_text().split()[2:] == ["jobs", "valkey"]


def test_what_ignores_the_wish_to_end_is_killed_with_its_children_within_ten_seconds(
    tmp_path: Path,
) -> None:
    log = tmp_path / "log"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {STUBBORN + SLEEP!r}])"
    supervisor = Supervisor([_service("runner", STUBBORN + child, log)], print)
    supervisor.start()
    _until(lambda: log.exists() and log.read_text().count("up") == 2)
    left = psutil.Process().children(recursive=True)

    started = time.monotonic()
    supervisor.stop()

    _gone, alive = psutil.wait_procs(left, timeout=5.0)
    assert (alive, time.monotonic() - started < 10.0) == ([], True)


def test_what_a_killed_service_leaves_behind_is_killed(tmp_path: Path) -> None:
    orphaned = _program(
        tmp_path,
        f"""
orphan = "import os, subprocess, sys; print(os.getpid(), flush=True); {SLEEP}"
parent = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', %r]); {SLEEP}" % orphan
become_subreaper()
supervisor = Supervisor([Service(name="runner", argv=(sys.executable, "-c", parent), environ={{}},
                                 log=log)], print)
supervisor.start()
while not log.exists() or not log.read_text(): time.sleep(0.01)
runner = psutil.Process().children()[0]
runner.kill()
while supervisor.alive("runner"): time.sleep(0.01)
supervisor.tick(time.monotonic())
print(psutil.pid_exists(int(log.read_text())))
supervisor.stop()
""",
    )

    assert orphaned.splitlines()[-1] == "False"


def test_services_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    code = f"import os; print(os.getpid(), flush=True); {SLEEP}"
    _program(
        tmp_path,
        f"""
supervisor = Supervisor([Service(name="web", argv=(sys.executable, "-c", {code!r}), environ={{}},
                                 log=log)], print)
supervisor.start()
while not log.exists() or not log.read_text(): time.sleep(0.01)
os.kill(os.getpid(), signal.SIGKILL)
""",
        returncode=-signal.SIGKILL,
    )

    _until(lambda: not psutil.pid_exists(_pids(tmp_path / "log")[0]))


def test_an_unknown_service_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="runner"):
        Supervisor([_service("web", SLEEP, tmp_path / "log")], print).alive("runner")


def _program(folder: Path, body: str, returncode: int = 0) -> str:
    """Run a supervisor in a process of its own, as ``highwater up`` does."""
    head = f"""
import os, signal, sys, time
from pathlib import Path
import psutil
from bot.supervisor import Service, Supervisor
from worker.processes import become_subreaper
log = Path({str(folder / "log")!r})
"""
    program = [sys.executable, "-c", head + body]
    finished = subprocess.run(program, capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == returncode, finished.stderr
    return finished.stdout
