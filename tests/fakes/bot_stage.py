"""The whole bot on one stage: web application, store, forge, real measuring; no processes.

``from tests.fakes.bot_stage import bot`` beside ``from tests.fakes.forge_stage import stage``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bot.app import create_app
from bot.checks.collect import Collector
from bot.dispatch import Dispatcher
from bot.jobs import conclude, handle
from bot.local.deliver import Webhook, webhook_headers
from bot.mirror import Mirrors
from bot.ports import CheckRun
from bot.services import Services
from bot.store.engine import open_database
from bot.stores import stores_over
from bot.web import WebServices
from engine.identity import content_hash
from engine.orders import RunOrder
from engine.values import DeliveryId, RunId
from tests.fakes.database import migrated
from tests.fakes.forge_stage import Stage
from tests.fakes.order_queue import MemoryOrderQueue
from tests.fakes.own_machine import have_no_steal, have_own_cpus
from worker.jobs import SETTINGS, execute_run
from worker.queue.codec import encode_order
from worker.queue.heartbeat import RunnerState
from worker.settings import RunnerSettings, read_runner_settings

SECRET = "it is a secret to everybody"

CONFIGURATION = """\
version: 1
suites:
  core:
    kind: benchmark
    command: ["python", "bench.py", "{out}"]
    format: samples
    runs_on: [linux]
    paths: ["work.py", "bench.py"]
    budget:
      default: {time: {max_worsening: 0.10}}
"""
# What a launch measures is read off the candidate's code, so that a verdict has one cause.
BENCH = """\
import json, random, sys
from work import CASES
launches = [
    {"case": name, "metric": "wall", "unit": "ms", "better": "lower",
     "samples": [cost * (1 + random.random() / 200) for _ in range(20)]}
    for name, cost in CASES.items()
]
with open(sys.argv[1], "w") as out:
    json.dump({"schema_version": 1, "launches": launches}, out)
"""
WORK = "CASES = {'parse': 10.0, 'price': 5.0}\n"
SLOWER = "CASES = {'parse': 14.5, 'price': 5.0}\n"
FILES = {".highwater.yml": CONFIGURATION, "bench.py": BENCH, "work.py": WORK}


@dataclass
class TestClock:
    """Time that a test moves."""

    __test__ = False
    time: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def pass_s(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@dataclass
class Bot:
    """What the processes of the bot do, called one after the other."""

    stage: Stage
    services: Services
    queue: MemoryOrderQueue
    clock: TestClock
    settings: RunnerSettings
    orders: list[RunOrder] = field(default_factory=list)

    def post(self, webhook: Webhook, *, secret: str = SECRET, delivery: str | None = None) -> int:
        """Deliver a signed webhook over the web application."""
        web = WebServices(
            deliveries=self.services.deliveries,
            checks=self.services.checks,
            clock=self.clock,
            secrets=[SECRET.encode()],
        )
        client = create_app(web).test_client()
        headers = webhook_headers(webhook, secret, delivery)
        return client.post("/webhook", data=webhook.body, headers=headers).status_code

    def work_off(self) -> None:
        """Handle what was delivered, measure what was ordered, conclude what is complete."""
        self.handle()
        self.measure()
        self.collect()

    def handle(self) -> None:
        """Handle every delivery that is due."""

        def at_once(delivery: DeliveryId) -> None:
            handle(self.services, delivery)

        Dispatcher(self.services.deliveries, at_once, self.clock).dispatch()

    def measure(self) -> None:
        """Carry out every order that waits, for real."""
        self.queue.work(self._carry_out)

    def collect(self) -> None:
        """Take in the reports that are there."""
        Collector(self.services, partial(conclude, self.services)).collect()

    def runs_of(self, head: str) -> dict[str, CheckRun]:
        """Give the last state of each of a commit's check runs, by name."""
        return {run.name: run for run in self.stage.check_runs(head)}

    def _carry_out(self, order: RunOrder) -> None:
        self.orders.append(order)
        place = self.services.place(RunId(order.run))
        token = SETTINGS.set(self._runner_of(order))
        try:
            execute_run(encode_order(order))
        finally:
            SETTINGS.reset(token)
        assert place.report.exists()
        self.queue.finish(RunId(order.run))

    def _runner_of(self, order: RunOrder) -> RunnerSettings:
        """Be the runner that an order is meant for, where it is meant for one alone."""
        queue = self.queue.queues[RunId(order.run)]
        name = queue.removeprefix("hw:@").rpartition(":")[0]
        is_named = queue.startswith("hw:@")
        return replace(self.settings, runner_name=name) if is_named else self.settings


def alive(
    bot: Bot, *names: str, tags: tuple[str, ...] = ("linux",), fingerprint: str | None = None
) -> None:
    """Let runners of these names beat their hearts, each on hardware of its own by default."""
    bot.queue.live[:] = [
        RunnerState(
            name=name,
            tags=tags,
            seen_utc=bot.clock.now(),
            fingerprint=fingerprint or content_hash(name)[:16],
            load=0.0,
            free_disk_bytes=10**9,
            run=None,
            worker=name,
        )
        for name in names
    ]


@pytest.fixture
def bot(
    stage: Stage,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bot]:
    """Give the bot over *stage*, whose repository has the suite ``core`` on main.

    Its verdicts come of ``work.py`` alone, however busy this machine is.
    """
    have_own_cpus(monkeypatch)
    have_no_steal(monkeypatch)
    stage.disk.commit("main", FILES)
    database = open_database(migrated(tmp_path / "bot.db"))
    queue, clock, state = MemoryOrderQueue(), TestClock(), tmp_path / "state"
    services = Services(
        forge=stage.forge,
        queue=queue,
        clock=clock,
        **stores_over(database),
        mirrors=Mirrors(state / "mirrors"),
        state_dir=state,
        public_url="http://127.0.0.1:8787",
        secret=SECRET,
    )
    stage.keep_time(clock.now)
    yield Bot(stage, services, queue, clock, runner_settings(state, tmp_path_factory))
    database.dispose()


def runner_settings(state: Path, factory: pytest.TempPathFactory) -> RunnerSettings:
    """Make settings of a runner; the cache of environments is shared by a whole test session."""
    settings = read_runner_settings({"state_dir": str(state)}, environ={}, start=state.parent)
    cache = factory.getbasetemp() / "environment-cache"
    return replace(settings, cache_dir=cache, work_dir=state / "work", runner_name="runner-1")


def opened(bot: Bot, branch: str, files: dict[str, str]) -> int:
    """Commit *files* to a new branch, open a pull request of it and deliver its webhook."""
    bot.stage.disk.commit(branch, files, onto="main")
    webhook = bot.stage.open_pull_request(branch, "main", f"Change {branch}")
    assert bot.post(webhook) == 202
    return webhook.pull_request or 0


def head_of(bot: Bot, branch: str) -> str:
    """Give the commit at a branch's tip."""
    return bot.stage.forge.tip(bot.stage.repository, branch)
