"""The shipped sweep: a real strategy over real bars, against its own baseline and budget."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.comparison import compare_results
from engine.values import ExitCode
from tests.fakes.cli import run_cli
from worker.sweep_files import load_baseline, load_current_data, load_perf_budget, read_rows

BASELINE = "benchmarks/baselines/ci_smoke.json"
BUDGET = "benchmarks/budgets/ci_smoke.yaml"


@pytest.fixture(scope="module")
def swept(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("ci_smoke")
    done = run_cli("sweep", str(root / "benchmarks/sweeps/ci_smoke.yaml"), "--out", str(out))
    assert done.code == ExitCode.WITHIN_BUDGET, done.stderr
    return out


def test_every_point_and_fold_has_a_number_and_a_signature(swept: Path) -> None:
    rows = read_rows(swept)
    assert [row.status for row in rows] == ["ok"] * 16 * 3
    assert None not in [row.signature for row in rows]


def test_the_selected_point_has_returns_over_real_dates(swept: Path) -> None:
    selected = load_current_data(swept).leaderboard[0]["config_id"]
    kept = [row for row in read_rows(swept) if row.returns]
    assert [(row.id, row.fold) for row in kept] == [(selected, fold) for fold in range(3)]
    assert (kept[-1].returns or ())[-1][0] == "2020-04-17"


def test_it_holds_its_committed_baseline(swept: Path, root: Path) -> None:
    current = load_current_data(swept)
    baseline, budget = load_baseline(root / BASELINE), load_perf_budget(root / BUDGET)
    verdict = compare_results(current, baseline, budget)
    assert verdict.passed
    assert verdict.metric_delta == pytest.approx(0.0, abs=1e-9)


def test_its_baseline_names_the_spec_that_it_is_of(swept: Path, root: Path) -> None:
    assert load_baseline(root / BASELINE).spec_hash in (swept / "manifest.json").read_text()
