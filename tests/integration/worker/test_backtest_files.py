"""The files of a backtest: whole, readable again, and the same bytes for the same run."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pyarrow.parquet
import pytest
from matplotlib.figure import Figure

from engine.backtest.bar_checks import DataReport
from engine.backtest.columns import tables_of
from engine.backtest.metrics import metrics_of
from engine.errors import UserError
from tests.fakes.finished_backtests import backtest
from worker.backtest_files import (
    FILES,
    PLOTS,
    BacktestManifest,
    csv_bytes,
    parquet_bytes,
    write_backtest_directory,
)
from worker.equity_plot import MAX_POINTS, Curve, _draw, _is_wide, _thinned, equity_plots

RUN = backtest(
    [100.0, 101.234, 99.0],
    trades=[{"side": 1, "quantity": 1.0, "exit_bar": 2, "pnl": -1.005}],
    fills=[{"bar": 1, "quantity": 1.0, "price": 10.5}],
)
MANIFEST = BacktestManifest(
    spec_hash="00",
    git_sha=None,
    platform="x86_64-linux-gnu",
    versions={"python": "3.11"},
    seed=7,
    started_utc="2024-01-01T00:00:00+00:00",
    finished_utc="2024-01-01T00:00:01+00:00",
    strategy="a.py:A",
    params={"fast": 1},
    bars=3,
    assets=1,
    first_bar="2024-01-01",
    last_bar="2024-01-03",
    periods_per_year=252.0,
    data_report=DataReport(
        files=("a.csv",),
        rows=3,
        bars=3,
        assets=1,
        missing=0,
        first="2024-01-01",
        last="2024-01-03",
        repairs={"sort": 2},
    ),
)


def write(folder: Path) -> None:
    write_backtest_directory(
        folder, MANIFEST, metrics_of(RUN, 252.0), tables_of(RUN, 2), {"equity.svg": b"<svg/>"}
    )


def test_the_directory_holds_every_table_twice(tmp_path: Path) -> None:
    write(tmp_path)
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([*FILES, "equity.svg"])


def test_the_metrics_say_why_one_is_null(tmp_path: Path) -> None:
    write(tmp_path)
    found = json.loads((tmp_path / "metrics.json").read_text())
    assert found["sharpe"] is None
    assert found["reasons"]["sharpe"] == "it takes 20 returns or more: there are 2"


def test_the_manifest_has_what_was_done_to_the_data(tmp_path: Path) -> None:
    write(tmp_path)
    found = json.loads((tmp_path / "manifest.json").read_text())["data_report"]
    assert (found["rows"], found["repairs"], found["warnings"]) == (3, {"sort": 2}, [])


def test_both_forms_of_a_table_hold_the_same(tmp_path: Path) -> None:
    write(tmp_path)
    (whole,) = pyarrow.parquet.read_table(tmp_path / "fills.parquet").to_pylist()
    (text,) = csv.DictReader(io.StringIO((tmp_path / "fills.csv").read_text()))
    assert text == {**{name: str(value) for name, value in whole.items()}, "fee": "0"} | {
        "time": "2024-01-02",
        "quantity": "1",
    }


def test_what_an_earlier_run_left_goes_first(tmp_path: Path) -> None:
    (tmp_path / "equity.png").write_bytes(b"old")
    write(tmp_path)
    assert not (tmp_path / "equity.png").exists()


def test_an_interruption_leaves_no_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path)
    (tmp_path / "manifest.json").unlink()
    (tmp_path / "manifest.json").mkdir()  # cannot be written

    with pytest.raises(UserError):
        write(tmp_path)

    assert not (tmp_path / "metrics.json").exists()


def test_times_of_day_are_written_to_the_second() -> None:
    times = np.array(["2024-01-02T09:30", "2024-01-02T09:30", "2024-01-02"], "datetime64[ns]")
    table = pyarrow.table({"time": pyarrow.array(times, pyarrow.timestamp("ns", "UTC"))})
    rows = csv.DictReader(io.StringIO(csv_bytes(table).decode()))
    assert [row["time"] for row in rows] == [
        "2024-01-02T09:30:00Z",
        "2024-01-02T09:30:00Z",
        "2024-01-02T00:00:00Z",
    ]


def test_a_name_with_a_comma_stays_one_value() -> None:
    table = pyarrow.table({"symbol": ["A,B", 'say "C"'], "price": [1.0, 2.5]})
    rows = csv.DictReader(io.StringIO(csv_bytes(table).decode()))
    assert [row["symbol"] for row in rows] == ["A,B", 'say "C"']


def test_a_table_without_a_row_keeps_its_columns() -> None:
    table = tables_of(backtest([100.0]), 2).trades
    assert csv_bytes(table).startswith(b"symbol,side,quantity,entry_time,")
    assert parquet_bytes(table) == parquet_bytes(table)


def curve(length: int = 300) -> Curve:
    steps = np.random.default_rng(4).normal(0.0004, 0.01, length)
    equity = 1e5 * np.exp(steps.cumsum())
    times = np.datetime64("2020-01-01", "ns") + np.arange(length) * np.timedelta64(1, "D")
    return Curve(
        times=times,
        equity=equity,
        start=1e5,
        title="strategies/a.py:A",
        subtitle="Sharpe 0.61 ± 0.92",
        outside=((times[length // 2], times[-1]),),
        held=equity[::-1],
    )


def test_a_plot_has_the_same_bytes_in_another_process(root: Path) -> None:
    lines = [
        "import hashlib",
        "from tests.integration.worker.test_backtest_files import curve, equity_plots",
        "print(*[hashlib.sha256(one).hexdigest() for one in equity_plots(curve()).values()])",
    ]
    environ = {
        "PYTHONPATH": str(root),
        "MPLBACKEND": "svg",
        "PYTHONHASHSEED": "77",
        "TZ": "Asia/Tokyo",
    }
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    here = [hashlib.sha256(one).hexdigest() for one in equity_plots(curve()).values()]
    assert done.stdout.split() == here


def test_a_plot_is_not_of_the_machines_style() -> None:
    before = equity_plots(curve())
    with mpl.rc_context({"lines.linewidth": 9.0, "axes.facecolor": "red", "font.size": 30.0}):
        assert equity_plots(curve()) == before


def test_plots_are_of_the_kinds_that_they_are_named_after() -> None:
    plots = equity_plots(curve())
    assert sorted(plots) == sorted(PLOTS)
    assert plots["equity.png"].startswith(b"\x89PNG")
    assert b"<svg" in plots["equity.svg"]
    assert b"<dc:date>" not in plots["equity.svg"]


def test_another_curve_is_another_picture() -> None:
    assert equity_plots(curve()) != equity_plots(curve(301))


def test_a_long_curve_is_drawn_from_few_points_and_keeps_its_extremes() -> None:
    long = curve(100_000)

    thin = _thinned(long)

    assert len(thin.equity) <= MAX_POINTS
    assert (thin.equity.min(), thin.equity.max()) == (long.equity.min(), long.equity.max())
    assert (thin.times[0], thin.times[-1]) == (long.times[0], long.times[-1])


def test_a_long_line_to_compare_with_keeps_its_extremes_too() -> None:
    whole = curve(100_000)
    held = np.full(100_000, 50.0)
    held[[33_333, 77_777]] = 1.0, 99.0  # a crash and a peak of one bar

    thin = _thinned(replace(whole, equity=np.full(100_000, 10.0), held=held))

    assert thin.held is not None
    assert (thin.held.min(), thin.held.max()) == (1.0, 99.0)
    assert len(thin.held) <= MAX_POINTS


@pytest.mark.parametrize(
    "last, held, is_wide",
    [(999.0, 100.0, False), (1000.0, 100.0, True), (100.0, 1000.0, True), (-1000.0, 1.0, False)],
)
def test_a_tenfold_range_of_either_line_has_a_log_scale(
    last: float, held: float, *, is_wide: bool
) -> None:
    drawn = replace(curve(2), equity=np.array([100.0, last]), held=np.array([100.0, held]))
    assert _is_wide(drawn) is is_wide
    assert len(equity_plots(drawn)) == 2


@pytest.mark.parametrize("length", [1, 2])
def test_the_shortest_curves_can_be_drawn(length: int) -> None:
    assert len(equity_plots(curve(length))) == 2


def test_a_single_bar_is_drawn_at_its_day() -> None:
    figure = Figure(layout="constrained")
    _draw(figure, curve(1))
    above = figure.axes[0]
    first, last = above.get_xlim()
    assert last - first <= 3
    assert above.lines[-1].get_marker() == "o"
