"""The forge refuses, lags or is away: one check's trouble is not another's, and none hangs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.ports import CheckRun, Conclusion, Forge, PullRequest, Repository
from bot.store.checks import CheckStatus, RunStatus
from bot.store.deliveries import DeliveryStatus
from engine.errors import TransientError, UserError
from engine.values import CheckId, DeliveryId, RunId
from tests.fakes.bot_stage import FILES, SLOWER, Bot, head_of, opened

pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)
SUITE = "highwater / core (linux)"


@dataclass
class TroubledForge:
    """A forge some of whose calls are answered by *instead*, which may raise or pass on."""

    forge: Forge
    instead: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:
        return self.instead.get(name, getattr(self.forge, name))


def troubled(bot: Bot, **instead: Callable[..., Any]) -> TroubledForge:
    forge = TroubledForge(bot.services.forge, instead)
    bot.services = replace(bot.services, forge=forge)  # type: ignore[arg-type]
    return forge


def refuse(*_given: object) -> None:
    problem = "the App may not write comments"
    raise UserError(problem, None, "Grant the permission.")


def test_a_refused_comment_keeps_nothing_else_from_being_concluded(bot: Bot) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    troubled(bot, put_comment=refuse)

    bot.work_off()

    runs = bot.runs_of(head_of(bot, "slower"))
    assert {run.conclusion for run in runs.values()} == {Conclusion.FAILURE}
    assert bot.services.checks.running_checks() == ()


def test_one_pull_request_that_is_gone_does_not_hold_the_others_up(bot: Bot) -> None:
    first = opened(bot, "slower", {"work.py": SLOWER})
    opened(bot, "same", {"work.py": FILES["work.py"] + "\n"})
    bot.handle()
    bot.measure()
    real = bot.services.forge.pull_request

    def pull_request(repository: Repository, number: int) -> PullRequest:
        if number == first:
            problem = "there is no pull request #1"
            raise UserError(problem, None, "")
        return real(repository, number)

    troubled(bot, pull_request=pull_request)
    bot.collect()

    assert bot.runs_of(head_of(bot, "same"))["highwater"].conclusion is Conclusion.SUCCESS


def test_a_check_that_cannot_be_concluded_is_given_up_and_not_left_in_progress(bot: Bot) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    bot.measure()
    troubled(bot, pull_request=refuse)

    for _ in range(8):
        bot.collect()
        bot.clock.pass_s(60)

    run = bot.runs_of(head_of(bot, "slower"))["highwater"]
    assert (run.status, run.conclusion) == ("completed", Conclusion.NEUTRAL)


def test_a_rate_limit_of_one_repository_delays_that_check_alone(bot: Bot) -> None:
    first = opened(bot, "slower", {"work.py": SLOWER})
    opened(bot, "same", {"work.py": FILES["work.py"] + "\n"})
    bot.handle()
    bot.measure()
    forge = troubled(bot)
    real = bot.services.forge.pull_request

    def limited(repository: Repository, number: int) -> PullRequest:
        if number == first:
            problem = "rate limited"
            raise TransientError(problem, retry_after_s=3000.0)
        return real(repository, number)

    forge.instead["pull_request"] = limited
    bot.collect()
    assert bot.runs_of(head_of(bot, "same"))["highwater"].conclusion is Conclusion.SUCCESS

    del forge.instead["pull_request"]
    bot.clock.pass_s(301)
    bot.collect()
    assert bot.runs_of(head_of(bot, "slower"))["highwater"].conclusion is Conclusion.FAILURE


def test_a_forge_that_lags_behind_its_webhook_is_asked_again(bot: Bot) -> None:
    bot.stage.disk.commit("moving", {"work.py": FILES["work.py"] + "\n"}, onto="main")
    webhook = bot.stage.open_pull_request("moving", "main", "Change")
    bot.post(webhook)
    bot.work_off()
    stale = bot.services.forge.pull_request(bot.stage.repository, webhook.pull_request or 0)
    bot.stage.disk.commit("moving", {"work.py": SLOWER})
    pushed = bot.stage.push(webhook)
    forge = troubled(bot, pull_request=lambda _repository, _number: stale)
    bot.post(pushed)
    bot.handle()

    del forge.instead["pull_request"]
    bot.clock.pass_s(30)
    bot.work_off()

    assert bot.runs_of(head_of(bot, "moving"))["highwater"].conclusion is Conclusion.FAILURE


def test_a_delivery_handled_again_after_its_check_concluded_reopens_nothing(bot: Bot) -> None:
    bot.stage.disk.commit("slower", {"work.py": SLOWER}, onto="main")
    bot.post(bot.stage.open_pull_request("slower", "main", "Change"), delivery="d-1")
    finish = bot.services.deliveries.finish
    bot.services.deliveries.finish = lambda _delivery: False  # type: ignore[method-assign]
    bot.work_off()
    bot.services.deliveries.finish = finish  # type: ignore[method-assign]

    bot.clock.pass_s(1000)
    bot.work_off()

    runs = bot.runs_of(head_of(bot, "slower"))
    assert {run.conclusion for run in runs.values()} == {Conclusion.FAILURE}
    state = bot.services.deliveries.state(DeliveryId("d-1"))
    assert state is not None
    assert (state.status, len(bot.orders)) == (DeliveryStatus.DONE, 1)


def test_a_second_attempt_queues_what_the_first_one_stored(bot: Bot) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    real = bot.services.forge.put_check_run

    def away_for_suites(repository: Repository, run: CheckRun) -> int:
        return (_away if run.name == SUITE else real)(repository, run)

    forge = troubled(bot, put_check_run=away_for_suites)
    bot.handle()
    renamed = FILES[".highwater.yml"].replace("core:", "kernel:")
    bot.stage.disk.commit("main", {".highwater.yml": renamed})

    del forge.instead["put_check_run"]
    bot.clock.pass_s(60)
    bot.work_off()

    runs = bot.runs_of(head_of(bot, "slower"))
    assert {name: run.conclusion for name, run in runs.items()} == {
        "highwater": Conclusion.FAILURE,
        SUITE: Conclusion.FAILURE,
    }


def test_a_red_comment_is_brought_up_to_date_by_a_push_that_needs_no_measuring(bot: Bot) -> None:
    bot.stage.disk.commit("revert", {"work.py": SLOWER}, onto="main")
    webhook = bot.stage.open_pull_request("revert", "main", "Change")
    bot.post(webhook)
    bot.work_off()
    bot.stage.disk.commit("revert", {"work.py": FILES["work.py"], "README.md": "Better.\n"})

    bot.post(bot.stage.push(webhook))
    bot.work_off()

    (body,) = bot.stage.bodies(webhook.pull_request or 0)
    assert "Skipped" in body.splitlines()[1]


@pytest.mark.parametrize("form", ["directory", "link", "garbage"])
def test_a_report_that_is_no_report_is_refused_and_says_so(bot: Bot, form: str) -> None:
    opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()
    (order,) = bot.queue.waiting["hw:linux:pr"]
    path = bot.services.place(RunId(order.run)).report
    if form == "directory":
        path.mkdir()
    elif form == "link":
        path.symlink_to("/proc/self/mem")
    else:
        path.write_bytes(b"\xff\x00")

    bot.collect()

    run = bot.runs_of(head_of(bot, "slower"))["highwater"]
    assert run.conclusion is Conclusion.NEUTRAL
    assert "refused" in run.summary


def test_a_rerun_of_a_running_check_supersedes_it_without_a_verdict(bot: Bot) -> None:
    number = opened(bot, "again", {"work.py": SLOWER})
    bot.handle()
    head = head_of(bot, "again")
    first = bot.runs_of(head)["highwater"]
    check_run = bot.stage.forge.put_check_run(bot.stage.repository, first)

    bot.post(bot.stage.rerequest(check_run))
    bot.handle()
    bot.collect()

    record = bot.services.checks.check(CheckId(first.external_id))
    assert record is not None
    assert record.status is CheckStatus.SUPERSEDED
    assert bot.stage.bodies(number) == []


def test_a_supersession_that_died_halfway_is_finished_and_publishes_nothing(bot: Bot) -> None:
    number = opened(bot, "again", {"work.py": SLOWER})
    bot.handle()
    head = head_of(bot, "again")
    first = bot.runs_of(head)["highwater"]
    bot.stage.forge.put_check_run(bot.stage.repository, first)
    for run in bot.services.checks.runs(CheckId(first.external_id)):
        bot.services.checks.set_run_status(run.run, RunStatus.CANCELLED)

    bot.collect()

    assert bot.runs_of(head)["highwater"].conclusion is Conclusion.CANCELLED
    assert bot.stage.bodies(number) == []


def test_a_rerun_of_a_forks_check_is_answered_and_runs_nothing(bot: Bot) -> None:
    fork = bot.stage.disk.fork(bot.stage.root, "stranger/research")
    made = fork.commit("evil", {"work.py": SLOWER}, onto="main")
    bot.post(bot.stage.open_pull_request("stranger:evil", "main", "Trust me"))
    bot.work_off()
    refused = bot.runs_of(made)["highwater"]
    check_run = bot.stage.forge.put_check_run(bot.stage.repository, refused)

    bot.post(bot.stage.rerequest(check_run))
    bot.work_off()

    shown = [run for run in bot.stage.check_runs(made) if run.external_id != refused.external_id]
    assert [run.title for run in shown] == ["From a fork: not run"]
    assert bot.orders == []


def test_a_broken_target_names_the_true_merge_base_and_offers_no_replay(bot: Bot) -> None:
    base = head_of(bot, "main")
    bot.stage.disk.commit("any", {"work.py": SLOWER}, onto="main")
    bot.stage.disk.commit("main", {".highwater.yml": "version: 2\n"})
    webhook = bot.stage.open_pull_request("any", "main", "Change")
    bot.post(webhook)

    bot.work_off()

    (body,) = bot.stage.bodies(webhook.pull_request or 0)
    assert f"merge base `{base[:10]}`" in body
    assert "highwater replay" not in body


def test_the_services_repr_holds_no_secret(bot: Bot) -> None:
    assert bot.services.secret not in repr(bot.services)


def _away(_repository: Repository, _run: CheckRun) -> int:
    problem = "the forge is away"
    raise TransientError(problem, retry_after_s=1.0)
