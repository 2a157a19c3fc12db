"""Bars by hand: ``highwater.load_bars`` in a notebook, a test, or a strategy's own process."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import highwater
from tests.fakes.engine_processes import one
from tests.fakes.tasks import write_files
from worker.engine_places import own_places
from worker.processes import scrubbed
from worker.suites.harness import HARNESS

HEADER = "date,open,high,low,close,volume\n"
ROWS = "2024-01-02,10,12,9,11,5\n2024-01-03,11,13,10,12,6\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "here"
    (folder / "data").mkdir(parents=True)
    (folder / "data/acme.csv").write_text(HEADER + ROWS)
    monkeypatch.chdir(folder)
    return folder


def refused(*given: Any, **options: Any) -> str:
    with pytest.raises(highwater.UserError) as caught:
        highwater.load_bars(*given, **options)
    return str(caught.value)


def test_a_relative_path_is_from_the_working_directory(here: Path) -> None:
    bars = highwater.load_bars("data/acme.csv")
    assert (bars.symbols, bars.close.tolist()) == (("acme",), [[11.0], [12.0]])


@pytest.mark.parametrize("given", [str, Path])
def test_an_absolute_path_may_lead_anywhere(here: Path, tmp_path: Path, given: Any) -> None:
    (tmp_path / "other.csv").write_text(HEADER + ROWS)
    assert highwater.load_bars(given(tmp_path / "other.csv")).symbols == ("other",)
    assert highwater.load_bars(Path("../other.csv")).symbols == ("other",)


def test_a_link_is_followed(here: Path, tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(here / "data/acme.csv")
    assert highwater.load_bars(tmp_path / "link.csv").length == 2


def test_several_files_are_an_asset_each(here: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text(HEADER + ROWS)
    paths: list[str | Path] = ["data/acme.csv", tmp_path / "other.csv"]
    assert highwater.load_bars(paths).symbols == ("acme", "other")
    assert highwater.load_bars(dict(zip("XY", paths, strict=True))).symbols == ("X", "Y")


def test_parquet_is_read_too(here: Path) -> None:
    days = np.array(["2024-01-02", "2024-01-03"], "M8[D]")
    prices = {name: [1.0, 2.0] for name in ("open", "high", "low", "close")}
    pq.write_table(pa.table({"date": days, **prices}), here / "a.parquet")
    assert highwater.load_bars("a.parquet").close.tolist() == [[1.0], [2.0]]


def test_options_are_those_of_a_spec(here: Path) -> None:
    found = highwater.load_bars("data/acme.csv", columns={"close": "open"}, from_="2024-01-03")
    assert found.close.tolist() == [[11.0]]
    (here / "twice.csv").write_text(HEADER + ROWS + ROWS)
    assert "twice" in refused("twice.csv")
    assert highwater.load_bars("twice.csv", repair=("sort", "drop_duplicates")).length == 2


def test_an_unknown_option_is_told(here: Path) -> None:
    assert "timezon" in refused("data/acme.csv", timezon="UTC")
    assert "has no option 'mount'" in refused("data/acme.csv", mount="prices")


def test_a_missing_file_is_told_with_the_folder_that_it_was_looked_for_from(here: Path) -> None:
    told = refused("data/none.csv")
    assert "data/none.csv: there is no such file." in told
    assert f"from the working directory, {here}." in told


def test_bars_that_are_wrong_are_refused_with_file_and_row(here: Path) -> None:
    (here / "wrong.csv").write_text(HEADER + "2024-01-02,10,8,9,11,5\n")
    assert "wrong.csv" in refused("wrong.csv")


def test_what_only_reading_needs_is_not_imported_before() -> None:
    code = "import sys, highwater; print({'worker', 'pyarrow', 'pathspec'} & {*sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "set()\n"


LOADING = """\
from highwater import Bars, Signals, SignalStrategy, UserError, load_bars
class Crossing(SignalStrategy):
    def signals(self, bars):
        import worker
        assert worker.MINE
        other = load_bars("data/acme.csv")
        assert isinstance(other, Bars) and other.length == 2
        for wrong in ({"path": "none.csv"}, {"path": "data/acme.csv", "timezon": 1}):
            try:
                load_bars(**wrong)
            except UserError:
                continue
            raise RuntimeError(wrong)
        assert worker.MINE
        import worker as again
        assert again is worker
        return Signals.of(bars.close > bars.open * other.close[0, 0] / 11)
"""


def test_a_strategy_reads_others_in_a_repository_with_packages_of_our_names(tmp_path: Path) -> None:
    files = {
        "s.py": LOADING,
        "worker/__init__.py": "MINE = True\n",
        "engine/__init__.py": "MINE = True\n",
        "data/acme.csv": HEADER + ROWS,
    }
    found = one(tmp_path, "Crossing", files=files)
    assert found.status == "ok", found.error


CASE = """\
from highwater import load_bars
def setup_mean():
    return load_bars("data/acme.csv")
def bench_mean(bars):
    return float(bars.close.mean())
"""


def test_a_benchmark_case_reads_bars_from_its_repositorys_root(tmp_path: Path) -> None:
    tree = write_files(tmp_path / "tree", {"cases.py": CASE, "data/acme.csv": HEADER + ROWS})
    python, folders = own_places()
    request = {
        "root": str(tree),
        "file": "cases.py",
        "out": str(tmp_path / "out"),
        "mode": "calibrate",
        "cases": ["mean"],
        "seed": 1,
        "inner": {},
        "engine": None,
        "python": python,
        "folders": folders,
        "warmup": 0,
        "samples": 5,
        "metrics": ["wall", "cpu"],
        "threads": 1,
    }
    (tmp_path / "request").write_text(json.dumps(request))
    # Without its site-packages the interpreter is as one that Highwater is not installed for.
    command = [sys.executable, "-S", str(HARNESS), str(tmp_path / "request")]
    subprocess.run(command, cwd=tree, env=scrubbed(tmp_path), check=True, timeout=60)
    lines = [json.loads(line) for line in (tmp_path / "out").read_text().splitlines()]
    assert [line["measured"]["case"] for line in lines if "measured" in line] == ["mean"], lines
