"""``highwater sweep`` as a person uses it, in a repository of their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.cli import run_cli
from tests.fakes.tasks import write_files
from tests.fakes.worktrees import WorkTree
from worker.sweep_files import load_current_data, load_manifest, read_rows

SPEC = """\
strategy: strategies/s.py:evaluate
grid:
  fast: [1, 2, 4]
seed: 7
metric: sharpe
mode: max
"""
STRATEGY = """\
import os
def evaluate(params, seed):
    if params["fast"] == 4:
        raise ValueError("no bars")
    value = params["fast"] + seed / 1e12 + float(os.environ.get("NOISE", 0)) * os.getpid()
    return {"metrics": {"is": {"sharpe": value}, "oos": {"sharpe": -value}}}
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {"sweeps/smoke.yaml": SPEC, "strategies/s.py": STRATEGY, ".git/HEAD": ""}
    monkeypatch.chdir(write_files(tmp_path, files))
    return tmp_path


def test_a_sweeps_directory_is_written_whole(repository: Path) -> None:
    assert run_cli("sweep", "sweeps/smoke.yaml").code == 0
    written = repository / "runs/sweeps/smoke"
    assert {path.name for path in written.iterdir()} == {
        "manifest.json",
        "results.jsonl",
        "leaderboard.json",
        "summary.json",
        "timings.json",
        "errors.jsonl",
    }
    assert [row.status for row in read_rows(written)] == ["ok", "ok", "error"]


def test_the_out_of_sample_value_of_the_selected_point_is_reported(repository: Path) -> None:
    run_cli("sweep", "sweeps/smoke.yaml", "--out", "out")
    summary = load_current_data(repository / "out").summary
    assert summary.best_metric == pytest.approx(-2.0, abs=0.01)
    assert summary.success_rate == pytest.approx(2 / 3)


def test_the_manifest_says_what_was_run(repository: Path) -> None:
    run_cli("sweep", "sweeps/smoke.yaml", "--out", "out")
    manifest = load_manifest(repository / "out")
    assert manifest is not None
    assert (manifest.seed, manifest.git_sha) == (7, None)
    assert "python" in manifest.versions
    assert manifest.started_utc <= manifest.finished_utc


@pytest.fixture
def committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkTree:
    files = {"sweeps/smoke.yaml": SPEC, "strategies/s.py": STRATEGY}
    tree = WorkTree.create(tmp_path / "tree", files)
    monkeypatch.chdir(tree.directory)
    return tree


def swept(tree: WorkTree) -> tuple[str | None, bool]:
    assert run_cli("sweep", "sweeps/smoke.yaml", "--out", "deep/out").code == 0
    manifest = load_manifest(tree.directory / "deep/out")
    assert manifest is not None
    return manifest.git_sha, manifest.dirty


def test_the_manifest_names_the_commit_also_of_the_next_sweep(committed: WorkTree) -> None:
    run_cli("sweep", "sweeps/smoke.yaml")
    assert [swept(committed), swept(committed)] == [(committed.tip(), False)] * 2


@pytest.mark.parametrize("changed", ["strategies/s.py", "strategies/untracked.py"])
def test_a_sweep_of_changed_files_is_of_no_commit(committed: WorkTree, changed: str) -> None:
    committed.write({changed: STRATEGY + "\n"})
    assert swept(committed) == (None, True)


def test_a_place_that_cannot_be_written_is_told_before_anything_runs(repository: Path) -> None:
    (repository / "strategies/s.py").write_text("open('ran', 'w')")
    done = run_cli("sweep", "sweeps/smoke.yaml", "--out", "sweeps/smoke.yaml/out")
    assert (done.code, "no file can be written there" in done.stderr) == (5, True)
    assert not (repository / "ran").exists()


def test_serial_and_local_give_the_same_rows(repository: Path) -> None:
    run_cli("sweep", "sweeps/smoke.yaml", "--out", "one", "--executor", "serial")
    run_cli("sweep", "sweeps/smoke.yaml", "--out", "two", "--jobs", "3")
    one, two = (
        [(row.id, row.seed, row.metrics, row.status) for row in read_rows(repository / name)]
        for name in ("one", "two")
    )
    assert one == two


def test_the_best_point_is_run_again_in_fresh_processes(repository: Path) -> None:
    done = run_cli("sweep", "sweeps/smoke.yaml", "--out", "out", "--rerun-best", "3")
    found = json.loads((repository / "out/determinism.json").read_text())
    assert done.code == 0
    assert (found["n_reruns"], found["is_deterministic"]) == (3, True)


def test_a_configuration_that_is_not_deterministic_ends_with_1(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOISE", "1")
    done = run_cli("sweep", "sweeps/smoke.yaml", "--out", "out", "--rerun-best", "2")
    found = json.loads((repository / "out/determinism.json").read_text())
    assert (done.code, found["is_deterministic"]) == (1, False)


def test_json_stands_alone_on_standard_output(repository: Path) -> None:
    done = run_cli("sweep", "sweeps/smoke.yaml", "--format", "json")
    assert json.loads(done.stdout)["summary"]["total_runs"] == 3


def test_the_summary_names_the_first_failure(repository: Path) -> None:
    done = run_cli("sweep", "sweeps/smoke.yaml")
    assert "3 runs, 1 failed" in done.stdout
    assert "First failure: ValueError: no bars" in done.stdout


def test_a_sweep_of_failures_is_never_green(repository: Path) -> None:
    (repository / "strategies/s.py").write_text("def evaluate(params, seed): return None")
    assert run_cli("sweep", "sweeps/smoke.yaml", "--rerun-best", "1").code == 4


def test_paths_are_from_the_repositorys_root_wherever_one_stands(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "sweeps")
    assert run_cli("sweep", "smoke.yaml", "--out", "../out").code == 0


@pytest.mark.parametrize(
    "spec, place",
    [
        (SPEC.replace("s.py", "gone.py"), "sweeps/smoke.yaml: strategy"),
        (SPEC + "costs: {}\n", "sweeps/smoke.yaml: costs"),
        (SPEC + "dtaa: x\n", "sweeps/smoke.yaml:7: dtaa"),
        ("", "sweeps/smoke.yaml"),
    ],
)
def test_a_wrong_spec_is_told_with_its_place(repository: Path, spec: str, place: str) -> None:
    (repository / "sweeps/smoke.yaml").write_text(spec)
    done = run_cli("sweep", "sweeps/smoke.yaml")
    assert done.code == 5
    assert f"where: {place}" in done.stderr
    assert not (repository / "runs").exists()


def test_serial_with_several_jobs_is_wrong_usage(repository: Path) -> None:
    done = run_cli("sweep", "sweeps/smoke.yaml", "--executor", "serial", "--jobs", "2")
    assert done.code == 2
