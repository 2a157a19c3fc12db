"""What is expected of a merge base is what that commit, or one before it, was seen to have."""

from __future__ import annotations

import subprocess
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Engine

from bot.mirror import Mirror
from bot.ports import CheckRun, Conclusion
from bot.store.checks import CheckStore
from bot.store.nulls import NullStore
from engine.findings import SuiteVerdict, Verdict
from engine.values import CheckId, CommitSha, Side
from tests.fakes.bot_stage import BENCH, WORK, Bot, bot, head_of, opened
from tests.fakes.commit_lines import CommitLine
from tests.fakes.database import database, database_url
from tests.fakes.evidence import BASE, benchmark_order, pairs, without
from tests.fakes.forge_stage import stage
from tests.fakes.null_sessions import compared, session
from tests.integration.bot.checks.test_expected_cases import BOTH, NOW, check, ran, terms

__all__ = ["bot", "database", "database_url", "stage"]

OLDER, OLDEST, NEWER, MERGED = (CommitSha(digit * 40) for digit in "1234")
LINE = CommitLine((NEWER, BASE, MERGED, OLDER, OLDEST))
LATER = NOW + timedelta(hours=1)
MORE = "CASES = {'parse': 10.0, 'price': 5.0, 'extra': 3.0}\n"
ONE = "CASES = {'parse': 10.0}\n"
local = pytest.mark.parametrize("stage", ["local"], indirect=True)


@pytest.fixture
def store(database: Engine) -> CheckStore:
    return CheckStore(database)


def test_what_a_newer_merge_base_has_is_not_expected(store: CheckStore) -> None:
    ran(store, check("c1", pull_request=8, base=NEWER), BOTH)
    assert terms(store, line=LINE).expected_cases == ()


def test_what_a_commit_of_another_line_has_is_not_expected(store: CheckStore) -> None:
    ran(store, check("c1", pull_request=8, base=CommitSha("f" * 40)), BOTH)
    assert terms(store, line=LINE).expected_cases == ()


def test_what_an_earlier_commit_had_is_expected_and_the_commit_is_named(store: CheckStore) -> None:
    ran(store, check("c1", pull_request=8, base=OLDER), BOTH)
    found = terms(store, line=LINE)
    assert (found.expected_cases, found.expected_at) == (("a", "b"), OLDER)


def test_the_nearest_commit_counts_even_where_one_before_it_was_measured_later(
    store: CheckStore,
) -> None:
    ran(store, check("c1", pull_request=8, base=OLDER), pairs({"a": 1.0}))
    ran(store, check("c2", pull_request=9, base=OLDEST, opened_utc=LATER), BOTH)
    assert terms(store, line=LINE).expected_from == "c1-1"


def test_a_head_that_was_merged_tells_what_is_left(store: CheckStore) -> None:
    taken_out = without(BOTH, Side.HEAD, "b")
    ran(store, check("c1", pull_request=8, base=OLDER, head=MERGED), taken_out)
    found = terms(store, line=LINE)
    assert (found.expected_cases, found.expected_at) == (("a",), MERGED)


def test_a_head_that_was_measured_by_other_files_tells_nothing(store: CheckStore) -> None:
    taken_out = without(BOTH, Side.HEAD, "b")
    record = check("c1", pull_request=8, base=OLDER, head=MERGED)
    ran(store, record, taken_out, measuring_changed=("bench.py",))
    assert terms(store, line=LINE).expected_at == OLDER


def test_measuring_files_that_were_rewritten_since_are_named(store: CheckStore) -> None:
    rewritten = {(OLDER, BASE): ("README.md", "bench.py")}
    line = CommitLine(LINE.commits, rewritten)
    order = benchmark_order(measures=["bench.py", "data/**"])
    ran(store, check("c1", pull_request=8, base=OLDER), BOTH, order)
    assert terms(store, line=line).expected_rewritten == ("bench.py",)


def test_a_null_run_of_the_merge_base_says_it_best(store: CheckStore) -> None:
    ran(store, check("c1", pull_request=8), BOTH)
    nulls = NullStore(store._database)
    for day, commit in ((1, OLDER), (2, BASE), (3, NEWER)):
        case = compared(case=f"case of {commit[:1]}")
        nulls.add(session(day, case, commit=commit, repository="ada/strategies"))
    found = terms(store, line=LINE)
    assert (found.expected_cases, found.expected_from) == (("case of 9",), "null-2")


def test_git_numbers_the_commits_before_a_tip(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("line")
    made = [_commit(folder, n) for n in range(3)]
    assert Mirror(folder).distances(CommitSha(made[1])) == {made[1]: 0, made[0]: 1}


def _commit(folder: object, number: int) -> str:
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    if number == 0:
        subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "x"], check=True)
    asked = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return asked.stdout.strip()


def shown(bot: Bot, branch: str) -> CheckRun:
    return bot.runs_of(head_of(bot, branch))["highwater"]


def suite_of(bot: Bot, branch: str) -> SuiteVerdict:
    stored = bot.services.checks.verdict(CheckId(shown(bot, branch).external_id))
    assert stored is not None
    (suite,) = msgspec.json.decode(stored.document, type=Verdict).suites
    return suite


@local
def test_a_branch_made_before_a_benchmark_was_added_is_not_held_to_it(bot: Bot) -> None:
    disk = bot.stage.disk
    disk.commit("older", {"work.py": WORK + "# older\n"}, onto="main")
    disk.commit("main", {"work.py": MORE}, onto="main")
    opened(bot, "newer", {"work.py": MORE + "# newer\n"})
    bot.work_off()

    assert bot.post(bot.stage.open_pull_request("older", "main", "older")) == 202
    bot.work_off()

    assert shown(bot, "newer").conclusion is Conclusion.SUCCESS
    assert shown(bot, "older").conclusion is Conclusion.SUCCESS


@local
def test_a_case_taken_out_of_the_measuring_files_is_a_caveat_of_the_next_check(bot: Bot) -> None:
    bench = BENCH.replace("CASES.items()", "[('parse', CASES['parse'])]")
    opened(bot, "before", {"work.py": WORK + "# before\n"})
    bot.work_off()
    measured = bot.stage.forge.tip(bot.stage.repository, "main")
    bot.stage.disk.commit("main", {"bench.py": bench}, onto="main")

    opened(bot, "next", {"work.py": WORK + "# next\n"})
    bot.work_off()

    assert shown(bot, "next").conclusion is Conclusion.SUCCESS
    (caveat,) = [one for one in suite_of(bot, "next").caveats if "gone since" in one]
    assert caveat.startswith(f"price was measured at {measured[:7]} by run ")
    assert caveat.endswith("gone since the measuring files changed (bench.py)")


@local
def test_a_case_that_is_gone_otherwise_is_no_verdict_and_says_who_measured_it(bot: Bot) -> None:
    opened(bot, "before", {"work.py": WORK + "# before\n"})
    bot.work_off()
    measured = bot.stage.forge.tip(bot.stage.repository, "main")
    bot.stage.disk.commit("main", {"work.py": ONE}, onto="main")

    opened(bot, "next", {"work.py": ONE + "# next\n"})
    bot.work_off()

    check = shown(bot, "next")
    assert check.conclusion is Conclusion.ACTION_REQUIRED
    assert f"measured it at {measured[:7]}" in check.summary
    assert "highwater null core --rev" in check.summary


@local
def test_a_null_run_of_the_merge_base_gets_a_check_out_of_that(bot: Bot) -> None:
    opened(bot, "before", {"work.py": WORK + "# before\n"})
    bot.work_off()
    base = bot.stage.disk.commit("main", {"work.py": ONE}, onto="main")
    opened(bot, "next", {"work.py": ONE + "# next\n"})
    bot.work_off()

    name = bot.stage.repository.name
    bot.services.nulls.add(session(1, compared(case="parse"), commit=base, repository=name))
    bot.clock.pass_s(60)
    again = bot.stage.forge.put_check_run(bot.stage.repository, shown(bot, "next"))
    assert bot.post(bot.stage.rerequest(again)) == 202
    bot.work_off()

    assert shown(bot, "next").conclusion is Conclusion.SUCCESS
