"""``highwater sweep`` over a class of our engine, as a person uses it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.swept_strategies import SPEC, STRATEGY, prices_csv, repository_files
from tests.fakes.tasks import write_files
from worker.sweep_files import load_manifest


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write_files(tmp_path, repository_files()))
    return tmp_path


def sweep(*arguments: str, out: str = "out") -> CommandResult:
    return run_cli("sweep", "sweeps/s.yaml", "--out", out, *arguments)


def rows(out: str = "out") -> list[dict[str, Any]]:
    lines = Path(out, "results.jsonl").read_bytes().splitlines()
    return [{**json.loads(line), "elapsed_s": 0} for line in lines]


def leaderboard(out: str = "out") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(out, "leaderboard.json").read_bytes())
    return found


def test_every_point_has_a_row_for_each_fold(repository: Path) -> None:
    assert sweep().code == 0
    found = rows()
    assert [row["fold"] for row in found] == [0, 1, 2] * 6
    assert {row["status"] for row in found} == {"ok"}
    assert all(row["metrics"].keys() == {"is", "oos"} for row in found)


@pytest.mark.parametrize("arguments", [("--jobs", "2"), ("--jobs", "3")])
def test_a_pool_gives_the_bits_of_one_process(repository: Path, arguments: tuple[str, ...]) -> None:
    sweep("--executor", "serial", out="one")
    sweep(*arguments, out="pool")
    assert rows("one") == rows("pool")


def test_a_ray_cluster_gives_the_bits_of_one_process(repository: Path) -> None:
    sweep("--executor", "serial", out="one")
    arguments = ["--out", "ray", "--executor", "ray", "--jobs", "2"]
    program = Path(sys.executable).with_name("highwater")
    subprocess.run([program, "sweep", "sweeps/s.yaml", *arguments], check=True, timeout=120)
    assert rows("one") == rows("ray")


def test_trades_and_equity_are_signed(repository: Path) -> None:
    sweep()
    found = [row["signature"] for row in rows()]
    assert len(set(found)) == len(found)
    path = repository / "strategies/trend.py"
    path.write_text(STRATEGY.replace("~up)", "np.logical_not(up))"))
    sweep(out="same")
    assert [row["signature"] for row in rows("same")] == found
    path.write_text(STRATEGY.replace("up = bars.close >", "up = 0.99 * bars.close >"))
    sweep(out="other")
    assert [row["signature"] for row in rows("other")] != found


def test_the_selected_configuration_alone_carries_its_returns(repository: Path) -> None:
    sweep()
    best = leaderboard()[0]["config_id"]
    assert {row["id"] for row in rows() if "returns" in row} == {best}
    dates = [[date for date, _ in row["returns"]] for row in rows() if "returns" in row]
    assert [len(fold) for fold in dates] == [54, 54, 54]  # blocks of 60, 5 of embargo, no first
    together = [date for fold in dates for date in fold]
    assert together == sorted(set(together))


ORACLE = """\
from highwater import SignalStrategy, Signals
import numpy as np

class Trend(SignalStrategy):
    good_from: int = 0

    def signals(self, bars):
        inside = np.arange(bars.length)[:, None] < 120
        rising = np.roll(bars.close, -2, axis=0) > bars.close
        when = rising & (inside if self.good_from == 0 else ~inside)
        return Signals.of(when, ~when)
"""


def test_in_sample_selects_and_out_of_sample_only_reports(repository: Path) -> None:
    (repository / "strategies/trend.py").write_text(ORACLE)
    spec = SPEC.replace("  days: [3, 5, 8]\n  stop: [0.01, 0.05]\n", "  good_from: [0, 1]\n")
    spec = spec.replace("split: {folds: 3, embargo: 5}\n", "").replace("sharpe", "total_return")
    (repository / "sweeps/s.yaml").write_text(spec)
    assert sweep().code == 1  # it looks ahead, as it is meant to
    first, second = leaderboard()
    assert first["params"] == {"good_from": 0}
    assert first["is"] > second["is"]
    assert first["metric"] == first["oos"] < second["oos"]


def test_a_sweep_without_folds_has_rows_without_a_number(repository: Path) -> None:
    (repository / "sweeps/s.yaml").write_text(SPEC.replace("split: {folds: 3, embargo: 5}\n", ""))
    sweep()
    assert len(rows()) == 6
    assert not any("fold" in row for row in rows())


def test_a_failing_point_is_a_row_of_each_fold_and_the_others_go_on(repository: Path) -> None:
    path = repository / "strategies/trend.py"
    path.write_text(
        STRATEGY.replace(
            "        before = np", "        assert self.days != 5, 'five'\n        before = np"
        )
    )
    done = sweep()
    assert (done.code, "18 runs, 6 failed" in done.stdout) == (0, True)
    failed = [row for row in rows() if row["status"] == "error"]
    assert {row["params"]["days"] for row in failed} == {5}
    assert [row["fold"] for row in failed] == [0, 1, 2] * 2
    assert all("AssertionError: five" in row["error"] for row in failed)


def test_why_a_figure_is_missing_is_told(repository: Path) -> None:
    path = repository / "strategies/trend.py"
    path.write_text(
        STRATEGY.replace("up = bars", "up = np.isnan(bars.close) & (bars").replace(
            "> before\n", "> before)\n"
        )
    )
    assert sweep().code == 4
    told = Path("out/errors.jsonl").read_text()
    assert "sharpe is not defined in-sample: all returns are the same" in told


def test_an_unknown_metric_is_told_with_those_that_there_are(repository: Path) -> None:
    (repository / "sweeps/s.yaml").write_text(SPEC.replace("metric: sharpe", "metric: sharp"))
    done = sweep()
    assert (done.code, "where: sweeps/s.yaml: metric\n" in done.stderr) == (5, True)
    assert "Did you mean sharpe? Metrics of a class: total_return, " in done.stderr
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "changes, told",
    [
        ({"spec": SPEC.replace("prices.csv", "gone.csv")}, "names 'data/gone.csv'"),
        ({"prices": prices_csv().replace("2015-01-07", "2015-01-06")}, "data/prices.csv"),
        ({"prices": "date,open,high,low,close\n2020-01-02,5,4,6,5\n"}, "data/prices.csv"),
        ({"prices": ""}, "data/prices.csv"),
        ({"prices": prices_csv(20)}, "20 bars are too few for 3 folds"),
        (
            {"spec": SPEC.replace("data: data/prices.csv\n", "")},
            "Trend is a class, and the spec names no data",
        ),
        ({"spec": SPEC.replace("trend.py", "gone.py")}, "names 'strategies/gone.py'"),
    ],
)
def test_what_is_missing_or_wrong_fails_before_anything_is_written(
    repository: Path, changes: dict[str, str], told: str
) -> None:
    write_files(repository, repository_files(**changes))
    done = sweep()
    assert (done.code, told in done.stderr) == (5, True), done.stderr
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "line, told",
    [
        ("costs: {fee: 0.1}", "no use for costs"),
        ("split: {folds: 2}", "no use for split"),
        ("account: {cash: 5}", "no use for account"),
        ("profile: ours", "no use for profile"),
        ("risk: [{stop_loss: {fraction: 0.1}}]", "no use for risk"),
        ("periods_per_year: 252", "no use for periods_per_year"),
        ("data: {path: data/prices.csv, timezone: UTC}", "no use for data but paths"),
    ],
)
def test_the_keys_of_our_engine_are_refused_for_a_function(
    repository: Path, line: str, told: str
) -> None:
    name = line.partition(":")[0]
    function = "def evaluate(params, seed):\n    return {'metrics': {'is': {}, 'oos': {}}}\n"
    spec = f"strategy: f.py:evaluate\ngrid: {{a: [1]}}\nmetric: m\nmode: max\n{line}\n"
    write_files(repository, {"f.py": function, "sweeps/s.yaml": spec})
    done = sweep()
    assert (done.code, told in done.stderr, f"sweeps/s.yaml: {name}" in done.stderr) == (5,) + (
        True,
    ) * 2


def test_the_best_point_is_run_again_in_fresh_processes(repository: Path) -> None:
    done = sweep("--rerun-best", "2")
    found = json.loads(Path("out/determinism.json").read_bytes())
    assert done.code == 0
    assert found["original_value"] == leaderboard()[0]["metric"]
    assert found["rerun_values"] == [found["original_value"]] * 2


def test_a_strategy_of_chance_ends_with_1(repository: Path) -> None:
    path = repository / "strategies/trend.py"
    chance = "np.random.default_rng(os.getpid()).random(before.shape) > 0.5"
    noisy = f"up = (bars.close > before) ^ ({chance})"
    path.write_text("import os\n" + STRATEGY.replace("up = bars.close > before", noisy))
    done = sweep("--rerun-best", "3")
    assert (done.code, "NOT deterministic" in done.stdout) == (1, True)
    assert not any("returns" in row for row in rows())


def test_the_seed_of_a_point_decides_what_it_draws(repository: Path) -> None:
    path = repository / "strategies/trend.py"
    path.write_text(
        STRATEGY.replace("up = bars.close > before", "up = np.random.random(before.shape) > 0.5")
    )
    sweep(out="one")
    sweep("--executor", "serial", out="two")
    assert rows("one") == rows("two")
    signatures = [row["signature"] for row in rows("one")]
    assert len(set(signatures)) == len(signatures)


def test_the_manifest_names_data_and_versions(repository: Path) -> None:
    sweep()
    first = load_manifest(repository / "out")
    path = repository / "data/prices.csv"
    path.write_text(path.read_text().replace("2015-01-05,", "2015-01-05T00:00:00,"))
    (repository / "sweeps/s.yaml").write_text(
        SPEC.replace("data/prices.csv", "{path: data/prices.csv, timezone: UTC}")
    )
    write_files(repository, {"data/prices.csv": prices_csv(seed=4)})
    sweep(out="other")
    second = load_manifest(repository / "other")
    assert first is not None
    assert second is not None
    assert first.data_hash is not None
    assert first.data_hash != second.data_hash
    assert {"python", "numpy"} <= first.versions.keys()


MEASURED = """\
import re, sys
from bot.cli.main import main
assert main(sys.argv[1:]) == 0
print(re.search(r"VmHWM:\\s*(\\d+) kB", open("/proc/self/status").read())[1])
"""


def test_many_points_take_no_more_memory_than_their_rows(repository: Path) -> None:
    few, many = (peak_bytes(count) for count in (100, 600))
    assert (many - few) / 500 < 25_000  # the returns of a point, as a row has them, are 70 KB


def peak_bytes(count: int) -> int:
    """Run a sweep of so many points over 1,000 bars; the most memory that the command took."""
    spec = SPEC.replace("grid:\n  days: [3, 5, 8]\n  stop: [0.01, 0.05]\n", "").replace(
        "split: {folds: 3, embargo: 5}\n", ""
    )
    space = "{days: {int: [2, 60]}, stop: {float: [0.01, 0.2]}}"
    drawn = f"random: {{n: {count}, space: {space}}}\n"
    write_files(Path(), repository_files(spec=spec + drawn, prices=prices_csv(1000)))
    command = [sys.executable, "-c", MEASURED, "sweep", "sweeps/s.yaml", "--out", f"many{count}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=200)
    return int(done.stdout.split()[-1]) * 1024


@pytest.mark.parametrize("more", [("--executor", "serial"), ("--jobs", "2")])
def test_a_parameter_that_the_class_has_not_ends_the_sweep_and_costs_no_results(
    repository: Path, more: tuple[str, ...]
) -> None:
    sweep()
    before = {one.name: one.read_bytes() for one in Path("out").iterdir()}
    (repository / "sweeps/s.yaml").write_text(SPEC.replace("days:", "dyas:"))
    done = sweep(*more)
    assert (done.code, "Trend has no parameter dyas." in done.stderr) == (5, True)
    assert "where: sweeps/s.yaml: grid.dyas\n" in done.stderr
    assert "Did you mean days? Its parameters: days, stop." in done.stderr
    assert {one.name: one.read_bytes() for one in Path("out").iterdir()} == before


def test_parameters_that_something_else_lacks_are_a_failure_of_the_point_alone(
    repository: Path,
) -> None:
    inner = "Inner(**{'x': 1} if self.days == 5 else {})\n        before = np"
    path = repository / "strategies/trend.py"
    text = STRATEGY.replace("before = np", inner, 1)
    path.write_text(f"{text}\nclass Inner(SignalStrategy):\n    pass\n")
    done = sweep()
    assert (done.code, "18 runs, 6 failed" in done.stdout) == (0, True)
    assert "Inner has no parameter x." in Path("out/errors.jsonl").read_text()


def test_the_first_rows_of_the_leaderboard_are_shown_aligned(repository: Path) -> None:
    lines = sweep().stdout.splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("by sharpe in-sample"))
    best = leaderboard()
    assert lines[at].split("   ")[-1] == "out of sample"
    shown = [line.rsplit(maxsplit=2) for line in lines[at + 1 : at + 6]]
    expected = [
        [f"{row['rank']}  days {row['params']['days']}, stop {row['params']['stop']}"]
        + [f"{row[name]:.{3 if wide else 4}f}" for name in ("is", "oos")]
        for wide in [max(abs(row[name]) for row in best[:5] for name in ("is", "oos")) >= 1]
        for row in best[:5]
    ]
    assert [[one.strip() for one in row] for row in shown] == expected
    assert lines[at + 6] == "and 1 more in leaderboard.json"
    assert len({len(line) for line in lines[at : at + 6]}) == 1


def test_numbers_are_finite(repository: Path) -> None:
    sweep()
    found = [value for row in rows() for one in row["metrics"].values() for value in one.values()]
    assert np.isfinite(found).all()


def test_what_was_repaired_in_the_bars_is_told_and_kept(repository: Path) -> None:
    prices = repository / "data/prices.csv"
    lines = prices.read_text().splitlines()
    prices.write_text("\n".join([*lines, lines[-1]]) + "\n")
    spec = SPEC.replace(
        "data: data/prices.csv", "data: {path: data/prices.csv, repair: [keep_last]}"
    )
    (repository / "sweeps/s.yaml").write_text(spec)

    result = sweep()

    manifest = load_manifest(Path("out"))
    assert (result.code, "keep_last" in result.stdout) == (0, True)
    assert manifest is not None
    assert manifest.data_report is not None
    assert manifest.data_report.repairs == {"keep_last": 1}
