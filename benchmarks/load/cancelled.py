"""How soon ``/highwater cancel`` frees its runner, and people see that the check has ended.

    python benchmarks/load/cancelled.py               # 5 rounds: some minutes
    python benchmarks/load/cancelled.py --rounds 1

The whole bot runs as ``highwater up`` does, with its runner, before a GitHub over HTTP that holds
it to its own rules, and with the pause between two writes that the bot keeps. What is measured
would take ten minutes, is deaf to SIGTERM, and has started a process in a session of its own. Each
time is from the comment's POST: *freed_s* to the moment at which none of these processes is left,
*ended_s* to the one at which every check run of the head is completed, as cancelled. That the next
round is measured at all shows that the runner is free. Prints one JSON line; ends with 0 when both
are within the bar in every round (10 s).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # benchmarks are run by path, from any folder

from queued_visible import NAME, settings_for, summary  # noqa: E402 - the path comes first
from whole_bot import WholeBot, whole_bot  # noqa: E402

from bot.local.deliver import Webhook  # noqa: E402
from tests.fakes import github_acts  # noqa: E402
from tests.fakes.git_repositories import BareRepository  # noqa: E402
from tests.fakes.github import FakeGitHub, fake_github  # noqa: E402

BAR_S = 10.0
GIVEN_UP_S = 120.0
BETWEEN_S = 8.0  # what a round has to write is written by then, at a second for each
LOOK_S = 0.02
MARK = "measured-until-cancelled"  # on the command line of whatever is measured
RUNNER = {"HIGHWATER_RUNNER_TAGS": "linux", "HIGHWATER_RUNNER_NAME": "runner-1"}
CONFIGURATION = f"""\
version: 1
suites:
  core:
    kind: benchmark
    command: ["python", "bench.py", "{{out}}", "{MARK}"]
    format: samples
    runs_on: [linux]
"""
BENCH = f"""\
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", code, "{MARK}"], start_new_session=True)
time.sleep(600)
"""
PROCESSES = 2  # of one launch: its own, and the one that it starts


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        root, state = Path(folder) / "repositories", Path(folder) / "state"
        state.mkdir()
        disk = BareRepository.create(root, NAME)
        disk.commit("main", {".highwater.yml": CONFIGURATION, "bench.py": BENCH})
        with (
            fake_github(root) as fake,
            whole_bot(state, {**settings_for(fake, Path(folder)), **RUNNER}) as bot,
        ):
            freed, ended = measured(fake, bot, disk, rounds)
            violations = fake.violations
    line = {
        "benchmark": "cancelled",
        "rounds": rounds,
        "freed_s": summary(freed),
        "ended_s": summary(ended),
        "violations": violations,
    }
    print(json.dumps(line))
    return 0 if max(*freed, *ended) <= BAR_S and not violations else 1


def measured(
    fake: FakeGitHub, bot: WholeBot, disk: BareRepository, rounds: int
) -> tuple[list[float], list[float]]:
    """Let each round's head be measured, and cancel it; gives the seconds of each."""
    fake.world.permissions[NAME, "ann"] = "write"
    freed, ended = [], []
    number = 0
    for turn in range(rounds):
        disk.commit("work", {"work.py": f"{turn}\n"}, onto=None if turn else "main")
        if turn:
            post(bot, fake.push(NAME, number))
        else:
            opened = fake.open_pull_request(NAME, "work", "main", "Faster")
            number = opened.pull_request or 0
            post(bot, opened)
        until(lambda: len(at_work()) >= PROCESSES, "launch")
        time.sleep(BETWEEN_S)
        said = github_acts.comment(fake.world, NAME, number, "ann", "/highwater cancel")
        began = time.monotonic()
        post(bot, said)
        freed.append(until(lambda: not at_work(), "free runner") - began)
        ended.append(until(lambda: is_ended(fake), "end of the check") - began)
    return freed, ended


def post(bot: WholeBot, webhook: Webhook) -> None:
    """Deliver a webhook."""
    status = bot.post(webhook)
    assert status == HTTPStatus.ACCEPTED, f"the delivery was answered with {status}"


def until(seen: Callable[[], object], what: str) -> float:
    """Wait until something is seen; gives when it was."""
    began = time.monotonic()
    while not seen():
        if time.monotonic() - began > GIVEN_UP_S:
            message = f"there was no {what} within {GIVEN_UP_S:.0f} s"
            raise SystemExit(message)
        time.sleep(LOOK_S)
    return time.monotonic()


def at_work() -> list[int]:
    """Find the processes of what is measured."""
    found = psutil.process_iter(["pid", "cmdline"])
    return [one.info["pid"] for one in found if MARK in (one.info["cmdline"] or ())]


def is_ended(fake: FakeGitHub) -> bool:
    """Whether every check run of the head has ended as cancelled."""
    runs = fake.check_runs(NAME, fake.world.tip(NAME, "work"))
    return bool(runs) and all(each["conclusion"] == "cancelled" for each in runs)


if __name__ == "__main__":
    sys.exit(main())
