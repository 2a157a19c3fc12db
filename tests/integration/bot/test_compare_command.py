from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.sweeps import D0_1_BUDGET, SEED_BASELINE, write_current
from tests.fakes.worktrees import WorkTree


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "budget.yaml").write_bytes(D0_1_BUDGET)
    (tmp_path / "baseline.json").write_text(json.dumps(SEED_BASELINE))
    write_current(tmp_path / "sweep")
    return tmp_path


def compare(*more: str) -> CommandResult:
    places = ("--current", "sweep", "--baseline", "baseline.json", "--budget", "budget.yaml")
    return run_cli("compare", *places, "--out", "report.md", *more)


def store(files: Path, **changes: Any) -> None:
    (files / "baseline.json").write_text(json.dumps({**SEED_BASELINE, **changes}))


def test_an_equal_baseline_exits_0(files: Path) -> None:
    assert compare().code == 0


@pytest.mark.parametrize(
    "best,code", [(1.2, 0), (1.199999, 0), (1.1999989, 1), (1.1999, 1), (2.0, 0), (0.0, 1)]
)
def test_the_limit_itself_exits_0_and_more_exits_1(files: Path, best: float, code: int) -> None:
    write_current(files / "sweep", best_metric=best)
    assert compare().code == code


@pytest.mark.parametrize("best,code", [(1.3, 0), (1.3000011, 1), (0.1, 0)])
def test_in_mode_min_a_rise_is_what_counts(files: Path, best: float, code: int) -> None:
    (files / "budget.yaml").write_bytes(D0_1_BUDGET.replace(b"mode: max", b"mode: min"))
    store(files, mode="min")
    write_current(files / "sweep", mode="min", best_metric=best)
    assert compare().code == code


ZERO = {"best_metric": 0.0, "success_rate": 0.0, "total_runs": 0}


@pytest.mark.parametrize(
    "changes",
    [
        {"summary": ZERO, "timing": {"p50": 0.0, "p90": 0.0}, "leaderboard": []},
        {"summary": {**ZERO, "success_rate": 1.0, "total_runs": 4}, "leaderboard": []},
        {"summary": {**SEED_BASELINE["summary"], "best_metric": float("nan")}},
        {"summary": {**SEED_BASELINE["summary"], "best_metric": None}},
        {"summary": {**SEED_BASELINE["summary"], "best_metric": float("-inf")}},
        {"timing": {"p50": float("nan"), "p90": 1.0}},
        {"summary": {}},
        {"summary": None},
        {"metric": "sortino"},
        {"mode": "min"},
    ],
)
@pytest.mark.parametrize("best", [1.25, 0.0, 5.0])
def test_a_baseline_of_zeros_nan_or_nothing_exits_1(
    files: Path, changes: dict[str, Any], best: float
) -> None:
    store(files, **changes)
    write_current(files / "sweep", best_metric=best)
    found = compare()
    assert found.code == 1
    assert found.stderr.startswith("Error: ")


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", "{", "0"])
def test_a_baseline_that_is_none_exits_1(files: Path, text: str) -> None:
    (files / "baseline.json").write_text(text)
    assert compare().code == 1


@pytest.mark.parametrize(
    "name", ["baseline.json", "budget.yaml", "sweep/summary.json", "sweep/timings.json"]
)
def test_a_missing_file_exits_1_and_is_named(files: Path, name: str) -> None:
    (files / name).unlink()
    found = compare()
    assert found.code == 1
    assert f"where: {name}" in found.stderr


@pytest.mark.parametrize("value", [float("nan"), None, float("inf"), "1.25"])
def test_a_sweep_without_a_value_exits_1(files: Path, value: object) -> None:
    write_current(files / "sweep", best_metric=value)
    assert compare().code == 1


def test_a_budget_without_the_allowance_of_its_metric_exits_1(files: Path) -> None:
    lines = D0_1_BUDGET.replace(b"max_sharpe_drop", b"max_sortino_drop")
    (files / "budget.yaml").write_bytes(lines)
    found = compare()
    assert found.code == 1
    assert "missing key `max_sharpe_drop`" in found.stderr


def test_an_error_writes_no_report(files: Path) -> None:
    store(files, summary=None)
    compare("--diff", "diff.json")
    assert not (files / "report.md").exists()
    assert not (files / "diff.json").exists()


def test_the_report_and_the_differences_are_written(files: Path) -> None:
    write_current(files / "sweep", best_metric=1.0)
    compare("--diff", "deep/diff.json")
    assert "**Status: FAILED**" in (files / "report.md").read_text()
    assert json.loads((files / "deep" / "diff.json").read_text())["metric_delta"] == -0.25


def test_json_goes_to_standard_output_alone(files: Path) -> None:
    found = compare("--format", "json")
    assert (json.loads(found.stdout)["passed"], found.stderr) == (True, "")


def test_github_gets_an_annotation_on_the_budgets_line(files: Path) -> None:
    write_current(files / "sweep", best_metric=1.0)
    assert "::error file=budget.yaml,line=5," in compare("--format", "github").stdout


def test_the_budget_is_read_once(files: Path) -> None:
    write_current(files / "sweep", best_metric=1.0)
    reading, writing = os.pipe()
    os.write(writing, D0_1_BUDGET)
    os.close(writing)
    places = ("--current", "sweep", "--baseline", "baseline.json", "--format", "github")
    found = run_cli("compare", *places, "--budget", f"/dev/fd/{reading}")
    os.close(reading)
    assert (found.code, ",line=5," in found.stdout) == (1, True)


def test_a_result_that_nobody_can_take_is_no_fault_of_ours(files: Path) -> None:
    argv = [sys.executable, "-m", "bot.cli.main", "compare", "--current", "sweep"]
    argv += ["--baseline", "baseline.json", "--budget", "budget.yaml"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: No space left on device.\n  where: standard output")


def test_a_missing_option_exits_2(files: Path) -> None:
    assert run_cli("compare", "--current", "sweep").code == 2


def test_an_updated_baseline_is_one_that_the_same_sweep_passes(files: Path) -> None:
    write_current(files / "sweep", best_metric=0.7)
    run_cli("update-baseline", "--current", "sweep", "--out", "baseline.json", "--sha", "4f2d1c9")
    assert compare().code == 0


def test_an_updated_baseline_holds_the_source_documents_fields(files: Path) -> None:
    run_cli("update-baseline", "--current", "sweep", "--out", "new.json", "--sha", "4f2d1c9")
    found = json.loads((files / "new.json").read_text())
    assert set(SEED_BASELINE) <= set(found)
    assert (found["git_sha"], found["summary"]["best_metric"]) == ("4f2d1c9", 1.25)


@pytest.mark.parametrize("change", [{"best_metric": None}, {"best_metric": 0.0}])
def test_a_sweep_that_reached_nothing_leaves_the_baseline_as_it_was(
    files: Path, change: dict[str, Any]
) -> None:
    before = (files / "baseline.json").read_bytes()
    write_current(files / "sweep", **change)
    found = run_cli(
        "update-baseline", "--current", "sweep", "--out", "baseline.json", "--sha", "4f2d1c9"
    )
    assert found.code != 0
    assert (files / "baseline.json").read_bytes() == before


def test_a_baseline_of_an_unknown_commit_is_refused(files: Path) -> None:
    found = run_cli("update-baseline", "--current", "sweep", "--out", "new.json")
    assert "Name it with --sha." in found.stderr
    assert not (files / "new.json").exists()


@pytest.mark.parametrize("sha", ["zzz²", "4F2D1C9", "4f2d1c", "0" * 41, "main", ""])
def test_what_is_no_commit_is_refused(files: Path, sha: str) -> None:
    found = run_cli("update-baseline", "--current", "sweep", "--out", "new.json", "--sha", sha)
    assert found.code == 5
    assert "7 to 40 hexadecimal digits" in found.stderr
    assert not (files / "new.json").exists()


MANIFEST = {
    "spec_hash": "ab",
    "git_sha": "abcdef0",
    "platform": "x86_64-linux-gnu",
    "versions": {},
    "seed": 7,
    "started_utc": "2026-01-05T12:00:00Z",
    "finished_utc": "2026-01-05T12:01:00Z",
}


def test_a_sweep_of_uncommitted_files_makes_no_baseline(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = WorkTree.create(files / "repository", {"a": ""})
    manifest = {**MANIFEST, "git_sha": None, "dirty": True}
    folder = write_current(tree.directory / "sweep")
    (folder / "manifest.json").write_text(json.dumps(manifest))
    monkeypatch.chdir(tree.directory)
    found = run_cli("update-baseline", "--current", "sweep", "--out", "new.json")
    assert (found.code, "were not committed" in found.stderr) == (5, True)


def test_the_measured_commit_is_the_manifests(files: Path) -> None:
    (files / "sweep" / "manifest.json").write_text(json.dumps(MANIFEST))
    run_cli("update-baseline", "--current", "sweep", "--out", "new.json")
    found = json.loads((files / "new.json").read_text())
    assert (found["git_sha"], found["spec_hash"], found["platform"]) == (
        "abcdef0",
        "ab",
        "x86_64-linux-gnu",
    )


def test_packing_names_the_files_and_the_hash(files: Path) -> None:
    found = run_cli("pack", "sweep", "--out", "sweep.tar.gz", "--format", "json")
    assert json.loads(found.stdout)["files"] == ["summary.json", "timings.json"]
    assert (files / "sweep.tar.gz").is_file()
