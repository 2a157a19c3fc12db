"""The demonstration's repository: what its branches are said to do, they really do."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from bot.demo.build import Demonstration, build, shipped_branches
from bot.git import git
from engine.configuration_file import parse_configuration
from engine.perf_budgets import parse_perf_budget
from engine.sweep.spec import parse_sweep_spec
from engine.values import ExitCode
from tests.fakes.cli import run_cli
from worker.suites.bench import Bench, run_bench
from worker.sweep_files import load_current_data, read_rows

BRANCHES = ("slower", "docs", "refactor")


def _nothing_recorded(tree: Path) -> None:
    del tree


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    bare = tmp_path_factory.mktemp("demo") / "trading-research.git"
    return build(bare, shipped_branches(), _nothing_recorded)


@pytest.fixture(scope="module")
def trees(built: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("trees")
    for name in ("main", *BRANCHES):
        git(built.directory, "worktree", "add", "--quiet", "--detach", str(root / name), name)
    return {name: root / name for name in ("main", *BRANCHES)}


def _python(tree: Path, *arguments: str) -> str:
    environ = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, *arguments]
    finished = subprocess.run(
        command, cwd=tree, env=environ, capture_output=True, text=True, timeout=120, check=True
    )
    return finished.stdout + finished.stderr


@pytest.fixture(scope="module")
def swept(
    trees: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Sweep a branch's tree, once, and give the folder of what was found."""
    out = tmp_path_factory.mktemp("sweeps")

    @cache
    def sweep(name: str) -> Path:
        done = run_cli(
            "sweep", str(trees[name] / "sweeps/trend.yaml"), "--out", str(out / name)
        )  # fmt: skip
        assert done.code == ExitCode.WITHIN_BUDGET, done.stderr
        return out / name

    return sweep


def _fastest(tree: Path) -> dict[str, float]:
    """Seconds of the fastest of all samples of three launches, by case."""
    suites = parse_configuration((tree / ".highwater.yml").read_bytes()).configuration.suites
    fastest: dict[str, float] = {}
    environ = {"PATH": os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))}
    speed = {"speed": suites["speed"]}
    for launch in run_bench(Bench(suites=speed, root=tree, environ=environ, launches=3)):
        if launch.metric == "cpu":
            known = fastest.get(launch.case, float("inf"))
            fastest[launch.case] = min(known, *launch.samples)
    return fastest


def test_the_same_files_make_the_same_commits(built: Demonstration, tmp_path: Path) -> None:
    again = build(tmp_path / "again.git", shipped_branches(), _nothing_recorded)

    assert (again.main, again.heads) == (built.main, built.heads)


def test_what_is_recorded_is_on_main_and_on_every_branch(tmp_path: Path) -> None:
    def record(tree: Path) -> None:
        (tree / "benchmarks" / "baseline.json").write_text("{}")

    made = build(tmp_path / "recorded.git", shipped_branches(), record)

    shown = [git(made.directory, "show", f"{b}:benchmarks/baseline.json") for b in BRANCHES]
    assert shown == [b"{}"] * 3


def test_the_docs_branch_touches_no_path_that_is_measured(built: Demonstration) -> None:
    changed = git(built.directory, "diff", "--name-only", "main", "docs").decode().split()

    assert changed == ["docs/method.md"]


def test_its_configuration_budget_and_spec_are_valid(trees: dict[str, Path]) -> None:
    main = trees["main"]
    parsed = parse_configuration((main / ".highwater.yml").read_bytes(), ".highwater.yml")
    budget = parse_perf_budget((main / "sweeps" / "perf_budget.yaml").read_bytes(), "budget")
    spec = parse_sweep_spec((main / "sweeps" / "trend.yaml").read_bytes(), "trend.yaml")

    assert sorted(parsed.configuration.suites) == ["speed", "trend"]
    assert (budget.max_drop, spec.metric) == (0.05, "sharpe")


def test_its_own_tests_pass_on_every_branch(trees: dict[str, Path]) -> None:
    endings = {name: _python(tree, "-m", "unittest")[-3:-1] for name, tree in trees.items()}

    assert endings == dict.fromkeys(trees, "OK")


def test_the_slower_branch_does_at_least_forty_percent_more_work_in_one_benchmark(
    trees: dict[str, Path],
) -> None:
    main, slower = (_fastest(trees[name]) for name in ("main", "slower"))

    worse = [case for case in main if slower[case] > 1.4 * main[case]]
    assert worse == ["trend_signals"]


def test_the_slower_branch_loses_more_sharpe_than_the_budget_allows(
    swept: Callable[[str], Path],
) -> None:
    main, slower = (load_current_data(swept(name)) for name in ("main", "slower"))

    assert main.summary.best_metric - slower.summary.best_metric > 0.05 + 0.01


def test_the_refactored_branch_trades_the_same_to_the_last_bit(
    swept: Callable[[str], Path],
) -> None:
    main, refactored = (
        {(row.id, row.fold): row.signature for row in read_rows(swept(name))}
        for name in ("main", "refactor")
    )

    assert len(main) == 16 * 3
    assert None not in main.values()
    assert refactored == main
