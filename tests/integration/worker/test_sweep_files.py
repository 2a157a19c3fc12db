from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from engine import compare_results
from engine.backtest.leaks import Canary, Leak
from engine.determinism import judge_determinism
from engine.errors import UserError
from engine.findings import Reason
from engine.sweep.leaderboard import summarise, to_current
from engine.sweep.rows import SweepRow
from engine.values import Mode
from tests.fakes.sweeps import (
    D0_1_BUDGET,
    SEED_BASELINE,
    baseline,
    budget,
    failed_row,
    row,
    write_current,
)
from worker.sweep_files import (
    Manifest,
    load_baseline,
    load_canary,
    load_current_data,
    load_manifest,
    load_perf_budget,
    read_rows,
    save_baseline,
    write_sweep_directory,
)

MANIFEST = Manifest(
    spec_hash="ab",
    git_sha="4f2d1c9",
    platform="x86_64-linux-gnu",
    versions={"python": "3.11.7"},
    seed=7,
    started_utc="2026-01-05T12:00:00Z",
    finished_utc="2026-01-05T12:01:00Z",
)
ROWS = (
    row("a", 1.5, 1.25, returns=(("2026-01-05", 0.01), ("2026-01-06", -0.02))),
    row("b", 1.0, 0.9, trades=({"size": 1, "price": 2.5},)),
    failed_row("c"),
)


def written(folder: Path, *tests: Any, rows: tuple[SweepRow, ...] = ROWS) -> Path:
    write_sweep_directory(folder, rows, summarise(rows, "sharpe", Mode.MAX), MANIFEST, *tests)
    return folder


def content(path: Path) -> Any:
    return json.loads(path.read_text())


def test_a_written_sweep_is_read_back_as_it_was(tmp_path: Path) -> None:
    folder = written(tmp_path / "runs" / "sweep")
    summary = summarise(ROWS, "sharpe", Mode.MAX)
    assert load_current_data(folder) == to_current(summary)
    assert (read_rows(folder), load_manifest(folder)) == (ROWS, MANIFEST)


def test_the_directory_holds_the_files_of_the_contract(tmp_path: Path) -> None:
    folder = written(tmp_path / "sweep")
    assert sorted(path.name for path in folder.iterdir()) == [
        "errors.jsonl",
        "leaderboard.json",
        "manifest.json",
        "results.jsonl",
        "summary.json",
        "timings.json",
    ]


def test_the_files_have_the_fields_of_the_contract(tmp_path: Path) -> None:
    folder = written(tmp_path / "sweep")
    assert content(folder / "summary.json") == {
        "metric": "sharpe",
        "mode": "max",
        "best_metric": 1.25,
        "success_rate": 2 / 3,
        "total_runs": 3,
        "sample": "oos",
    }
    assert content(folder / "timings.json") == {"p50": 1.0, "p90": 1.0}
    assert list(content(folder / "leaderboard.json")[0]) == [
        "rank",
        "config_id",
        "params",
        "metric",
        "is",
        "oos",
        "elapsed_s",
        "status",
    ]
    assert content(folder / "errors.jsonl")["error"] == "ZeroDivisionError"


def test_a_sweep_over_folds_says_what_selecting_anew_at_each_had_earned(tmp_path: Path) -> None:
    rows = tuple(row("a", fold=fold) for fold in range(2))
    walked = content(written(tmp_path / "sweep", rows=rows) / "summary.json")["walk_forward"]
    assert walked["value"] == 0.9
    assert walked["steps"][1] == {"fold": 1, "config_id": "a", "is": 1.0, "oos": 0.9}
    assert load_current_data(tmp_path / "sweep").summary.best_metric == 0.9


def test_a_second_sweep_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    checked = judge_determinism("sharpe", 1.25, (1.25,))
    folder = written(tmp_path / "sweep", checked)
    (folder / "regression_report.md").write_text("of the first")
    (folder / "results.parquet").write_text("of another engine")
    written(folder)
    assert load_current_data(folder).determinism is None
    assert not (folder / "regression_report.md").exists()
    assert read_rows(folder) == ROWS


def test_a_sweep_in_which_everything_failed_is_written_and_never_passes(tmp_path: Path) -> None:
    folder = written(tmp_path / "sweep", rows=(failed_row("a"),))
    verdict = compare_results(load_current_data(folder), baseline(), budget())
    assert Reason.NOT_MEASURED in {failure.reason for failure in verdict.failures}


def test_the_determinism_that_was_written_is_the_one_that_is_judged(tmp_path: Path) -> None:
    shaky = judge_determinism("sharpe", 1.25, (1.26,))
    folder = written(tmp_path / "sweep", shaky)
    verdict = compare_results(load_current_data(folder), baseline(1.25), budget())
    assert Reason.NOT_DETERMINISTIC in {failure.reason for failure in verdict.failures}


@pytest.mark.parametrize("text", ["{}", '{"deterministic": true}', "null", "[]", ""])
def test_a_determinism_file_that_says_nothing_is_an_error(tmp_path: Path, text: str) -> None:
    folder = write_current(tmp_path / "sweep")
    (folder / "determinism.json").write_text(text)
    with pytest.raises(UserError, match=r"determinism\.json"):
        load_current_data(folder)


@pytest.mark.parametrize("name", ["summary.json", "timings.json"])
def test_a_missing_result_is_an_error_and_no_success(tmp_path: Path, name: str) -> None:
    folder = write_current(tmp_path / "sweep")
    (folder / name).unlink()
    with pytest.raises(UserError, match=rf"{name}: the file is missing"):
        load_current_data(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"best_metric": float("nan")},
        {"best_metric": "1.25"},
        {"success_rate": None},
        {"success_rate": 1.5},
        {"total_runs": 0},
        {"success_rate": 0.0},
        {"mode": "best"},
    ],
)
def test_a_summary_that_is_no_result_is_an_error(tmp_path: Path, change: dict[str, Any]) -> None:
    folder = write_current(tmp_path / "sweep", **change)
    with pytest.raises(UserError, match=r"summary\.json"):
        load_current_data(folder)


@pytest.mark.parametrize(
    "timings", ['{"p50": 1}', '{"p50": 1, "p90": null}', '{"p50": 1, "p90": -1}']
)
def test_timings_that_are_none_are_an_error(tmp_path: Path, timings: str) -> None:
    folder = write_current(tmp_path / "sweep")
    (folder / "timings.json").write_text(timings)
    with pytest.raises(UserError, match="p90"):
        load_current_data(folder)


def test_a_budget_and_a_baseline_are_read_from_their_files(tmp_path: Path) -> None:
    (tmp_path / "budget.yaml").write_bytes(D0_1_BUDGET)
    (tmp_path / "baseline.json").write_text(json.dumps(SEED_BASELINE))
    assert load_perf_budget(tmp_path / "budget.yaml") == budget()
    assert load_baseline(str(tmp_path / "baseline.json")).git_sha == "4f2d1c9"


def test_a_missing_baseline_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"nothing\.json: the file is missing"):
        load_baseline(tmp_path / "nothing.json")


def test_a_folder_where_a_file_should_be_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read: Is a directory"):
        load_perf_budget(tmp_path)


def test_a_baseline_is_written_whole(tmp_path: Path) -> None:
    save_baseline(tmp_path / "new" / "baseline.json", baseline())
    assert load_baseline(tmp_path / "new" / "baseline.json") == baseline()
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["baseline.json"]


RECORDS: list[dict[str, Any]] = [
    {
        "id": "a",
        "params": {"fast": 10, "slow": None},
        "seed": 7,
        "fold": None,
        "metrics": {"is": {"sharpe": 1.5}, "oos": {"sharpe": 1.25}},
        "status": "ok",
        "elapsed_s": 0.5,
        "error": None,
        "returns": [{"date": "2026-01-05", "r": 0.01}],
    },
    {
        "id": "b",
        "params": {"fast": None, "slow": 50},
        "seed": 8,
        "fold": None,
        "metrics": {"is": {"sharpe": float("nan")}, "oos": {"sharpe": 1.0}},
        "status": "ok",
        "elapsed_s": 0.25,
        "error": None,
        "returns": None,
    },
]


def test_the_rows_of_another_engines_parquet_file_are_read(tmp_path: Path) -> None:
    records = [{**one, "returns": json.dumps([["2026-01-05", 0.01]])} for one in RECORDS]
    parquet.write_table(pa.Table.from_pylist(records), tmp_path / "results.parquet")
    first, second = read_rows(tmp_path)
    assert (first.params, first.returns) == ({"fast": 10}, (("2026-01-05", 0.01),))
    assert summarise([first, second], "sharpe", Mode.MAX).summary.success_rate == 0.5


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"\x00" * 64 + b"PAR1", b"hello"])
def test_what_is_no_parquet_file_is_an_error_that_names_it(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "results.parquet").write_bytes(data)
    with pytest.raises(UserError, match=r"results\.parquet: the file is no readable Parquet file"):
        read_rows(tmp_path)


def test_a_missing_results_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"expected either .*, found neither"):
        read_rows(tmp_path)


def test_two_results_files_are_an_error(tmp_path: Path) -> None:
    folder = written(tmp_path / "sweep")
    (folder / "results.parquet").write_bytes(b"x")
    with pytest.raises(UserError, match="found both"):
        read_rows(folder)


def test_a_results_file_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = written(tmp_path / "sweep") / "results.jsonl"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.jsonl").symlink_to(secret)
    with pytest.raises(UserError, match=r"results\.jsonl"):
        read_rows(tmp_path / "out")


def parquet_of(folder: Path, table: pa.Table) -> Path:
    # As engines write it that are not Arrow's own: without a hint of how to hold it in memory.
    parquet.write_table(table, folder / "results.parquet", store_schema=False)
    return folder


def test_a_small_table_of_very_many_rows_is_refused(tmp_path: Path) -> None:
    ids = pa.DictionaryArray.from_arrays(np.zeros(1_000_001, dtype=np.int32), ["a"])
    with pytest.raises(UserError, match="too many rows"):
        read_rows(parquet_of(tmp_path, pa.table({"id": ids})))


def test_a_small_table_of_very_many_values_is_refused(tmp_path: Path) -> None:
    lists = pa.ListArray.from_arrays([0, 10_000_001], pa.array(np.zeros(10_000_001)))
    with pytest.raises(UserError, match="too many values"):
        read_rows(parquet_of(tmp_path, pa.table({"id": ["a"], "returns": lists})))


@pytest.mark.parametrize("nested", [False, True])
def test_a_text_that_a_small_table_repeats_is_not_unpacked(tmp_path: Path, *, nested: bool) -> None:
    texts = pa.DictionaryArray.from_arrays(np.zeros(400, dtype=np.int32), ["x" * 1_000_000])
    column = pa.StructArray.from_arrays([texts], ["name"]) if nested else texts
    place = parquet_of(tmp_path, pa.table({"id": ["a"] * 400, "params": column}))
    assert (place / "results.parquet").stat().st_size < 1_000_000
    before = pa.default_memory_pool().max_memory() or 0
    with pytest.raises(UserError, match="too many unpacked bytes"):
        read_rows(place)
    assert (pa.default_memory_pool().max_memory() or 0) - before < 50_000_000


def test_a_date_beyond_all_calendars_is_an_error_of_the_file(tmp_path: Path) -> None:
    times = pa.array([2**62], type=pa.timestamp("us"))
    with pytest.raises(UserError, match=r"results\.parquet"):
        read_rows(parquet_of(tmp_path, pa.table({"id": ["a"], "error": times})))


def test_a_text_that_is_none_is_an_error_of_the_file(tmp_path: Path) -> None:
    raw = pa.array([b"\xff\xfe"], type=pa.binary()).view(pa.string())
    with pytest.raises(UserError, match=r"results\.parquet"):
        read_rows(parquet_of(tmp_path, pa.table({"id": raw})))


def test_what_the_canary_found_is_read_again(tmp_path: Path) -> None:
    leak = Leak(date="2020-01-03", symbol="A", unaltered_until="2020-01-03")
    found = Canary(cuts=16, leak=leak)

    assert load_canary(written(tmp_path / "sweep", found)) == found


def test_a_sweep_that_was_not_tried_for_look_ahead_says_nothing_of_it(tmp_path: Path) -> None:
    assert load_canary(written(tmp_path / "sweep")) is None
