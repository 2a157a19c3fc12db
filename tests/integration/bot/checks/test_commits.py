"""Checks of commits that belong to no pull request: pushed, grouped, nightly."""

from __future__ import annotations

import msgspec
import pytest

from bot.checks.commits import CommitRequest, abandon_commit_check, start_commit_check
from bot.checks.supersede import stop_work
from bot.ports import CheckRun, Conclusion
from bot.store.checks import CheckRecord
from engine.findings import VerdictKind
from engine.values import CommitSha
from tests.fakes.bot_stage import CONFIGURATION, SLOWER, Bot, bot, head_of
from tests.fakes.forge_stage import stage
from tests.fakes.scripted import scripted

__all__ = ["bot", "stage"]
pytestmark = pytest.mark.parametrize("stage", ["local"], indirect=True)

SUITE = "highwater / core (linux)"
SLOW = {"parse": 1.45, "price": 1.0}
SAME = {"parse": 1.0, "price": 1.0}
PUSHED = CONFIGURATION.replace("    paths:", "    when: [pull_request, push, nightly]\n    paths:")


def asked(bot: Bot, kind: VerdictKind = "push", **changes: object) -> CommitRequest:
    """Ask for the tip of main to be compared with the commit before it."""
    request = CommitRequest(
        repository=bot.stage.repository,
        kind=kind,
        head=CommitSha(head_of(bot, "main")),
        ref="main",
        base_ref="main",
        cause="delivery-1",
        events=("pull_request",) if kind == "merge_group" else (kind,),  # type: ignore[arg-type]
    )
    return msgspec.structs.replace(request, **changes)


def merged(bot: Bot, files: dict[str, str]) -> CommitSha:
    """Let main declare suites for every event, then change."""
    bot.stage.disk.commit("main", {".highwater.yml": PUSHED})
    return CommitSha(bot.stage.disk.commit("main", files))


def worked_off(bot: Bot, effects: dict[str, float], request: CommitRequest) -> dict[str, CheckRun]:
    scripted(bot, {"runner-1": effects})
    start_commit_check(bot.services, request)
    bot.measure()
    bot.collect()
    return bot.runs_of(request.head)


def orders_of(bot: Bot, check: CheckRecord | None) -> list[tuple[str, str, str]]:
    assert check is not None
    runs = bot.services.checks.runs(check.id)
    return [(run.order.suite_name, run.order.base, run.lane) for run in runs]


def test_a_push_is_compared_with_what_was_there_before(bot: Bot) -> None:
    before = head_of(bot, "main")
    merged(bot, {"work.py": SLOWER})
    shown = worked_off(bot, SLOW, asked(bot, base=before))
    assert {run.conclusion for run in shown.values()} == {Conclusion.FAILURE}
    assert shown[SUITE].actions == ()
    # A pull request of the same head may require `highwater`: a push does not answer for it.
    assert set(shown) == {"highwater / push", SUITE}
    assert bot.orders[0].base == before


def test_without_a_commit_before_it_is_compared_with_its_first_parent(bot: Bot) -> None:
    parent = bot.stage.disk.commit("main", {".highwater.yml": PUSHED})
    bot.stage.disk.commit("main", {"work.py": SLOWER})
    check = start_commit_check(bot.services, asked(bot))
    assert orders_of(bot, check) == [("core", parent, "pr")]


def test_a_push_that_no_suite_is_for_shows_nothing(bot: Bot) -> None:
    bot.stage.disk.commit("main", {"work.py": SLOWER})
    assert start_commit_check(bot.services, asked(bot)) is None
    assert bot.runs_of(head_of(bot, "main")) == {}
    assert bot.services.checks.running_checks() == ()


def test_a_merge_group_that_touches_nothing_measured_ends_skipped(bot: Bot) -> None:
    bot.stage.disk.commit("main", {"README.md": "Words.\n"})
    start_commit_check(bot.services, asked(bot, "merge_group"))
    shown = bot.runs_of(head_of(bot, "main"))
    assert (shown["highwater"].status, shown["highwater"].conclusion) == (
        "completed",
        Conclusion.SKIPPED,
    )


def test_a_merge_group_is_required_like_a_pull_request(bot: Bot) -> None:
    bot.stage.disk.commit("main", {"work.py": SLOWER})
    shown = worked_off(bot, SLOW, asked(bot, "merge_group"))
    assert shown["highwater"].conclusion is Conclusion.FAILURE


def test_what_regressed_overnight_warns_and_fails_nothing(bot: Bot) -> None:
    merged(bot, {"work.py": SLOWER})
    shown = worked_off(bot, SLOW, asked(bot, "nightly", lane="nightly"))
    assert {name: run.conclusion for name, run in shown.items()} == {
        "highwater / nightly": Conclusion.NEUTRAL,
        SUITE: Conclusion.NEUTRAL,
    }
    assert shown[SUITE].annotations
    assert {one.level for one in shown[SUITE].annotations} == {"warning"}


def test_a_nightly_run_waits_behind_pull_requests(bot: Bot) -> None:
    merged(bot, {"work.py": SLOWER})
    check = start_commit_check(bot.services, asked(bot, "nightly", lane="nightly"))
    assert [lane for _, _, lane in orders_of(bot, check)] == ["nightly"]
    assert [len(orders) for name, orders in bot.queue.waiting.items() if "nightly" in name] == [1]


def test_whole_asks_for_suites_none_of_whose_paths_changed(bot: Bot) -> None:
    merged(bot, {"README.md": "Words.\n"})
    of_paths = start_commit_check(bot.services, asked(bot, "nightly"))
    whole = start_commit_check(bot.services, asked(bot, "nightly", whole=True, cause="other"))
    assert (orders_of(bot, of_paths), len(orders_of(bot, whole))) == ([], 1)


def test_fresh_evidence_goes_on_with_nothing_that_was_measured_before(bot: Bot) -> None:
    merged(bot, {"work.py": SLOWER})
    worked_off(bot, SAME, asked(bot))
    again = start_commit_check(bot.services, asked(bot, cause="2"))
    fresh = start_commit_check(bot.services, asked(bot, cause="3", fresh=True))
    assert again is not None
    assert fresh is not None
    (pooled,), (anew,) = (bot.services.checks.runs(one.id) for one in (again, fresh))
    assert (bool(pooled.order.earlier), bool(anew.order.earlier)) == (True, False)
    assert pooled.order.seed != anew.order.seed


def test_asking_again_for_the_same_cause_goes_on_with_it(bot: Bot) -> None:
    merged(bot, {"work.py": SLOWER})
    first = start_commit_check(bot.services, asked(bot))
    assert start_commit_check(bot.services, asked(bot)) == first
    assert len(bot.queue.known) == 1


def test_one_that_is_given_up_is_not_left_in_progress(bot: Bot) -> None:
    merged(bot, {"work.py": SLOWER})
    request = asked(bot)
    start_commit_check(bot.services, request)
    abandon_commit_check(bot.services, request)
    assert {run.status for run in bot.runs_of(request.head).values()} == {"completed"}
    assert bot.services.checks.running_checks() == ()


def test_a_push_that_has_suites_of_another_tier_alone_says_so(bot: Bot) -> None:
    full = PUSHED.replace("kind: benchmark", "tiers: [full]\n    kind: benchmark")
    merged(bot, {".highwater.yml": full, "work.py": SLOWER})
    start_commit_check(bot.services, asked(bot))
    shown = bot.runs_of(head_of(bot, "main"))["highwater / push"]
    assert (shown.conclusion, shown.title) == (Conclusion.SKIPPED, "Skipped: no suite for pushes")


def test_a_group_whose_end_a_process_died_over_is_not_called_a_re_run(bot: Bot) -> None:
    bot.stage.disk.commit("main", {"work.py": SLOWER})
    check = start_commit_check(bot.services, asked(bot, "merge_group"))
    assert check is not None
    stop_work(bot.services, check)

    bot.collect()

    shown = bot.runs_of(check.head)["highwater"]
    assert shown.conclusion is Conclusion.CANCELLED
    assert shown.title == "Superseded: the merge queue went on"
