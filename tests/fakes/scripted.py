"""Runners that measure nothing: what they report was decided beforehand."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.continued import sessions
from engine.orders import RunOrder, RunReport
from engine.platforms import Machine
from engine.values import RunId
from tests.fakes.bot_stage import Bot
from tests.fakes.evidence import MACHINE, benchmarked, pairs, report
from worker.queue.codec import encode_report

Effects = Mapping[str, float]  # by case: head takes so many times as long as base


def scripted(bot: Bot, by_runner: Mapping[str, Effects]) -> None:
    """Let each runner find these effects of the cases that it is asked for, in 12 quiet pairs.

    Orders for no runner in particular are carried out by the first.
    """
    first = next(iter(by_runner))

    def carry_out(order: RunOrder) -> None:
        bot.orders.append(order)
        run = RunId(order.run)
        queue = bot.queue.queues[run]
        named = queue.removeprefix("hw:@").removesuffix(":pr")
        runner = named if queue.startswith("hw:@") else first
        place = bot.services.place(run)
        place.report.write_bytes(encode_report(found_by(runner, order, by_runner[runner])))
        bot.queue.finish(run)

    bot._carry_out = carry_out  # type: ignore[method-assign]


def found_by(runner: str, order: RunOrder, effects: Effects) -> RunReport:
    """Report an order as *runner* would that finds these effects."""
    asked = effects.keys() if order.cases is None else order.cases
    launches = pairs({case: effects[case] for case in asked})
    known = (one.pair for session in sessions(order) for one in session.launches)
    earlier = 1 + max(known, default=-1)
    later = tuple(msgspec.structs.replace(one, pair=one.pair + earlier) for one in launches)
    made = report(order, benchmarked(later))
    return msgspec.structs.replace(made, runner=runner, machine=machine_of(runner))


def machine_of(runner: str) -> Machine:
    """Give each runner a machine of its own."""
    hardware = msgspec.structs.replace(MACHINE.hardware, model=runner)
    return msgspec.structs.replace(MACHINE, hardware=hardware)
