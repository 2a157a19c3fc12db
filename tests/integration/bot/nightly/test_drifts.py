"""Which issues go when baselines change, and what one says of rows that a night could not tell."""

from __future__ import annotations

import logging
from typing import Any

import msgspec
import pytest

from bot.mirror import Mirror
from bot.nightly.drift_issues import Pairing
from bot.nightly.drifts import close_outdated, watch_drifts
from bot.nightly.marks import Mark, Marks
from bot.ports import OpenedIssue
from engine.configuration_file import parse_configuration
from engine.findings import Finding, Reason
from engine.values import CommitSha, Outcome
from tests.fakes.bot_stage import Bot, head_of
from tests.fakes.findings import row, suite_of, verdict_of
from tests.fakes.nights import BASELINE, DAY, TIGHT, accepted, begin_night, costs, declared, merged
from tests.integration.bot.store.test_checks import check_record

HERE, THERE = "f" * 16, "e" * 16


def slower(case: str = "parse", **fields: Any) -> Finding:
    values = {"change": 0.12, "low": 0.10, "high": 0.14, "case": case, **fields}
    return row(Reason.OVER_BUDGET, Outcome.REGRESSION, **values)


def mark(commit: str, *cases: str, **fields: Any) -> Mark:
    values = {"file": BASELINE, "recorded": "2026-11-01", "suites": ("core", "io"), **fields}
    return Mark(commit=CommitSha(commit), cases=frozenset(cases), **values)


def seen(
    bot: Bot, against: Mark, *findings: Finding, suite: str = "core", fingerprint: str = HERE
) -> None:
    """Let a night see *findings* of a suite when it has paired main with a mark."""
    tip = CommitSha(head_of(bot, "main"))
    check = check_record(
        "c1", repository=bot.stage.repository.name, head=tip, base=against.commit, target=tip
    )
    installation = bot.stage.repository.installation
    check = msgspec.structs.replace(check, installation=installation, pull_request=None)
    pairing = Pairing(
        check=check,
        mark=against,
        configuration=parse_configuration(TIGHT.encode()).configuration,
        mirror=Mirror(bot.stage.disk.directory),
    )
    found = suite_of(*findings, suite=suite, fingerprint=fingerprint)
    watch_drifts(bot.services, pairing, verdict_of(found))


def tidied(bot: Bot, *marks: Mark, unread: tuple[str, ...] = ()) -> list[OpenedIssue]:
    """Let a night begin with these marks; gives the issues that are still open."""
    stored, tip = Marks(marks=marks, unread=unread), CommitSha(head_of(bot, "main"))
    close_outdated(bot.services, bot.stage.repository, stored, tip)
    return [issue for issue in bot.stage.issues() if issue.open]


@pytest.fixture
def origin(bot: Bot) -> str:
    """Give a commit that main has left behind."""
    before = head_of(bot, "main")
    bot.stage.disk.commit("main", costs(12.0))
    return before


def test_a_baseline_that_cannot_be_read_closes_no_issue(
    bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    origin = declared(bot)
    accepted(bot, origin)
    seen(bot, mark(origin, "parse"), slower())
    bot.stage.disk.commit("main", {BASELINE: b"<<<<<<< ours\n"})
    repository = bot.stage.repository

    begin_night(bot, "nightly-1")

    (issue,) = bot.stage.issues()
    assert issue.open
    assert [one.status for one in bot.services.drifts.of_repository(repository.name)] == ["open"]
    assert "drifts_left_open" in caplog.messages


def test_a_new_level_of_one_suite_closes_the_issue_of_that_suite_alone(
    bot: Bot, origin: str
) -> None:
    both = mark(origin, "parse", "read")
    seen(bot, both, slower("parse"), suite="core")
    seen(bot, both, slower("read"), suite="io")

    (left,) = tidied(bot, mark(origin, "read"), mark(head_of(bot, "main"), "parse"))

    assert "Drift in io" in left.title


def test_a_new_level_of_one_hardware_lets_go_of_its_row_alone(bot: Bot, origin: str) -> None:
    old = mark(origin, "parse")
    seen(bot, old, slower(), fingerprint=HERE)
    seen(bot, old, slower(), fingerprint=THERE)
    moved = mark(origin, "parse", elsewhere=frozenset({(THERE, "parse")}))

    (issue,) = tidied(bot, moved)
    seen(bot, moved, slower(), fingerprint=HERE)

    (shown,) = bot.stage.issues()
    assert (shown.number, shown.open) == (issue.number, True)
    assert THERE[:8] in issue.body
    assert THERE[:8] not in shown.body


def test_what_hardware_has_a_newer_level_for_is_not_held_to_the_older_one(
    bot: Bot, origin: str
) -> None:
    moved = mark(origin, "parse", elsewhere=frozenset({(HERE, "parse")}))

    seen(bot, moved, slower(), fingerprint=HERE)

    assert bot.stage.issues() == []


def test_an_issue_whose_levels_are_all_gone_is_closed(bot: Bot, origin: str) -> None:
    seen(bot, mark(origin, "parse"), slower())

    assert tidied(bot, mark(head_of(bot, "main"), "parse")) == []


def test_a_row_that_a_night_could_not_tell_is_shown_with_its_day(bot: Bot, origin: str) -> None:
    old = mark(origin, "parse", "price")
    seen(bot, old, slower("parse"), slower("price"))
    bot.clock.time += DAY

    seen(bot, old, slower("parse", change=0.13), row(Reason.CANNOT_TELL, case="price"))

    (issue,) = bot.stage.issues()
    rows = {line.split("`")[1]: line for line in issue.body.splitlines() if line.startswith("| `")}
    assert "as of" not in rows["parse"]
    assert "+12.0 % (+10.0 to +14.0 %), as of 2026-11-20 |" in rows["price"]


def test_whose_losses_are_of_other_cases_is_not_named(bot: Bot, origin: str) -> None:
    merged(bot, 7, 12.1)  # a loss of parse
    seen(bot, mark(origin, "price"), slower("price"))
    (without,) = bot.stage.issues()

    seen(bot, mark(origin, "parse", "price"), slower("parse"), slower("price"))

    (named,) = bot.stage.issues()
    assert ("PR 7" in without.body, "PR 7" in named.body) == (False, True)


def test_a_loss_is_won_back_whichever_clock_tells_it(bot: Bot, origin: str) -> None:
    old = mark(origin, "parse")
    seen(bot, old, slower(metric="cpu", clock="cpu"))

    within = {"change": 0.001, "low": -0.002, "high": 0.004, "metric": "wall", "clock": "wall"}
    seen(bot, old, row(Reason.WITHIN_BUDGET, Outcome.PASS, case="parse", **within))

    (issue,) = bot.stage.issues()
    assert not issue.open


def test_a_loss_that_may_still_be_over_its_limit_keeps_the_issue_open(
    bot: Bot, origin: str
) -> None:
    old = mark(origin, "parse")
    seen(bot, old, slower())

    seen(bot, old, slower(change=0.04, low=0.01, high=0.07))

    (issue,) = bot.stage.issues()
    assert issue.open
