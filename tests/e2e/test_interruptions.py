"""Killed before or after any call to a store, the forge or the queue, a check ends the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pytest

from engine.orders import RunOrder, RunReport
from engine.values import RunId
from tests.fakes.bot_stage import FILES, SLOWER, Bot, alive, head_of
from tests.fakes.scripted import scripted

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

PORTS = ("forge", "queue", "checks", "deliveries", "history", "debts")
SUITE = "highwater / core (linux)"
SETTLING_TURNS = 4
LONGER_THAN_ANY_LEASE_S = 700


class KilledError(BaseException):
    """What stands for kill -9: nothing of ours catches it."""


@dataclass
class Fate:
    """Kills at the *at*-th call, before or after it is carried out."""

    at: int | None = None
    after: bool = False
    calls: list[str] = field(default_factory=list)

    def meet(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        is_last = len(self.calls) == self.at
        if is_last and not self.after:
            raise KilledError
        result = call()
        if is_last:
            raise KilledError
        return result


class Doomed:
    """A port all of whose calls may be the last."""

    def __init__(self, port: object, name: str, fate: Fate) -> None:
        self._port, self._name, self._fate = port, name, fate

    def __getattr__(self, attribute: str) -> Any:
        member = getattr(self._port, attribute)
        if not callable(member):
            return member
        name = f"{self._name}.{attribute}"
        return lambda *given, **named: self._fate.meet(name, lambda: member(*given, **named))


def reuse_reports(bot: Bot) -> None:
    """Measure the first order for real, and answer the others with the same samples."""
    measure, known = bot._carry_out, {}

    def carry_out(order: RunOrder) -> None:
        path = bot.services.place(RunId(order.run)).report
        if not known:
            measure(order)
            known["report"] = msgspec.json.decode(path.read_bytes(), type=RunReport)
            return
        report = msgspec.structs.replace(known["report"], run=order.run, nonce=order.nonce)
        path.write_bytes(msgspec.json.encode(report))
        bot.orders.append(order)
        bot.queue.finish(RunId(order.run))

    bot._carry_out = carry_out  # type: ignore[method-assign]


def interrupted(
    bot: Bot, branch: str, files: dict[str, str], fate: Fate, *, measurings: int = 1
) -> bool:
    """Run a check through *fate*, then let the bot settle; False: it never struck."""
    bot.stage.disk.commit(branch, files, onto="main")
    bot.post(bot.stage.open_pull_request(branch, "main", branch))
    safe = bot.services
    ports: Any = {name: Doomed(getattr(safe, name), name, fate) for name in PORTS}
    bot.services = replace(safe, **ports)
    struck = False
    for step in (bot.handle, *(measurings * (bot.measure, bot.collect))):
        try:
            step()
        except KilledError:
            struck = True
    bot.services = safe
    for _ in range(SETTLING_TURNS):
        bot.measure()
        bot.collect()
        bot.clock.pass_s(LONGER_THAN_ANY_LEASE_S)
        bot.handle()
    return struck


def state_of(bot: Bot, branch: str, number: int) -> tuple[object, ...]:
    runs = bot.stage.check_runs(head_of(bot, branch))
    shown = sorted((run.name, run.status, str(run.conclusion)) for run in runs)
    return shown, len(bot.stage.bodies(number))


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(
    "files,expected",
    [
        ({"work.py": SLOWER}, ("failure", "failure", 1)),
        ({"README.md": "Other words.\n"}, ("skipped", "skipped", 0)),
    ],
    ids=["slower", "docs"],
)
def test_a_check_ends_the_same_wherever_a_process_is_killed(
    bot: Bot, files: dict[str, str], expected: tuple[str, str, int], after: bool
) -> None:
    reuse_reports(bot)
    roll_up, suite, comments = expected
    wanted = (
        [
            ("highwater", "completed", roll_up),
            (SUITE, "completed", suite),
        ],
        comments,
    )
    states, point, struck = {}, 0, True
    while struck:
        point += 1
        fate = Fate(at=point, after=after)
        struck = interrupted(bot, f"b{point}", files, fate)
        states[point, fate.calls[-1]] = state_of(bot, f"b{point}", point)
    assert point > 10
    assert {where: state for where, state in states.items() if state != wanted} == {}
    assert bot.services.checks.running_checks() == ()


@pytest.mark.parametrize("after", [False, True])
def test_a_confirmed_check_ends_the_same_wherever_a_process_is_killed(
    bot: Bot, after: bool
) -> None:
    alive(bot, "runner-1", "runner-2")
    scripted(bot, {"runner-1": {"parse": 1.45}, "runner-2": {"parse": 1.45}})
    shown = [("highwater", "completed", "failure"), (SUITE, "completed", "failure")]
    states, point, struck = {}, 0, True
    while struck:
        point += 1
        fate = Fate(at=point, after=after)
        struck = interrupted(bot, f"b{point}", {"work.py": SLOWER}, fate, measurings=2)
        measured = tuple(order.confirms is not None for order in bot.orders)
        bot.orders.clear()
        states[point, fate.calls[-1]] = (*state_of(bot, f"b{point}", point), measured)
    assert point > 20
    wanted = (shown, 1, (False, True))  # each runner measured once
    assert {where: state for where, state in states.items() if state != wanted} == {}
    assert bot.services.checks.running_checks() == ()


def test_what_is_measured_in_every_interrupted_check_is_measured_once(bot: Bot) -> None:
    reuse_reports(bot)
    for point in range(1, 40):
        interrupted(bot, f"b{point}", {"work.py": FILES["work.py"] + "\n"}, Fate(at=point))
    heads = [order.head for order in bot.orders]
    assert len(heads) == len(set(heads))
