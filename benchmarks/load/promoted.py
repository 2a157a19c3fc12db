"""How soon a promotion's pull request is there, once the last of its evidence was measured.

    python benchmarks/load/promoted.py               # 5 promotions: some minutes
    python benchmarks/load/promoted.py --rounds 1

The whole bot runs as ``highwater up`` does, with its runner, before a GitHub over HTTP that holds
it to its own rules, and with the pause between two writes that the bot keeps. A maintainer asks for
the promotion of a faster pull request; each time is from the last report of the three runs that the
new baseline is made of, as the runner wrote it, to the moment at which GitHub has the pull request.
What a round proposed is closed before the next one, which replaces the commit on its branch. Prints
one JSON line; ends with 0 when the bar is met in every round (60 s).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # benchmarks are run by path, from any folder

from queued_visible import NAME, settings_for  # noqa: E402 - the path comes first
from whole_bot import WholeBot, whole_bot  # noqa: E402

from bot.local.deliver import Webhook  # noqa: E402
from bot.store.engine import open_database  # noqa: E402
from bot.store.promotions import PromotionStore  # noqa: E402
from engine.values import RepositoryName  # noqa: E402
from tests.fakes import github_acts  # noqa: E402
from tests.fakes.bot_stage import FILES  # noqa: E402
from tests.fakes.git_repositories import BareRepository  # noqa: E402
from tests.fakes.github import FakeGitHub, fake_github  # noqa: E402

BAR_S = 60.0
GIVEN_UP_S = 900.0
LOOK_S = 0.01
SUITE = "core"
ASK = f'/promote-baseline suite={SUITE} reason="the new level, round {{}}"'
RUNNER = {"HIGHWATER_RUNNER_TAGS": "linux", "HIGHWATER_RUNNER_NAME": "runner-1"}


@dataclass
class Watched:
    """A bot at work, and when each report of its runner was written, by run."""

    fake: FakeGitHub
    bot: WholeBot
    store: PromotionStore
    reports: dict[str, float] = field(default_factory=dict)

    def post(self, webhook: Webhook) -> None:
        """Deliver a webhook."""
        status = self.bot.post(webhook)
        assert status == HTTPStatus.ACCEPTED, f"the delivery was answered with {status}"

    def until(self, seen: Callable[[], bool], what: str) -> float:
        """Wait until something is seen, noting reports meanwhile; gives when it was."""
        began = time.monotonic()
        while not seen():
            self._note_reports()
            if time.monotonic() - began > GIVEN_UP_S:
                message = f"there was no {what} within {GIVEN_UP_S:.0f} s"
                raise SystemExit(message)
            time.sleep(LOOK_S)
        return time.time()

    def _note_reports(self) -> None:
        for report in (self.bot.state_dir / "orders").glob("*/report.json"):
            if report.parent.name not in self.reports:
                self.reports[report.parent.name] = report.stat().st_mtime


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "repositories"
        disk = BareRepository.create(root, NAME)
        disk.commit("main", FILES)
        with watched(root, Path(folder)) as at:
            at.fake.world.permissions[NAME, "ann"] = "maintain"
            seconds = [promoted(at, disk, turn) for turn in range(rounds)]
            violations = at.fake.violations
    line = {
        "benchmark": "promoted",
        "rounds": rounds,
        "promotion_s": {
            "median": round(statistics.median(seconds), 2),
            "max": round(max(seconds), 2),
        },
        "violations": violations,
    }
    print(json.dumps(line))
    return 0 if max(seconds) <= BAR_S and not violations else 1


@contextmanager
def watched(root: Path, folder: Path) -> Iterator[Watched]:
    """Run a bot before a GitHub over the repositories in *root*."""
    state = folder / "state"
    state.mkdir()
    with (
        fake_github(root) as fake,
        whole_bot(state, {**settings_for(fake, folder), **RUNNER}) as bot,
    ):
        database = open_database(bot.database_url)
        yield Watched(fake, bot, PromotionStore(database))
        database.dispose()


def promoted(at: Watched, disk: BareRepository, turn: int) -> float:
    """Have one pull request measured and promoted; gives the seconds after its evidence."""
    branch, cost = f"faster-{turn}", 6.0 - turn / 10
    disk.commit(branch, {"work.py": f"CASES = {{'parse': {cost}, 'price': 5.0}}\n"}, onto="main")
    opened = at.fake.open_pull_request(NAME, branch, "main", f"Faster, {turn}")
    at.post(opened)
    at.until(lambda: is_concluded(at.fake, branch), "verdict")
    number = opened.pull_request or 0
    at.post(github_acts.comment(at.fake.world, NAME, number, "ann", ASK.format(turn)))
    seen = at.until(lambda: proposals(at.fake) != [], "pull request of the promotion")
    (proposed,) = proposals(at.fake)
    at.until(lambda: evidence_of(at, proposed) != (), "evidence")
    last = max(at.reports[run] for run in evidence_of(at, proposed))
    at.post(at.fake.set_state(NAME, proposed, "closed"))
    return seen - last


def is_concluded(fake: FakeGitHub, branch: str) -> bool:
    """Whether the check of a branch's tip has ended."""
    runs = fake.check_runs(NAME, fake.world.tip(NAME, branch))
    return any(each["name"] == "highwater" and each["status"] == "completed" for each in runs)


def proposals(fake: FakeGitHub) -> list[int]:
    """Name the open pull requests that the bot opened."""
    pulls = [pull for (name, _), pull in list(fake.world.pulls.items()) if name == NAME]
    ours = [pull for pull in pulls if pull.head_ref.startswith("highwater/baseline/")]
    return [pull.number for pull in ours if pull.state == "open"]


def evidence_of(at: Watched, proposed: int) -> tuple[str, ...]:
    """Name the runs that a proposed baseline is made of, once it is stored."""
    record = at.store.of_pull_request(RepositoryName(NAME), proposed)
    return () if record is None or record.status != "open" else record.evidence


if __name__ == "__main__":
    sys.exit(main())
