"""What stands for kill -9, at any call to a store, the forge or the queue."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from engine.orders import RunOrder, RunReport
from engine.values import RunId
from tests.fakes.bot_stage import Bot

PORTS = (
    *("forge", "queue", "checks", "deliveries", "history", "debts", "commands", "overrides"),
    *("pr_leases", "promotions", "repositories", "ledger_heads", "nulls", "drifts", "schedules"),
)
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
    measure, known = bot._carry_out, dict[str, RunReport]()

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
    return through(bot, fate, measurings=measurings)


def through(bot: Bot, fate: Fate, *, measurings: int = 1) -> bool:
    """Work off what was posted through *fate*, then let the bot settle; False: it never struck."""
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
        if measurings:  # else no runner is there before the bot has settled
            bot.measure()
        bot.collect()
        bot.clock.pass_s(LONGER_THAN_ANY_LEASE_S)
        bot.handle()
    return struck


def every_fate(
    end_of: Callable[[int, Fate], tuple[bool, object]], *, after: bool = False
) -> dict[tuple[int, str], object]:
    """Let an act be struck at its first call, its second and so on; gives how each one ended.

    Struck before a call is struck after the one before it, as far as a port can tell.
    """
    ends: dict[tuple[int, str], object] = {}
    point, struck = 0, True
    while struck:
        point += 1
        fate = Fate(at=point, after=after)
        struck, end = end_of(point, fate)
        ends[point, fate.calls[-1]] = end
    assert point > 10
    return ends
