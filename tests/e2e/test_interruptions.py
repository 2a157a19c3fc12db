"""Killed before or after any call to a store, the forge or the queue, a check ends the same."""

from __future__ import annotations

import pytest

from bot.ports import Conclusion, Role
from tests.fakes.bot_stage import FILES, SLOWER, Bot, alive, head_of, opened
from tests.fakes.killed import Fate, every_fate, interrupted, reuse_reports, through
from tests.fakes.scripted import scripted

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SUITE = "highwater / core (linux)"


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


def test_a_confirmed_check_ends_the_same_wherever_a_process_is_killed(bot: Bot) -> None:
    alive(bot, "runner-1", "runner-2")
    scripted(bot, {"runner-1": {"parse": 1.45}, "runner-2": {"parse": 1.45}})
    shown = [("highwater", "completed", "failure"), (SUITE, "completed", "failure")]
    states, point, struck = {}, 0, True
    while struck:
        point += 1
        fate = Fate(at=point)
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


def test_a_cancelled_check_ends_the_same_wherever_a_process_is_killed(bot: Bot) -> None:
    bot.stage.set_role("ann", Role.WRITE)

    def cancelled(point: int, fate: Fate) -> tuple[bool, object]:
        number = opened(bot, f"b{point}", {"work.py": SLOWER})
        bot.handle()
        bot.post(bot.stage.comment("ann", number, "/highwater cancel"))
        struck = through(bot, fate, measurings=0)
        shown = bot.runs_of(head_of(bot, f"b{point}")).values()
        return struck, {(run.title, run.conclusion) for run in shown}

    ends = every_fate(cancelled)
    wanted = {("Cancelled by ann", Conclusion.CANCELLED)}
    assert {where: end for where, end in ends.items() if end != wanted} == {}
    assert bot.services.checks.running_checks() == ()
    assert bot.orders == []


def test_the_check_of_a_closed_pull_request_ends_the_same_wherever_a_process_is_killed(
    bot: Bot,
) -> None:
    def closed(point: int, fate: Fate) -> tuple[bool, object]:
        number = opened(bot, f"b{point}", {"work.py": SLOWER})
        bot.handle()
        bot.post(bot.stage.close(number))
        struck = through(bot, fate, measurings=0)
        shown = bot.runs_of(head_of(bot, f"b{point}")).values()
        return struck, {(run.title, run.conclusion) for run in shown}

    ends = every_fate(closed)
    wanted = {("Cancelled: the pull request was closed", Conclusion.CANCELLED)}
    assert {where: end for where, end in ends.items() if end != wanted} == {}
    assert bot.services.checks.running_checks() == ()
