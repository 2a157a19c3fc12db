"""``highwater history`` over a real repository and a real database."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.git import git
from bot.history_watch import commits_since
from bot.mirror import Mirror
from bot.store.checks import CheckStore
from engine.history import Bracket
from engine.settling import StepState, unsettleable
from tests.fakes.bot_stage import FILES, SLOWER
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.git_repositories import PERSON
from tests.fakes.histories import commit, hypothesis, point, settlement
from tests.fakes.stored_histories import NAME, Remembered
from tests.integration.bot.store.test_checks import check_record
from tests.unit.engine.test_debts import debt

LEVELS = (0.0100, 0.0145)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "environment-cache"


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Remembered]:
    made = Remembered.create(tmp_path, FILES)
    yield made
    made.database.dispose()


def history(known: Remembered, command: str, *more: str) -> CommandResult:
    places = ("--repo", str(known.tree.directory), "--state-dir", str(known.state))
    return run_cli("history", command, *places, *more)


def test_the_series_is_shown_commit_by_commit(known: Remembered) -> None:
    commits = known.step(LEVELS, {})
    done = history(known, "show")
    lines = done.stdout.splitlines()
    assert (done.code, lines[0].rstrip()) == (0, "core · parse (wall), on hardware ffffffff")
    assert [line.split()[0] for line in lines[2:] if line.strip()] == [one[:10] for one in commits]
    assert "10 ms" in lines[2]


def test_json_stands_alone_and_holds_every_level(known: Remembered) -> None:
    known.step(LEVELS, {})
    done = history(known, "show", "--format", "json")
    (series,) = json.loads(done.stdout)["series"]
    assert (len(series["levels"]), series["case"]) == (36, "parse")


@pytest.mark.parametrize("command", ["show", "changepoints"])
def test_a_suite_that_nothing_is_stored_of_is_told_with_the_known_ones(
    known: Remembered, command: str
) -> None:
    known.step(LEVELS, {})
    done = history(known, command, "--suite", "cores")
    assert done.code == 5
    assert "nothing is stored of a suite 'cores'; there are: core." in done.stderr


def test_too_few_commits_are_told_from_no_step(known: Remembered) -> None:
    known.history.store(NAME, [point(0, 1.0, commit=known.tree.tip())])
    done = history(known, "changepoints")
    assert (done.code, "Too few commits" in done.stdout, "(1 of 6)" in done.stdout) == (
        3,
        True,
        True,
    )
    assert history(known, "changepoints", "--strict").code == 1


def test_a_database_that_is_broken_inside_is_named_with_what_to_do(known: Remembered) -> None:
    known.step(LEVELS, {})
    file = known.state / "highwater.db"
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = database.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'history_points'"
        ).fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    database.close()
    known.database.dispose()
    with file.open("r+b") as raw:
        raw.seek((page - 1) * size)
        raw.write(b"\xff" * size)
    done = history(known, "show")
    assert (done.code, str(file) in done.stderr, "backup" in done.stderr) == (5, True, True)


def confirmed(known: Remembered) -> list[str]:
    commits = known.step(LEVELS, {})
    place: dict[str, Any] = {"before": commits[17], "after": commits[18]}
    known.settlings.add(NAME, [hypothesis(**place)], [settlement(**place)], NOW)
    return commits


@pytest.mark.parametrize("place,code", [(17, 1), (18, 0)])
def test_steps_up_to_a_commit_can_be_left_out(known: Remembered, place: int, code: int) -> None:
    commits = confirmed(known)
    done = history(known, "changepoints", "--since", commits[place])
    said = f"Since {commits[place]}: {1 - code} older step"
    assert (done.code, said in done.stdout) == (code, True)


def test_steps_of_the_last_days_are_asked_for_by_a_number(known: Remembered) -> None:
    confirmed(known)
    done = history(known, "changepoints", "--since", "99999")
    assert (done.code, "Since 99999 days: 0 older steps" in done.stdout) == (1, True)


def test_of_the_last_days_are_commits_by_their_own_time(known: Remembered) -> None:
    tree, made = known.tree.directory, []
    for day in ("2001-01-01T00:00:00Z", f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"):
        times = {"GIT_COMMITTER_DATE": day, "GIT_AUTHOR_DATE": day}
        git(tree, "commit", "--quiet", "--allow-empty", "-m", day, environ={**PERSON, **times})
        made.append(known.tree.tip())
    assert commits_since(Mirror(tree), made[-1], "30") == {made[-1]}
    assert commits_since(Mirror(tree), made[-1], made[0]) == {made[-1]}


def test_an_unknown_revision_to_begin_with_is_told(known: Remembered) -> None:
    confirmed(known)
    done = history(known, "changepoints", "--since", "v9")
    assert (done.code, "'v9' is not a commit" in done.stderr) == (5, True)


def test_of_a_repository_that_nobody_measured_there_is_nothing(known: Remembered) -> None:
    known.history.store(NAME, [point(0, 1.0, commit=commit(7))])
    for command in ("show", "changepoints"):
        done = history(known, command)
        assert (done.code, "Nothing of this history" in done.stdout) == (4, True)


def test_without_a_database_the_remedy_is_told(known: Remembered, tmp_path: Path) -> None:
    done = run_cli(
        "history", "show", "--repo", str(known.tree.directory), "--state-dir", str(tmp_path / "no")
    )
    assert (done.code, "there is no database" in done.stderr) == (5, True)
    assert "`highwater null` here to begin a history" in done.stderr


def test_a_step_that_is_not_settled_cannot_be_told(known: Remembered) -> None:
    commits = known.step(LEVELS, {})
    done = history(known, "changepoints")
    assert done.code == 3
    assert f"seems to step between {commits[17][:10]} and {commits[18][:10]}" in done.stdout
    assert "%" not in done.stdout


def test_strictly_what_is_not_settled_is_a_failure(known: Remembered) -> None:
    known.step(LEVELS, {})
    assert history(known, "changepoints", "--strict").code == 1


def test_a_confirmed_worsening_ends_with_1_and_is_a_remark(known: Remembered) -> None:
    commits = known.step(LEVELS, {})
    place: dict[str, Any] = {"before": commits[17], "after": commits[18]}
    known.settlings.add(NAME, [hypothesis(**place)], [settlement(**place)], NOW)
    done = history(known, "changepoints", "--format", "github")
    assert done.code == 1
    assert "::warning::❌ core · parse (wall)" in done.stdout


def test_a_refuted_step_is_no_step(known: Remembered) -> None:
    commits = known.step(LEVELS, {})
    for number, (before, after) in enumerate(((17, 18), (14, 21))):
        place: dict[str, Any] = {"before": commits[before], "after": commits[after]}
        nothing = {"change": 0.0, "low": -0.01, "high": 0.01, "run": f"settle-{number}"}
        answer = settlement(StepState.REFUTED, **nothing, **place)
        known.settlings.add(NAME, [hypothesis(**place)], [answer], NOW)
    done = history(known, "changepoints")
    assert (done.code, "not confirmed by pairing" in done.stdout) == (0, True)


def test_settling_measures_here_and_stores_the_answer(known: Remembered, cache: Path) -> None:
    known.step(LEVELS, {"work.py": SLOWER})
    done = history(known, "changepoints", "--settle", "--cache-dir", str(cache))
    assert done.code == 1, done.stderr
    (found,) = known.settlings.settlements(NAME)
    assert (found.state, found.suite, found.case) == (StepState.CONFIRMED, "core", "parse")
    assert "confirmed" in done.stderr
    again = history(known, "changepoints")
    assert (again.code, "steps between" in again.stdout) == (1, True)


def test_settling_leaves_the_repository_alone(known: Remembered, cache: Path) -> None:
    known.step(LEVELS, {"work.py": SLOWER})
    before = known.tree.state()
    history(known, "changepoints", "--settle", "--cache-dir", str(cache))
    assert known.tree.state() == before


def test_the_ledger_shows_what_was_merged_and_what_it_comes_to(known: Remembered) -> None:
    known.step(LEVELS, {})
    known.merge({}, "Nicer parser (#12)")
    known.merge({}, "Nicer prices (#14)")
    known.owe(debt(12), debt(14), debt(15))
    done = history(known, "show", "--debts")
    assert done.stdout.splitlines() == [
        "core · parse (wall, on ffffffff): recorded losses come to +2.0 % (+1.3 to +2.7 %)",
        "  PR 12: +1.0 % (+0.5 to +1.5 %), real but small",
        "  PR 14: +1.0 % (+0.5 to +1.5 %), real but small",
    ]


def test_an_empty_ledger_is_told_from_none(known: Remembered) -> None:
    known.step(LEVELS, {})
    without = history(known, "show", "--debts")
    assert (without.code, "No ledger" in without.stdout) == (4, True)
    CheckStore(known.database).open_check(check_record("c1", repository=NAME), ())
    empty = history(known, "show", "--debts")
    assert (empty.code, "no loss of what was merged" in empty.stdout) == (0, True)


def test_settling_asks_again_what_no_runner_measured(known: Remembered, cache: Path) -> None:
    commits = known.step(LEVELS, {"work.py": SLOWER})
    place: dict[str, Any] = {"before": commits[17], "after": commits[18]}
    bracket = Bracket(**place)
    gone = unsettleable(hypothesis(**place), bracket, "settle-0", "2026-11-20T12:00:00Z", "gone")
    wide = Bracket(before=commits[14], after=commits[21])
    more = unsettleable(hypothesis(**place), wide, "settle-1", "2026-11-20T12:00:00Z", "gone")
    for one in (gone, more):
        known.settlings.add(NAME, [hypothesis(**place)], [one], NOW)
    before = history(known, "changepoints")
    assert (before.code, "not measured in pairs: gone" in before.stdout) == (3, True)
    done = history(known, "changepoints", "--settle", "--cache-dir", str(cache))
    assert (done.code, "steps between" in done.stdout) == (1, True), done.stderr


def test_one_run_settles_every_case_of_a_commit(known: Remembered, cache: Path) -> None:
    known.step(LEVELS, {"work.py": SLOWER})
    twin = [
        msgspec.structs.replace(one, case="price", run=f"{one.run}-2")
        for one in known.history.points(NAME)
    ]
    known.history.store(NAME, twin)
    done = history(known, "changepoints", "--settle", "--cache-dir", str(cache))
    parse, price, *_ = known.settlings.settlements(NAME)
    assert done.code == 1, done.stderr
    assert (parse.case, price.case, parse.run == price.run) == ("parse", "price", True)
    assert (parse.state, price.state) == (StepState.CONFIRMED, StepState.REFUTED)
