"""``highwater null`` as a person uses it, and what it changes for ``highwater check``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, text

from bot.null_runs import NullWish, null_runs
from bot.store.engine import open_database, writing
from bot.store.nulls import NullStore
from engine.orders import RunOrder, RunReport
from tests.fakes.bot_stage import BENCH, CONFIGURATION, FILES
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.database import database, database_url
from tests.fakes.evidence import benchmarked, pairs, report
from tests.fakes.worktrees import WorkTree

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

LINT = """\
  lint:
    kind: command
    command: ["true"]
    runs_on: [linux]
"""


@dataclass(frozen=True)
class Desk:
    """A repository and a state directory of one person."""

    tree: WorkTree
    state: Path
    cache: Path

    def run(self, command: str, *more: str) -> CommandResult:
        places = {"--repo": self.tree.directory, "--state-dir": self.state}
        flags = [str(part) for each in places.items() for part in each]
        return run_cli(command, *flags, "--cache-dir", str(self.cache), *more)

    def null(self, *more: str) -> dict[str, Any]:
        done = self.run("null", "--format", "json", *more)
        assert done.code == 0, done.stderr
        (found,) = json.loads(done.stdout)["runs"]
        return dict(found)


def desk_of(folder: Path, files: dict[str, str], cache: Path) -> Desk:
    return Desk(WorkTree.create(folder / "strategies", files), folder / "state", cache)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "environment-cache"


@pytest.fixture
def tree(tmp_path: Path) -> WorkTree:
    return WorkTree.create(tmp_path / "shared", FILES)


@pytest.fixture
def desk(tmp_path: Path, cache: Path) -> Desk:
    return desk_of(tmp_path, {**FILES, ".highwater.yml": CONFIGURATION + LINT}, cache)


@dataclass(frozen=True)
class Certified:
    """Two null runs, and the checks before and after them."""

    before: str
    first: dict[str, Any]
    second: dict[str, Any]
    after: str


@pytest.fixture(scope="module")
def certified(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Certified:
    desk = desk_of(tmp_path_factory.mktemp("certified"), FILES, cache)
    desk.tree.write({"work.py": FILES["work.py"] + "# the same\n"})
    before = desk.run("check").stdout
    assert not (desk.state / "highwater.db").exists()
    first, second = desk.null(), desk.null()
    # What was begun without a certificate goes on without: another state of the code begins anew.
    desk.tree.write({"work.py": FILES["work.py"] + "# still the same\n"})
    return Certified(before, first, second, desk.run("check").stdout)


def test_before_the_first_null_run_nothing_is_known(certified: Certified) -> None:
    assert "not yet certified" in certified.before
    assert "not measured yet" in certified.before


def test_a_null_run_tells_each_case(certified: Certified) -> None:
    rows = [(row["case"], row["outcome"], row["sessions"]) for row in certified.first["rows"]]
    assert rows == [("parse", "pass", 1), ("price", "pass", 1)]


def test_false_alarms_are_counted_over_sessions(certified: Certified) -> None:
    assert certified.first["false_alarms"]["comparisons"] == 2
    assert certified.second["false_alarms"]["comparisons"] == 4
    assert certified.second["false_alarms"]["at_most"] == pytest.approx(0.5271, abs=1e-4)


def test_the_next_check_is_certified_with_the_measured_rate(certified: Certified) -> None:
    assert "Certified" in certified.after
    assert "0 of 4 null comparisons" in " ".join(certified.after.split())


def test_without_a_name_all_benchmarks_are_measured_and_nothing_else(desk: Desk) -> None:
    done = desk.run("null")
    assert (done.code, "core on" in done.stdout, "lint" in done.stdout) == (0, True, False)
    assert (
        "False alarms in 30 days: 0 of 2 null comparisons (at most 78 %, at 95 %)." in done.stdout
    )


def test_sessions_of_a_repository_at_a_forge_are_kept_under_its_name(desk: Desk) -> None:
    assert desk.null("--repository", "ada/strategies")["repository"] == "ada/strategies"
    assert desk.null()["false_alarms"]["comparisons"] == 2


def test_a_name_that_is_none_is_wrong_usage(desk: Desk) -> None:
    assert desk.run("null", "--repository", "strategies").code == 2


@pytest.mark.parametrize(
    "arguments,problem",
    [
        (("nope",), "has no suite 'nope'; there are: core, lint."),
        (("lint",), "'lint' is a suite of kind command: it has no null run."),
        (("--rev", "nope"), "'nope' is not a commit"),
    ],
)
def test_what_cannot_be_measured_is_a_clear_error(
    desk: Desk, arguments: tuple[str, ...], problem: str
) -> None:
    done = desk.run("null", *arguments)
    assert (done.code, problem in done.stderr) == (5, True)


def test_a_repository_without_benchmarks_has_nothing_to_certify(
    tmp_path: Path, cache: Path
) -> None:
    files = {".highwater.yml": f"version: 1\nsuites:\n{LINT}"}
    done = desk_of(tmp_path, files, cache).run("null")
    assert (done.code, "no suite of kind benchmark" in done.stderr) == (5, True)


def test_code_that_fails_stores_nothing(tmp_path: Path, cache: Path) -> None:
    desk = desk_of(tmp_path, {**FILES, "bench.py": "raise SystemExit(3)\n"}, cache)
    done = desk.run("null", "--format", "json")
    (found,) = json.loads(done.stdout)["runs"]
    assert (done.code, found["stored"], found["false_alarms"]) == (1, False, None)


def test_code_that_fails_is_told_with_its_last_words_and_stops_no_other_suite(
    tmp_path: Path, cache: Path
) -> None:
    bad = "import sys\nprint('Traceback', file=sys.stderr)\nraise ValueError('boom')\n"
    second = CONFIGURATION.partition("suites:\n")[2].replace("core:", "aged:")
    second = second.replace("bench.py", "bad.py")
    files = {**FILES, "bad.py": bad, ".highwater.yml": CONFIGURATION + second}
    done = desk_of(tmp_path, files, cache).run("null")
    assert done.code == 1
    assert "ValueError: boom" in done.stdout
    assert "merge base" not in done.stdout
    assert "False alarms in 30 days: 0 of 2 null comparisons" in done.stdout


def test_null_runs_of_two_machines_in_one_second_are_two_sessions(
    tree: WorkTree, database: Engine
) -> None:
    commit = tree.tip()
    nulls = NullStore(database)
    wish = NullWish(directory=tree.directory)
    for runner in ("bench-a", "bench-b"):

        def carry(order: RunOrder, _bundle: Path, name: str = runner) -> RunReport:
            made = report(order, benchmarked(pairs({"a": 1.0})))
            return msgspec.structs.replace(made, runner=name)

        (run,) = null_runs(wish, nulls, carry, NOW)
        assert run.session is not None
        assert (run.session.runner, run.session.commit) == (runner, commit)


def test_a_suite_without_a_case_has_nothing_to_compare(tmp_path: Path, cache: Path) -> None:
    empty = BENCH.replace("for name, cost in CASES.items()", "for name, cost in ()")
    desk = desk_of(tmp_path, {**FILES, "bench.py": empty}, cache)
    done = desk.run("null")
    assert (done.code, "nothing was stored" in done.stdout) == (4, True)


def test_a_database_of_another_version_is_not_touched_by_null_and_not_needed_by_check(
    desk: Desk,
) -> None:
    desk.state.mkdir(mode=0o700)
    url = f"sqlite:///{desk.state / 'highwater.db'}"
    database = open_database(url)
    with writing(database) as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num TEXT)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    database.dispose()
    refused = desk.run("null")
    desk.tree.write({"work.py": FILES["work.py"] + "# the same\n"})
    checked = desk.run("check", "--suite", "lint")
    assert (refused.code, "9999" in refused.stderr) == (5, True)
    assert (checked.code, "without certificates" in checked.stderr) == (0, True)
