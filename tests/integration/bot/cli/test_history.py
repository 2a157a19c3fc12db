"""``highwater history`` over a real repository and a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.settling import StepState
from tests.fakes.bot_stage import FILES, SLOWER
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.histories import commit, hypothesis, point, settlement
from tests.fakes.stored_histories import NAME, Remembered
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


def test_another_suite_has_no_series(known: Remembered) -> None:
    known.step(LEVELS, {})
    done = history(known, "show", "--suite", "other")
    assert (done.code, "Nothing of this history" in done.stdout) == (4, True)


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
    place = {"before": commits[17], "after": commits[18]}
    known.settlings.add(NAME, [hypothesis(**place)], [settlement(**place)], NOW)
    done = history(known, "changepoints", "--format", "github")
    assert done.code == 1
    assert "::warning::❌ core · parse (wall)" in done.stdout


def test_a_refuted_step_is_no_step(known: Remembered) -> None:
    commits = known.step(LEVELS, {})
    for number, (before, after) in enumerate(((17, 18), (14, 21))):
        place = {"before": commits[before], "after": commits[after]}
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


def test_an_empty_ledger_is_said_so(known: Remembered) -> None:
    known.step(LEVELS, {})
    assert "no loss of what was merged" in history(known, "show", "--debts").stdout
