"""Real market data as packages ship it, each with a trap of its own."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fakes.bar_files import loaded, refused

AMERICAN = "time_format: '%m/%d/%Y'"
SHIPPED = Path(__file__).parents[3] / "benchmarks/data/sp500.csv"


def file_of(package: str, name: str) -> Path:
    found = find_spec(package)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for package, name in (
        ("arch.data.sp500", "sp500.csv.gz"),
        ("arch.data.nasdaq", "nasdaq.csv.gz"),
        ("arch.data.vix", "vix.csv.gz"),
        ("great_tables.data", "04-sp500.csv"),
    ):
        shutil.copy(file_of(package, name), tmp_path / name)
    shutil.copy(SHIPPED, tmp_path / "sp500.csv")
    return tmp_path


def test_newest_row_first_is_refused_then_sorted_and_flat_bars_are_told(folder: Path) -> None:
    assert "16606 bars have a time earlier" in refused(folder, "04-sp500.csv")

    found = loaded(folder, "{path: 04-sp500.csv, repair: [sort]}")

    assert found.report.repairs == {"sort": 16606}
    assert (found.report.first, found.report.last) == ("1950-01-03", "2015-12-31")
    assert found.bars.close[0, 0] == 16.66
    assert found.bars.close[-1, 0] == 2043.9399
    assert "3051 bars have one price" in found.report.warnings[0]
    assert "04-sp500.csv:16608" in found.report.warnings[0]


def test_american_dates_are_never_guessed(folder: Path) -> None:
    assert "'1/4/1999' on line 2" in refused(folder, "sp500.csv.gz")
    found = loaded(folder, f"{{path: sp500.csv.gz, {AMERICAN}}}")
    assert (found.report.bars, found.report.first) == (5031, "1999-01-04")
    assert found.report.warnings == ()


def test_two_days_without_volume_are_named(folder: Path) -> None:
    told = refused(folder, f"{{path: nasdaq.csv.gz, {AMERICAN}}}")
    assert "2 bars have a volume of zero (nasdaq.csv.gz:4116, nasdaq.csv.gz:4787)" in told
    found = loaded(folder, f"{{path: nasdaq.csv.gz, {AMERICAN}, repair: [drop_bad_volume]}}")
    assert found.bars.length == 5029


def test_a_volatility_index_has_one_column_and_days_without_a_value(folder: Path) -> None:
    columns = "columns: {open: vix, high: vix, low: vix, close: vix}"
    assert "no column holds the open" in refused(folder, "vix.csv.gz")
    told = refused(folder, f"{{path: vix.csv.gz, {columns}, {AMERICAN}}}")
    assert "46 bars have a price that is missing" in told

    spec = f"{{path: vix.csv.gz, {columns}, {AMERICAN}, repair: [drop_incomplete]}}"
    assert loaded(folder, spec).bars.length == 1259


def test_the_file_that_we_ship_needs_no_word(folder: Path) -> None:
    found = loaded(folder, "sp500.csv")
    assert (found.report.bars, found.report.warnings) == (5105, ())


def test_two_markets_are_one_panel(folder: Path) -> None:
    names = "{SPX: sp500.csv.gz, NDX: nasdaq.csv.gz}"
    found = loaded(folder, f"{{assets: {names}, {AMERICAN}, repair: [accept_zero_volume]}}")
    assert (found.bars.symbols, found.report.bars) == (("SPX", "NDX"), 5031)
    assert found.report.missing == 0


def test_real_bars_come_back_from_parquet_bit_by_bit(folder: Path) -> None:
    before = loaded(folder, "sp500.csv")
    bars = before.bars
    assert bars.volume is not None
    columns = {name: getattr(bars, name)[:, 0] for name in ("open", "high", "low", "close")}
    days = bars.times.astype("M8[D]")
    pq.write_table(
        pa.table({"date": days, "volume": bars.volume[:, 0], **columns}), folder / "b.parquet"
    )

    after = loaded(folder, "{assets: {sp500: b.parquet}}")

    assert after.fingerprint == before.fingerprint
    assert np.array_equal(after.bars.close, bars.close)


def test_adjusted_prices_of_a_real_file_stay_consistent(folder: Path) -> None:
    bars = loaded(folder, "{path: sp500.csv, adjusted: true}").bars
    assert np.all(bars.high >= np.maximum(bars.open, bars.close))
    assert np.all(bars.low <= np.minimum(bars.open, bars.close))
