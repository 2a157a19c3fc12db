"""Nights from the schedule to the issue, on both forges."""

from __future__ import annotations

import msgspec

from bot.ports import Conclusion, Role
from bot.store.check_records import RunStatus
from bot.store.drifts import DriftRecord
from tests.fakes.bot_stage import Bot, alive, head_of, opened
from tests.fakes.nights import (
    DAY,
    NIGHTLY,
    TIGHT,
    accepted,
    begin_night,
    costs,
    declared,
    merged,
    night,
)
from tests.integration.bot.store.test_checks import check_record, run_record


def test_twelve_merges_of_one_percent_make_one_issue_that_names_the_sum(bot: Bot) -> None:
    origin = declared(bot)
    accepted(bot, origin)
    for number in range(1, 13):
        merged(bot, number, 10.0 * 1.01**number)

    assert night(bot) == 1

    (issue,) = bot.stage.issues()
    assert issue.open
    assert "parse (wall) +12." in issue.title
    assert origin[:10] in issue.title
    for number in range(1, 13):
        assert f"- PR {number}: +1.0 % (+0.6 to +1.4 %), real but small" in issue.body
    assert "recorded losses come to +12.7 %" in issue.body


def test_a_night_compares_and_fails_nothing_and_annotates_with_warnings(bot: Bot) -> None:
    origin = declared(bot)
    accepted(bot, origin)
    tip = bot.stage.disk.commit("main", costs(14.5))

    night(bot)

    runs = bot.runs_of(tip)
    against = f"against {origin[:7]}"
    assert runs[f"highwater / nightly {against}"].conclusion is Conclusion.NEUTRAL
    suite = runs[f"highwater / core (linux) {against}"]
    assert suite.conclusion is Conclusion.NEUTRAL
    assert suite.title.startswith("Regression")
    assert {one.level for one in suite.annotations} == {"warning"}


def test_an_issue_is_updated_by_the_next_night_and_closed_once_the_loss_is_won_back(
    bot: Bot,
) -> None:
    origin = declared(bot)
    accepted(bot, origin)
    bot.stage.disk.commit("main", costs(11.5))
    night(bot)
    (first,) = bot.stage.issues()

    bot.stage.disk.commit("main", costs(13.0))
    night(bot)

    (second,) = bot.stage.issues()
    assert (second.number, second.open) == (first.number, True)
    assert "+15." in first.title or "+14." in first.title
    assert "+30." in second.title or "+29." in second.title

    tip = bot.stage.disk.commit("main", costs(10.0))
    night(bot)

    (closed,) = bot.stage.issues()
    assert (closed.number, closed.open) == (first.number, False)
    assert f"At `{tip[:10]}`, `core` is within its ratchet budget again." in closed.body
    assert [one.status for one in drifts(bot)] == ["closed"]


def drifts(bot: Bot) -> tuple[DriftRecord, ...]:
    return bot.services.drifts.of_repository(bot.stage.repository.name)


def test_an_issue_that_people_closed_is_kept_up_to_date_and_closed(bot: Bot) -> None:
    origin = declared(bot)
    accepted(bot, origin)
    bot.stage.disk.commit("main", costs(11.5))
    night(bot)
    (issue,) = bot.stage.issues()
    forge, repository = bot.stage.forge, bot.stage.repository
    mark = issue.body.partition("\n")[0]
    forge.put_issue(repository, mark, issue.title, issue.body, is_open=False)

    bot.stage.disk.commit("main", costs(13.0))
    night(bot)

    (known,) = bot.stage.issues()
    assert not known.open
    assert known.title != issue.title


def test_a_drift_that_is_over_is_told_once_and_again_when_it_comes_back(bot: Bot) -> None:
    origin = declared(bot)
    accepted(bot, origin)
    bot.stage.disk.commit("main", costs(12.0))
    night(bot)
    bot.stage.disk.commit("main", costs(10.0))
    night(bot)
    (over,) = bot.stage.issues()

    bot.stage.disk.commit("main", costs(10.01))
    night(bot)
    assert bot.stage.issues() == [over]

    bot.stage.disk.commit("main", costs(12.0))
    night(bot)
    (again,) = bot.stage.issues()
    assert (again.number, again.open) == (over.number, True)


def test_a_new_baseline_closes_the_issue_about_the_old_one(bot: Bot) -> None:
    origin = declared(bot)
    accepted(bot, origin)
    slower = bot.stage.disk.commit("main", costs(13.0))
    night(bot)

    accepted(bot, slower)
    night(bot)

    (issue,) = bot.stage.issues()
    assert not issue.open
    assert "another one is accepted" in issue.body


def test_a_loss_within_the_declared_ratchet_opens_no_issue(bot: Bot) -> None:
    lenient = TIGHT.replace("    runs_on:", "    ratchet: {max_cumulative_drop: 0.2}\n    runs_on:")
    origin = declared(bot, NIGHTLY, lenient)
    accepted(bot, origin)
    bot.stage.disk.commit("main", costs(11.2))

    night(bot)

    assert bot.stage.issues() == []


def test_each_runner_measures_the_tip_against_itself_for_its_certificate(bot: Bot) -> None:
    declared(bot, 'nightly: {cron: "0 3 * * *", null_runs: 1}\n')
    alive(bot, "ada", "bob")

    night(bot)

    name = bot.stage.repository.name
    assert [one.runner for one in bot.services.nulls.sessions(name, "core")] == ["ada", "bob"]
    runs = bot.runs_of(head_of(bot, "main"))
    assert runs["highwater / null run of core on ada"].conclusion is Conclusion.SUCCESS
    assert (
        runs["highwater / nightly null runs"].title == "Null runs: 0 false alarms in 4 comparisons"
    )


def test_the_suites_of_the_night_are_compared_with_what_the_last_night_measured(bot: Bot) -> None:
    suites = declared_for_nights()
    declared(bot, 'nightly: {cron: "0 3 * * *"}\n', suites)
    night(bot)
    before = head_of(bot, "main")
    bot.stage.disk.commit("main", costs(10.2))
    tip = bot.stage.disk.commit("main", costs(14.0))

    night(bot)

    order = bot.orders[-1]
    assert (order.base, order.head) == (before, tip)
    assert bot.runs_of(tip)["highwater / nightly"].conclusion is Conclusion.NEUTRAL


def earlier_night(bot: Bot, name: str, head: str, ended: RunStatus) -> None:
    """Have a night behind us that came to *head*, and whose run ended so."""
    check = check_record(name, repository=bot.stage.repository.name, head=head, ref="main")
    check = msgspec.structs.replace(
        check, pull_request=None, kind="nightly", opened_utc=bot.clock.now()
    )
    store, run = bot.services.checks, run_record(f"{name}-1", name)
    store.open_check(check, [run])
    store.set_run_status(run.run, ended)
    store.conclude(check.id)
    bot.clock.time += DAY


def compared_with(bot: Bot) -> str:
    """Begin a night; gives what it compares the tip with."""
    begin_night(bot, "next")
    (check,) = bot.services.checks.running_checks()
    return check.base


def test_a_night_whose_runs_were_lost_has_measured_nothing_to_compare_with(bot: Bot) -> None:
    first = declared(bot, 'nightly: {cron: "0 3 * * *"}\n', declared_for_nights())
    lost = bot.stage.disk.commit("main", costs(11.0))
    bot.stage.disk.commit("main", costs(12.0))
    earlier_night(bot, "n1", first, RunStatus.REPORTED)
    earlier_night(bot, "n2", lost, RunStatus.LOST)

    assert compared_with(bot) == first


def test_where_a_forced_push_took_the_last_nights_commit_the_one_before_the_tip_is_taken(
    bot: Bot,
) -> None:
    parent = declared(bot, 'nightly: {cron: "0 3 * * *"}\n', declared_for_nights())
    bot.stage.disk.commit("main", costs(12.0))
    earlier_night(bot, "n1", "ab" * 20, RunStatus.REPORTED)

    assert compared_with(bot) == parent


def declared_for_nights() -> str:
    return TIGHT.replace("    runs_on:", "    when: [pull_request, nightly]\n    runs_on:")


def test_a_pull_request_that_is_measured_in_full_is_paired_too_and_told_alone(bot: Bot) -> None:
    origin = declared(bot)
    accepted(bot, origin)
    number = opened(bot, "slow", costs(12.0))
    bot.stage.set_role("ann", Role.TRIAGE)

    bot.post(bot.stage.label(number, "highwater:full", "ann"))
    bot.work_off()
    bot.collect()

    runs = bot.runs_of(head_of(bot, "slow"))
    assert runs[f"highwater / core (linux) against {origin[:7]}"].conclusion is Conclusion.NEUTRAL
    assert runs["highwater"].conclusion is Conclusion.FAILURE
    assert bot.stage.issues() == []
    assert not (bot.services.state_dir / "candidates").exists()
