"""What people say to a verdict: accepted rows, muted cases, and the verdict that follows."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bot.checks.in_force import overrides_in_force
from bot.checks.results import verdict_of
from bot.commands.command import Command, WrongValueError
from bot.ledger import ledger_path
from bot.local.deliver import Webhook
from bot.overrides import accept, mute
from bot.ports import CheckRun, Conclusion, Role
from bot.services import Services
from bot.store.checks import CheckRecord
from bot.store.deliveries import Delivery
from bot.store.ledger_file import read_lines
from engine.audit.expectation import Expectation
from engine.audit.verify import examine
from engine.commands import Verb
from engine.debts import DebtKind
from engine.errors import TransientError, UserError
from engine.findings import Verdict
from engine.reports.document import parse_document, render_document
from engine.values import CheckId, DeliveryId, Outcome
from tests.fakes.bot_stage import SLOWER, Bot, bot, head_of, opened
from tests.fakes.cli import run_cli
from tests.fakes.forge_stage import stage
from tests.fakes.scripted import scripted

__all__ = ["bot", "stage"]
pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SLOWEST = "CASES = {'parse': 19.0, 'price': 5.0}\n"


def command(bot: Bot, number: int, verb: Verb, *, delivery: str = "d-c", **given: str) -> Command:
    arguments = {"reason": "the new model is worth it", **given}
    return Command(
        delivery=DeliveryId(delivery),
        line=0,
        repository=bot.stage.repository,
        number=number,
        comment=1,
        author="alice",
        verb=verb,
        arguments=arguments,
    )


def accepting(bot: Bot, number: int, case: str = "core::parse", **given: str) -> Command:
    return command(bot, number, Verb.ACCEPT, case=case, **given)


def muting(bot: Bot, number: int, until: str = "2026-12-31", **given: str) -> Command:
    return command(bot, number, Verb.MUTE, **{"case": "core::parse", "until": until, **given})


def red(bot: Bot) -> int:
    """Open a pull request that makes ``parse`` slower, and have it measured."""
    number = proposed(bot, "slower", parse=1.45)
    assert roll_up(bot).conclusion is Conclusion.FAILURE
    return number


def proposed(bot: Bot, branch: str, *, parse: float, price: float = 1.0) -> int:
    """Open a pull request that takes so many times as long, and have it measured."""
    scripted(bot, {"runner-1": {"parse": parse, "price": price}})
    number = opened(bot, branch, {"work.py": SLOWER})
    bot.work_off()
    return number


def pushed(bot: Bot, number: int, *, parse: float) -> None:
    """Push to the pull request, and have it measured."""
    scripted(bot, {"runner-1": {"parse": parse, "price": 1.0}})
    bot.stage.disk.commit("slower", {"work.py": SLOWEST})
    bot.post(bot.stage.push(opening(number)))
    bot.work_off()


def opening(number: int) -> Webhook:
    """Stand for the webhook of a pull request's opening."""
    return Webhook(event="pull_request", body=b"", pull_request=number)


def roll_up(bot: Bot, branch: str = "slower") -> CheckRun:
    return bot.runs_of(head_of(bot, branch))["highwater"]


def id_of_roll_up(bot: Bot) -> int:
    """Find the number by which the forge knows the check run."""
    return bot.stage.forge.put_check_run(bot.stage.repository, roll_up(bot))


def check_of(bot: Bot, branch: str = "slower") -> CheckRecord:
    check = bot.services.checks.check(CheckId(roll_up(bot, branch).external_id))
    assert check is not None
    return check


def verdict(bot: Bot, branch: str = "slower") -> Verdict:
    stored = bot.services.checks.verdict(check_of(bot, branch).id)
    assert stored is not None
    return parse_document(stored.document)


def ledger(services: Services) -> list[dict[str, Any]]:
    return [json.loads(line) for line in read_lines(ledger_path(services.state_dir))]


def test_an_accepted_regression_turns_the_check_green_and_stays_in_the_document(bot: Bot) -> None:
    number = red(bot)

    answer = accept(bot.services, accepting(bot, number))

    assert roll_up(bot).conclusion is Conclusion.SUCCESS
    assert bot.runs_of(head_of(bot, "slower"))["highwater / core (linux)"].conclusion is (
        Conclusion.SUCCESS
    )
    (said,) = verdict(bot).overrides
    assert (said.by, said.case, said.reason) == ("alice", "parse", "the new model is worth it")
    covered = [row for row in verdict(bot).suites[0].findings if row.override == "accept"]
    assert [row.outcome for row in covered] == [Outcome.REGRESSION]
    assert "`parse`" in answer
    assert "green" in answer


def test_the_accepted_loss_stays_on_the_ledger_of_debts(bot: Bot) -> None:
    number = red(bot)
    accept(bot.services, accepting(bot, number))

    (debt,) = bot.services.debts.debts(bot.stage.repository.name)
    assert debt.kind is DebtKind.ACCEPTED


def test_what_is_not_confirmed_worse_stays_accepted_with_the_next_push(bot: Bot) -> None:
    number = red(bot)
    accept(bot.services, accepting(bot, number))

    pushed(bot, number, parse=1.45)

    assert roll_up(bot).conclusion is Conclusion.SUCCESS


def test_what_is_confirmed_worse_is_red_again(bot: Bot) -> None:
    number = red(bot)
    accept(bot.services, accepting(bot, number))

    pushed(bot, number, parse=1.9)

    assert roll_up(bot).conclusion is Conclusion.FAILURE
    assert [one.by for one in verdict(bot).overrides] == ["alice"]  # it stays visible


def test_another_pull_request_is_not_covered_by_what_one_accepted(bot: Bot) -> None:
    accept(bot.services, accepting(bot, red(bot)))

    proposed(bot, "other", parse=1.45)

    assert roll_up(bot, "other").conclusion is Conclusion.FAILURE


@pytest.mark.parametrize(
    "ref, covered",
    [
        ("gh-readonly-queue/main/pr-{number}-" + "a" * 40, True),
        ("refs/heads/gh-readonly-queue/release/v1/pr-{number}-" + "a" * 40, True),
        ("gh-readonly-queue/main/pr-99{number}-" + "a" * 40, False),
        ("my-gh-readonly-queue/main/pr-{number}-" + "a" * 40, False),
        ("main", False),
    ],
)
def test_what_was_accepted_holds_in_the_merge_queue_of_its_pull_request(
    bot: Bot, ref: str, covered: bool
) -> None:
    number = red(bot)
    accept(bot.services, accepting(bot, number))
    check = msgspec.structs.replace(
        check_of(bot), pull_request=None, kind="merge_group", ref=ref.format(number=number)
    )

    assert bool(overrides_in_force(bot.services, check)) is covered


def test_a_muted_case_is_covered_in_all_pull_requests_until_its_day_is_over(bot: Bot) -> None:
    answer = mute(bot.services, muting(bot, red(bot), until="2026-11-21"))
    assert roll_up(bot).conclusion is Conclusion.SUCCESS
    assert "2026-11-21" in answer

    proposed(bot, "other", parse=1.45)
    assert roll_up(bot, "other").conclusion is Conclusion.SUCCESS
    assert [one.kind for one in verdict(bot, "other").overrides] == ["mute"]

    bot.clock.pass_s(timedelta(days=2).total_seconds())
    proposed(bot, "third", parse=1.45)
    assert roll_up(bot, "third").conclusion is Conclusion.FAILURE


def test_a_later_mute_of_the_same_case_takes_the_place_of_the_former(bot: Bot) -> None:
    number = red(bot)
    mute(bot.services, muting(bot, number))
    mute(bot.services, muting(bot, number, until="2026-11-20", delivery="d-d"))

    (said,) = overrides_in_force(bot.services, check_of(bot))
    assert said.until_utc == "2026-11-20T23:59:59Z"


def test_the_button_accepts_every_red_row(bot: Bot) -> None:
    number = proposed(bot, "slower", parse=1.9, price=1.8)

    accept(bot.services, accepting(bot, number, case="*::*"))

    assert roll_up(bot).conclusion is Conclusion.SUCCESS
    assert {one.case for one in verdict(bot).overrides} == {"parse", "price"}


def test_carried_out_again_a_command_changes_nothing(bot: Bot) -> None:
    number = red(bot)
    asked = accepting(bot, number)
    for _ in range(3):
        accept(bot.services, asked)

    checks = bot.services.checks.checks_of_head(
        bot.stage.repository.name, number, check_of(bot).head
    )
    assert len(checks) == 2
    assert len(bot.services.overrides.of_repository(bot.stage.repository.name)) == 1
    assert [one["kind"] for one in ledger(bot.services) if "accept" in one["step"]] == [
        "intent",
        "outcome",
    ]


def test_a_process_that_dies_while_it_publishes_leaves_it_to_the_next_attempt(bot: Bot) -> None:
    number = red(bot)
    asked = accepting(bot, number)
    with pytest.MonkeyPatch.context() as dying:
        dying.setattr(bot.services.checks, "conclude", _dies)
        with pytest.raises(SystemExit):
            accept(bot.services, asked)
    bot.clock.pass_s(600)

    accept(bot.services, asked)

    assert roll_up(bot).conclusion is Conclusion.SUCCESS
    assert bot.services.checks.running_checks() == ()
    assert examined(bot).flaws == ()
    assert examined(bot).open_intents == ()


def _dies(check: CheckId) -> bool:
    raise SystemExit(check)


def examined(bot: Bot) -> Any:
    path = ledger_path(bot.services.state_dir)
    head = bot.services.ledger_heads.head(str(path))
    return examine(read_lines(path), Expectation(head=head))


def test_verdicts_and_overrides_stand_in_the_ledger_with_the_documents_hash(bot: Bot) -> None:
    accept(bot.services, accepting(bot, red(bot)))

    steps = [(one["step"], one["kind"], one["status"]) for one in ledger(bot.services)]
    verdict_done = ("verdict", "outcome", "success")
    assert steps == [
        ("verdict", "intent", None),
        verdict_done,
        ("accept", "intent", None),
        ("verdict", "intent", None),
        verdict_done,
        ("accept", "outcome", "success"),
    ]
    assert [one["out"]["outcome"] for one in ledger(bot.services) if one["out"].get("outcome")] == [
        "regression",
        "pass",
    ]
    assert examined(bot).flaws == ()


def test_a_verdict_with_overrides_replays_to_the_same_bytes(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = red(bot)
    accept(bot.services, accepting(bot, number))
    before, after = verdict(bot), check_of(bot)
    mute(bot.services, muting(bot, number, delivery="d-later"))  # not in force at that time

    anew = verdict_of(bot.services.checks, after, before.overrides)
    assert render_document(anew) == render_document(before)

    database = bot.services.state_dir.parent / "bot.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database}")
    ended = run_cli("replay", after.id, "--state-dir", str(bot.services.state_dir))
    assert (ended.code, ended.stderr) == (0, "")


def test_an_override_that_nobody_gave_does_not_replay(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = red(bot)
    accept(bot.services, accepting(bot, number))
    (record,) = bot.services.overrides.of_repository(bot.stage.repository.name)
    database = bot.services.state_dir.parent / "bot.db"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{database}")
    forged = msgspec.structs.replace(record.override, by="mallory")
    monkeypatch.setattr(
        "bot.store.overrides.OverrideStore.of_repository",
        lambda *_: (msgspec.structs.replace(record, override=forged),),
    )

    assert run_cli("replay", check_of(bot).id).code == 5


def test_nothing_is_accepted_before_there_is_a_verdict_of_the_head(bot: Bot) -> None:
    number = opened(bot, "slower", {"work.py": SLOWER})
    bot.handle()

    with pytest.raises(UserError, match=r"no verdict of [0-9a-f]{7}.*Wait"):
        accept(bot.services, accepting(bot, number))
    assert bot.services.overrides.of_repository(bot.stage.repository.name) == ()


def test_what_was_measured_of_an_older_head_is_not_accepted(bot: Bot) -> None:
    number = red(bot)
    bot.stage.disk.commit("slower", {"work.py": SLOWEST})
    bot.stage.push(opening(number))

    with pytest.raises(UserError, match="no verdict of"):
        accept(bot.services, accepting(bot, number))


@pytest.mark.parametrize("case", ["core::pars", "core::p*", "other::parse", "*::parse2"])
def test_a_row_that_is_not_there_is_answered_with_those_that_are(bot: Bot, case: str) -> None:
    number = red(bot)

    with pytest.raises(WrongValueError) as refused:
        accept(bot.services, accepting(bot, number, case=case))
    assert refused.value.valid == ("core::parse",)


def test_where_nothing_is_red_there_is_nothing_to_accept(bot: Bot) -> None:
    number = proposed(bot, "calm", parse=1.0)

    with pytest.raises(UserError, match="no row of its verdict is red"):
        accept(bot.services, accepting(bot, number))


def test_the_last_day_that_is_named_as_valid_is_valid(bot: Bot) -> None:
    mute(bot.services, muting(bot, red(bot), until="2027-11-21"))

    (said,) = overrides_in_force(bot.services, check_of(bot))
    assert said.until_utc == "2027-11-21T23:59:59Z"


def test_a_former_mute_that_is_tried_again_does_not_end_the_one_that_took_its_place(
    bot: Bot,
) -> None:
    number = red(bot)
    former = muting(bot, number)
    mute(bot.services, former)
    mute(bot.services, muting(bot, number, until="2026-11-25", delivery="d-d"))

    mute(bot.services, former)

    (said,) = overrides_in_force(bot.services, check_of(bot))
    assert said.until_utc == "2026-11-25T23:59:59Z"


def test_a_command_that_was_held_up_does_not_accept_a_verdict_that_came_after_it(bot: Bot) -> None:
    number = red(bot)
    given = bot.stage.comment("alice", number, '/highwater accept core::parse reason="known"')
    delivered = DeliveryId("d-held-up")
    bot.services.deliveries.add(
        Delivery(id=delivered, event=given.event, body=given.body), bot.clock.now()
    )
    bot.clock.pass_s(60)
    pushed(bot, number, parse=1.9)

    with pytest.raises(UserError, match="came after the command"):
        accept(bot.services, accepting(bot, number, delivery=delivered))
    assert bot.services.overrides.of_repository(bot.stage.repository.name) == ()


def test_what_is_accepted_while_a_verdict_is_published_without_it_is_tried_again_after_that(
    bot: Bot,
) -> None:
    number = red(bot)
    asked = accepting(bot, number)
    bot.post(bot.stage.rerequest(id_of_roll_up(bot)))
    bot.handle()
    (running,) = bot.services.checks.running_checks()
    assert bot.services.checks.claim(running.id, bot.clock.now(), 30.0)

    with pytest.raises(TransientError, match="being concluded"):
        accept(bot.services, asked)
    bot.services.checks.release(running.id, bot.clock.now(), wait_s=0.0, failed=False)

    accept(bot.services, asked)
    bot.work_off()
    assert roll_up(bot).conclusion is Conclusion.SUCCESS


def test_what_is_given_up_is_in_force_no_more_and_the_ledger_says_so(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = red(bot)
    bot.stage.set_role("alice", Role.MAINTAIN)

    def broken(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr("bot.overrides.rejudge", broken)
    bot.post(bot.stage.comment("alice", number, '/highwater accept core::parse reason="known"'))
    bot.handle()

    assert any("Highwater itself failed" in body for body in bot.stage.bodies(number))
    assert overrides_in_force(bot.services, check_of(bot)) == ()
    (outcome,) = [
        one for one in ledger(bot.services) if one["kind"] == "outcome" and "accept/" in one["ref"]
    ]
    assert (outcome["status"], outcome["error"]["type"]) == ("error", "GivenUp")


@pytest.mark.parametrize("until", ["2026-11-19", "2027-11-30", "2026-02-31"])
def test_a_mute_ends_on_a_day_to_come_within_a_year(bot: Bot, until: str) -> None:
    number = red(bot)

    with pytest.raises(WrongValueError) as refused:
        mute(bot.services, muting(bot, number, until=until))
    assert refused.value.valid == ("2026-11-20 to 2027-11-21",)


@pytest.mark.parametrize("case", ["core::pars", "other::parse", "core::p*"])
def test_only_what_was_measured_can_be_muted(bot: Bot, case: str) -> None:
    number = red(bot)

    with pytest.raises(WrongValueError):
        mute(bot.services, muting(bot, number, case=case))


def test_while_a_check_runs_the_override_waits_for_its_verdict(bot: Bot) -> None:
    number = red(bot)
    bot.post(bot.stage.rerequest(id_of_roll_up(bot)))
    bot.handle()

    answer = accept(bot.services, accepting(bot, number))
    assert "once the check that is running is done" in answer
    bot.work_off()

    assert roll_up(bot).conclusion is Conclusion.SUCCESS


def test_without_the_ledger_nothing_is_put_in_force(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = red(bot)
    monkeypatch.setattr("os.pwrite", _full)

    with pytest.raises(TransientError, match="ledger"):
        accept(bot.services, accepting(bot, number))
    assert bot.services.overrides.of_repository(bot.stage.repository.name) == ()


def _full(*_: object) -> int:
    raise OSError(28, "No space left on device")
