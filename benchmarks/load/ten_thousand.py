"""10,000 deliveries, many twice and out of order, while web and jobs are killed at random.

    python benchmarks/load/ten_thousand.py                                   # takes most of an hour
    python benchmarks/load/ten_thousand.py --deliveries 300 --kills 4 --pulls 4

The whole bot runs as ``highwater up`` does, on the local forge. A delivery that got no answer is
sent again, as the sweep has GitHub do it; what was answered with 202 is the bot's to keep. Then the
driver waits until the bot is still, and counts in its database and on the forge:

- lost: acknowledged and not handled; a head without its verdict; a command without its answer
- doubled: a second reply, sticky comment or check run of the same thing; a check too many
- in_progress: checks and check runs that have not ended

Prints one JSON line; ends with 0 when all three are 0, else with 1.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # benchmarks are run by path, from any folder

from arriving import NAME, Arrivals, Sent  # noqa: E402 - as are those below: the path comes first
from whole_bot import WholeBot, whole_bot  # noqa: E402

from bot.local.forge import LocalForge  # noqa: E402
from bot.store.checks import CheckStatus, CheckStore  # noqa: E402
from bot.store.deliveries import DeliveryStatus, DeliveryStore  # noqa: E402
from bot.store.engine import open_database  # noqa: E402
from engine.errors import TransientError  # noqa: E402
from engine.values import DeliveryId  # noqa: E402

SENDERS = 8
STICKY = "<!-- highwater:verdict -->"
KILLED = ("web", "jobs")
BETWEEN_KILLS_S = (4.0, 16.0)
STILL_S = 5.0  # so long nothing may be left to do


@dataclass
class Outcome:
    """What was acknowledged, and who was killed; written by several threads."""

    acknowledged: set[str] = field(default_factory=set)
    refused: Counter[int] = field(default_factory=Counter)
    unanswered: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)


def main() -> int:
    """Press, wait, count, print."""
    arguments = _arguments()
    rng = random.Random(arguments.seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        root, state = Path(folder) / "repositories", Path(folder) / "state"
        state.mkdir()
        given = {
            "HIGHWATER_FORGE": "local",
            "HIGHWATER_LOCAL_REPOSITORIES": str(root),
            "HIGHWATER_RUNNER_TAGS": "linux",
            "HIGHWATER_RUNNER_NAME": "runner-1",
        }
        with whole_bot(state, given) as bot:
            database = open_database(bot.database_url)
            forge = LocalForge(database, root)
            arrivals = Arrivals.make(forge, root, arguments.pulls, arguments.measured)
            sent = arrivals.deliveries(arguments.deliveries, rng)
            outcome = Outcome()
            with killing(bot, arguments.kills, rng, outcome) as all_killed:
                post_all(bot, sent, outcome, arguments.kills * BETWEEN_KILLS_S[1])
                posted_s = time.monotonic() - began
                still = wait_until_still(bot, arguments.within, all_killed)
            counted = count(arrivals, sent, outcome, bot)
            database.dispose()
    line = {
        "benchmark": "ten_thousand",
        "deliveries": len({each.delivery for each in sent}),
        "posted": len(sent),
        "unanswered": outcome.unanswered,
        "refused": dict(outcome.refused),
        "kills": dict(outcome.kills),
        "posted_in_s": round(posted_s),
        "still_after_s": round(time.monotonic() - began),
        "still": still,
        **{name: len(found) for name, found in counted.items()},
        "examples": {name: sorted(found)[:5] for name, found in counted.items() if found},
    }
    print(json.dumps(line))
    return 0 if still and not outcome.refused and not any(counted.values()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deliveries", type=int, default=10_000)
    parser.add_argument("--pulls", type=int, default=60, help="pull requests, pushed to twice each")
    parser.add_argument("--measured", type=int, default=3, help="of these, how many get slower")
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", type=float, default=5400.0, metavar="SECONDS")
    return parser.parse_args()


def post_all(bot: WholeBot, sent: Sequence[Sent], outcome: Outcome, within_s: float) -> None:
    """Post everything from several threads, while there is killing; unanswered is posted again."""
    pause = within_s * SENDERS / len(sent)

    def post(each: Sent) -> None:
        time.sleep(pause)
        _post(bot, each, outcome)

    with ThreadPoolExecutor(SENDERS) as pool:
        for done in pool.map(post, sent):
            assert done is None


def _post(bot: WholeBot, sent: Sent, outcome: Outcome) -> None:
    while True:
        try:
            status = bot.post(sent.webhook, sent.delivery)
        except TransientError:
            status = 0
        with outcome.lock:
            if status == HTTPStatus.ACCEPTED:
                outcome.acknowledged.add(sent.delivery)
                return
            if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
                outcome.refused[status] += 1
                return
            outcome.unanswered += 1
        time.sleep(0.5)


@contextmanager
def killing(
    bot: WholeBot, kills: int, rng: random.Random, outcome: Outcome
) -> Iterator[threading.Event]:
    """Kill web and jobs at random while the block runs; gives what is set after the last kill."""
    stop, done = threading.Event(), threading.Event()

    def work() -> None:
        for turn in range(kills):
            if stop.wait(rng.uniform(*BETWEEN_KILLS_S)):
                break
            name = KILLED[turn % len(KILLED)]
            if _kill_one(bot, name, rng):
                outcome.kills[name] += 1
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield done
    finally:
        stop.set()
        thread.join()


def _kill_one(bot: WholeBot, name: str, rng: random.Random) -> bool:
    try:
        rng.choice(bot.services(name)).kill()
    except (psutil.NoSuchProcess, IndexError):
        return False  # it is being started anew
    return True


def wait_until_still(bot: WholeBot, within_s: float, all_killed: threading.Event) -> bool:
    """Wait until nothing is left to do and nobody is killed any more; False: it took too long."""
    database = open_database(bot.database_url)
    deliveries, checks = DeliveryStore(database), CheckStore(database)
    until, since = time.monotonic() + within_s, None
    while time.monotonic() < until:
        counts = deliveries.counts()
        left = counts[DeliveryStatus.WAITING] + counts[DeliveryStatus.CLAIMED]
        if left or checks.running_checks() or not all_killed.is_set():
            since = None
        else:
            since = since or time.monotonic()
            if time.monotonic() - since >= STILL_S:
                break
        time.sleep(0.5)
    database.dispose()
    return since is not None


def count(
    arrivals: Arrivals, sent: Sequence[Sent], outcome: Outcome, bot: WholeBot
) -> dict[str, set[str]]:
    """Find what is lost, doubled and in progress, each by its name."""
    database = open_database(bot.database_url)
    deliveries, checks = DeliveryStore(database), CheckStore(database)
    found: dict[str, set[str]] = {"lost": set(), "doubled": set(), "in_progress": set()}
    ids = ids_by_body(sent)
    for each in sent:
        # Of the same body under several ids, the first to arrive is kept.
        states = [deliveries.state(DeliveryId(name)) for name in ids[each.webhook.body]]
        done = [state.status is DeliveryStatus.DONE for state in states if state is not None]
        if each.delivery in outcome.acknowledged and not any(done):
            found["lost"].add(f"delivery {each.delivery}")
        if len(done) > 1:
            found["doubled"].add(f"the body of {each.delivery}")
    found["in_progress"] |= {f"check {each.id}" for each in checks.running_checks()}
    for number, pull in arrivals.pulls.items():
        _count_pull(arrivals.forge, checks, number, pull.heads, found)
    for command in arrivals.commands:
        _count_command(arrivals.forge, command, ids[command.webhook.body], found)
    database.dispose()
    return found


def ids_by_body(sent: Sequence[Sent]) -> dict[bytes, set[str]]:
    """Gather under which ids each body was sent."""
    ids: dict[bytes, set[str]] = {}
    for each in sent:
        ids.setdefault(each.webhook.body, set()).add(each.delivery)
    return ids


def _count_pull(
    forge: LocalForge,
    checks: CheckStore,
    number: int,
    heads: Sequence[str],
    found: dict[str, set[str]],
) -> None:
    rows = checks.checks_of_pull_request(NAME, number)
    ended = [row for row in rows if row.head == heads[-1] and row.status is CheckStatus.CONCLUDED]
    if not ended:
        found["lost"].add(f"the verdict of #{number}")
    if len(rows) > len(heads):
        found["doubled"].add(f"{len(rows)} checks of #{number}")
    bodies = [each.body for each in forge.comments(NAME, number)]
    if sum(STICKY in body for body in bodies) > 1:
        found["doubled"].add(f"the sticky comment of #{number}")
    for head in heads:
        shown = [each.run for each in forge.check_runs(NAME, head)]
        found["in_progress"] |= {
            f"{run.name} of {head[:7]}" for run in shown if run.status != "completed"
        }
        names = Counter((run.name, run.external_id) for run in shown)
        found["doubled"] |= {f"{name} of {head[:7]}" for name, times in names.items() if times > 1}


def _count_command(
    forge: LocalForge, command: Sent, ids: Collection[str], found: dict[str, set[str]]
) -> None:
    markers = tuple(f"<!-- highwater:reply:{delivery}" for delivery in ids)
    bodies = [each.body for each in forge.comments(NAME, command.webhook.pull_request or 0)]
    replies = sum(body.startswith(markers) for body in bodies)
    eyes = list(forge.reactions(command.comment or 0)).count("eyes")
    if not replies or not eyes:
        found["lost"].add(f"the answer to {command.delivery}")
    if replies > 1 or eyes > 1:
        found["doubled"].add(f"the answer to {command.delivery}")


if __name__ == "__main__":
    sys.exit(main())
