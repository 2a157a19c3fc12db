"""A night that breaks anywhere goes on where it stopped, and nothing of it is doubled."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from bot.nightly.timetable import Timetable
from bot.ports import Conclusion
from engine.errors import TransientError
from tests.fakes.bot_stage import Bot, alive, head_of
from tests.fakes.nights import DAY, accepted, costs, declared

EVERYTHING = 'nightly: {cron: "0 3 * * *", high_water: true, null_runs: 1}\n'
CALLS = ("tip", "read_file", "clone_source", "put_check_run", "put_issue")


@dataclass
class Broken:
    """A forge of which one call fails so many times, before it is carried out or after."""

    forge: Any
    call: str
    times: int
    after: bool

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.forge, name)
        return self._failing(found) if name == self.call else found

    def _failing(self, found: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if self.times <= 0:
                return found(*arguments, **named)
            self.times -= 1
            if self.after:
                found(*arguments, **named)
            problem = "no route"
            raise TransientError(problem, 0.0)

        return call


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", CALLS)
def test_an_outage_of_one_call_changes_nothing_in_the_end(
    bot: Bot, call: str, *, after: bool
) -> None:
    origin = declared(bot, EVERYTHING)
    accepted(bot, origin)
    tip = bot.stage.disk.commit("main", costs(12.0))
    alive(bot, "ada")
    timetable = Timetable(bot.services)
    timetable.turn()
    bot.clock.time += DAY
    timetable.turn()
    bot.services = replace(bot.services, forge=Broken(bot.stage.forge, call, 2, after))

    for _ in range(5):
        bot.clock.pass_s(200)
        alive(bot, "ada")
        bot.work_off()

    assert bot.services.checks.running_checks() == ()
    assert len(bot.stage.issues()) == 1
    runs = [run for run in bot.stage.check_runs(tip) if run.name.startswith("highwater / nightly")]
    assert sorted(run.name for run in runs) == [
        f"highwater / nightly against {origin[:7]}",
        "highwater / nightly null runs",
    ]
    assert all(run.conclusion in {Conclusion.NEUTRAL, Conclusion.SUCCESS} for run in runs)
    name = bot.stage.repository.name
    assert len(bot.services.nulls.sessions(name, "core")) == 1
    assert head_of(bot, "main") == tip
