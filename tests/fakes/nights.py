"""A repository with nights: what it declares, its baseline, its merges, and the time it is due."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from bot.action_values import StartNight
from bot.events import NIGHTLY as NIGHTLY_EVENT
from bot.nightly.start import start_night
from bot.nightly.timetable import Timetable
from bot.store.deliveries import Delivery
from engine.debts import Debt, DebtKind
from engine.values import Better, DeliveryId
from tests.fakes.bot_stage import CONFIGURATION, Bot

TIGHT = CONFIGURATION.replace("max_worsening: 0.10", "max_worsening: 0.03")
NIGHTLY = 'nightly: {cron: "0 3 * * *", high_water: true}\n'
BASELINE = "benchmarks/baselines/x86_64-linux-gnu-ffffffff.json"
DAY = timedelta(days=1)
PATIENCE = 5


def declared(bot: Bot, nightly: str = NIGHTLY, suites: str = TIGHT) -> str:
    """Declare nights on main; gives the commit."""
    bot.services.repositories.see(bot.stage.repository, bot.clock.now(), "main")
    return bot.stage.disk.commit("main", {".highwater.yml": suites + nightly})


def accepted(bot: Bot, commit: str, **fields: object) -> str:
    """Commit a baseline whose level of ``parse`` is of *commit*; gives the commit that has it."""
    document = {
        "version": 1,
        "platform": "x86_64-linux-gnu",
        "cpu": "EPYC",
        "timestamp": "2026-11-01T00:00:00+00:00",
        "fingerprint": "f" * 16,
        "git_sha": commit,
        "baselines": {"parse": {"mean_ns": 1e7, "std_dev_ns": 1e5, "sample_size": 60}},
        **fields,
    }
    return bot.stage.disk.commit("main", {BASELINE: msgspec.json.encode(document)})


def costs(parse: float) -> dict[str, str]:
    """Give the work whose parsing takes so many milliseconds."""
    return {"work.py": f"CASES = {{'parse': {parse}, 'price': 5.0}}\n"}


def merged(bot: Bot, number: int, parse: float, change: float = 0.01) -> str:
    """Merge a pull request of which the ledger knows a loss; gives its commit."""
    commit = bot.stage.disk.commit("main", costs(parse))
    debt = Debt(
        suite="core",
        case="parse",
        metric="wall",
        fingerprint="f" * 16,
        pull_request=number,
        head=commit,
        kind=DebtKind.SMALL,
        change=change,
        low=change - 0.004,
        high=change + 0.004,
        better=Better.LOWER,
        recorded_utc="2026-11-20T12:00:00Z",
        run=f"c{number}-1",
    )
    bot.services.debts.replace(bot.stage.repository.name, number, {("core", "f" * 16)}, [debt])
    return commit


def begin_night(bot: Bot, cause: str) -> None:
    """Begin a night of that name, of which nothing is measured yet."""
    action = StartNight(repository=bot.stage.repository, due_utc="2026-11-20T03:00Z")
    start_night(bot.services, action, Delivery(id=DeliveryId(cause), event=NIGHTLY_EVENT, body=b""))


def night(bot: Bot, timetable: Timetable | None = None) -> int:
    """Let the next night come, and everything of it be measured; gives how many were due."""
    timetable = timetable or Timetable(bot.services)
    timetable.turn()
    bot.clock.time += DAY
    due = timetable.turn()
    bot.work_off()
    for _ in range(PATIENCE):
        if not bot.services.checks.running_checks():
            break
        bot.clock.pass_s(60)  # a slow machine's outage is over by then
        bot.work_off()
    return due
