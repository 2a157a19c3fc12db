"""How soon people see that they were heard: a push's queued check, a comment's eyes.

    python benchmarks/load/queued_visible.py               # 20 pushes, 20 comments
    python benchmarks/load/queued_visible.py --rounds 3
    python benchmarks/load/queued_visible.py --between 1   # pressed: more than may be written

The whole bot runs as ``highwater up`` does, before a GitHub over HTTP that holds it to its own
rules; no runner has the suite's tags, so each push also supersedes a check that still waits, with
the pause between two writes that the bot keeps. Each time is from the webhook's POST to the moment
at which GitHub has the check run or the reaction. Prints one JSON line; ends with 0 when both bars
are met (a queued check within 2 s, a reaction within 5 s, in every round).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # benchmarks are run by path, from any folder

from whole_bot import WholeBot, whole_bot  # noqa: E402 - as are those below: the path comes first

from bot.local.deliver import Webhook  # noqa: E402
from tests.fakes import github_acts  # noqa: E402
from tests.fakes.git_repositories import BareRepository  # noqa: E402
from tests.fakes.github import FakeGitHub, fake_github  # noqa: E402

NAME = "quant/research"
CHECK_BAR_S = 2.0
REACTION_BAR_S = 5.0
GIVEN_UP_S = 60.0
BETWEEN_S = 8.0  # what a push has to write is written by then, at a second for each
CONFIGURATION = """\
version: 1
suites:
  core:
    kind: benchmark
    command: ["python", "bench.py", "{out}"]
    format: samples
    runs_on: [linux, nobody-has-this]
  more:
    kind: benchmark
    command: ["python", "bench.py", "{out}"]
    format: samples
    runs_on: [linux, nobody-has-this]
"""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--between", type=float, default=BETWEEN_S, metavar="SECONDS")
    arguments = parser.parse_args()
    rounds, between_s = arguments.rounds, arguments.between
    with tempfile.TemporaryDirectory() as folder:
        root, state = Path(folder) / "repositories", Path(folder) / "state"
        state.mkdir()
        disk = BareRepository.create(root, NAME)
        disk.commit("main", {".highwater.yml": CONFIGURATION, "bench.py": "", "work.py": "0\n"})
        with fake_github(root) as fake, whole_bot(state, settings_for(fake, Path(folder))) as bot:
            checks, reactions = measured(fake, bot, disk, rounds, between_s)
            violations = fake.violations
    line = {
        "benchmark": "queued_visible",
        "rounds": rounds,
        "between_s": between_s,
        "queued_check_s": summary(checks),
        "reaction_s": summary(reactions),
        "violations": violations,
    }
    print(json.dumps(line))
    met = max(checks) <= CHECK_BAR_S and max(reactions) <= REACTION_BAR_S
    return 0 if met and not violations else 1


def settings_for(fake: FakeGitHub, folder: Path) -> dict[str, str]:
    """Make the settings of a bot that speaks to *fake*."""
    key = folder / "app.pem"
    key.write_text(fake.world.private_key)
    key.chmod(0o600)
    return {
        "HIGHWATER_FORGE": "github",
        "HIGHWATER_GITHUB_APP_ID": fake.app_id,
        "HIGHWATER_GITHUB_PRIVATE_KEY_FILE": str(key),
        "HIGHWATER_GITHUB_API_URL": fake.base_url,
        "HIGHWATER_GITHUB_CLONE_URL": fake.clone_url,
    }


def measured(
    fake: FakeGitHub, bot: WholeBot, disk: BareRepository, rounds: int, between_s: float
) -> tuple[list[float], list[float]]:
    """Push and comment by turns; gives the seconds of each."""
    fake.world.permissions[NAME, "ann"] = "write"
    disk.commit("work", {"work.py": "1\n"}, onto="main")
    opened = fake.open_pull_request(NAME, "work", "main", "Faster")
    number = opened.pull_request or 0
    until_seen(bot, opened, lambda: has_check(fake, "work"))
    checks, reactions = [], []
    for turn in range(rounds):
        time.sleep(between_s)
        disk.commit("work", {"work.py": f"{turn + 2}\n"})
        pushed = fake.push(NAME, number)
        checks.append(until_seen(bot, pushed, lambda: has_check(fake, "work")))
        time.sleep(between_s)
        said = github_acts.comment(fake.world, NAME, number, "ann", "/highwater status")
        reactions.append(until_seen(bot, said, lambda said=said: has_eyes(fake, said)))
    return checks, reactions


def until_seen(bot: WholeBot, webhook: Webhook, seen: Callable[[], bool]) -> float:
    """Deliver a webhook and wait until what it causes is seen; gives the seconds."""
    began = time.monotonic()
    status = bot.post(webhook)
    assert status == HTTPStatus.ACCEPTED, f"the delivery was answered with {status}"
    while not seen():
        if time.monotonic() - began > GIVEN_UP_S:
            message = f"nothing was seen within {GIVEN_UP_S:.0f} s"
            raise SystemExit(message)
        time.sleep(0.01)
    return time.monotonic() - began


def has_check(fake: FakeGitHub, branch: str) -> bool:
    """Whether GitHub shows the roll-up of a branch's tip."""
    head = fake.world.tip(NAME, branch)
    return any(each["name"] == "highwater" for each in fake.check_runs(NAME, head))


def has_eyes(fake: FakeGitHub, said: Webhook) -> bool:
    """Whether we reacted to a comment."""
    comment = json.loads(said.body)["comment"]["id"]
    return (comment, "eyes") in fake.world.reactions


def summary(seconds: list[float]) -> dict[str, float]:
    """Say what was typical and what was worst."""
    return {"median": round(statistics.median(seconds), 2), "max": round(max(seconds), 2)}


if __name__ == "__main__":
    sys.exit(main())
