"""Bars out of CSV and Parquet files: columns, numbers, panels, and what a file may do wrong."""

from __future__ import annotations

import gzip
import time
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fakes.bar_files import HEADER, loaded, refused
from worker import bar_tables

BARS = "2024-01-02,10,12,9,11\n2024-01-03,11,13,10,12\n"
OPEN = [[10.0], [11.0]]


def write(folder: Path, text: str | bytes, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def table(**columns: object) -> pa.Table:
    days = np.array(["2024-01-02", "2024-01-03"], "M8[D]")
    plain = {"date": days, "open": [10, 11], "high": [12, 13], "low": [9, 10], "close": [11, 12]}
    return pa.table({**plain, **columns})


def test_common_names_of_columns_are_known_whatever_their_case(tmp_path: Path) -> None:
    write(tmp_path, "Date,Adj Close,CLOSE,Low,High,Open_Price,Vol.\n2024-01-02,5,11,9,12,10,7\n")

    bars = loaded(tmp_path, "a.csv").bars

    assert bars.symbols == ("a",)
    assert [bars.open[0, 0], bars.high[0, 0], bars.low[0, 0], bars.close[0, 0]] == [10, 12, 9, 11]
    assert bars.volume is not None
    assert bars.volume.tolist() == [[7.0]]


def test_arrays_are_time_major_float64_in_c_order_with_utc_times(tmp_path: Path) -> None:
    write(tmp_path, HEADER + BARS)

    bars = loaded(tmp_path, "a.csv").bars

    assert bars.open.dtype == np.float64
    assert bars.open.flags.c_contiguous
    assert bars.open.tolist() == OPEN
    assert bars.times.astype("M8[D]").astype(str).tolist() == ["2024-01-02", "2024-01-03"]


def test_columns_of_other_names_are_mapped_and_one_may_serve_several_fields(tmp_path: Path) -> None:
    write(tmp_path, "day,level\n2024-01-02,5\n")
    prices = "{open: level, high: level, low: level, close: LEVEL}"

    assert "no column holds the open" in refused(tmp_path, "a.csv")
    assert loaded(tmp_path, f"{{path: a.csv, columns: {prices}}}").bars.high.tolist() == [[5.0]]


def test_two_columns_for_one_field_are_refused_until_one_is_named(tmp_path: Path) -> None:
    write(tmp_path, "timestamp,Date,open,high,low,close\n1,2024-01-02,10,12,9,11\n")

    assert "'timestamp' and 'Date' could each hold the time" in refused(tmp_path, "a.csv")
    assert loaded(tmp_path, "{path: a.csv, columns: {time: Date}}").bars.length == 1


def test_a_mapped_column_that_is_missing_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    write(tmp_path, HEADER + BARS)
    told = refused(tmp_path, "{path: a.csv, columns: {close: Last}}")
    assert "no column is named 'Last'" in told
    assert "'date', 'open'" in told


def test_adjusted_prices_are_scaled_by_the_adjusted_close(tmp_path: Path) -> None:
    write(tmp_path, "date,open,high,low,close,adj_close\n2024-01-02,10,12,8,10,5\n")

    found = loaded(tmp_path, "{path: a.csv, adjusted: true}").bars

    assert [found.open[0, 0], found.high[0, 0], found.low[0, 0], found.close[0, 0]] == [5, 6, 4, 5]
    write(tmp_path, HEADER + BARS)
    assert "the adjusted close" in refused(tmp_path, "{path: a.csv, adjusted: true}")


@pytest.mark.parametrize(
    "number", ["1,5", "$10", "1_0", "0x1f", "ten", "10%", "\u0661\u0660", "1e", "--1"]
)
def test_what_is_no_plain_number_is_named_by_its_line(tmp_path: Path, number: str) -> None:
    write(tmp_path, f'{HEADER}{BARS}2024-01-04,"{number}",12,9,11\n')
    told = refused(tmp_path, "a.csv")
    assert told.startswith("a.csv:4: ")
    assert "is no open" in told


def test_lines_are_counted_with_the_empty_ones_among_them(tmp_path: Path) -> None:
    write(tmp_path, f"\n{HEADER}\n2024-01-02,10,12,9,11\r\n\r\n2024-01-03,x,13,10,12\n\n")
    assert refused(tmp_path, "a.csv").startswith("a.csv:6: 'x' on line 6")


def test_spaces_around_numbers_and_a_byte_order_mark_are_no_harm(tmp_path: Path) -> None:
    write(tmp_path, "\ufeffdate, open, high, low, close\n2024-01-02, 10 ,12, 9,11 \n")
    assert loaded(tmp_path, "a.csv").bars.close.tolist() == [[11.0]]


@pytest.mark.parametrize("missing", ["", "NaN", "NA", ".", "null"])
def test_what_stands_for_nothing_is_a_missing_price(tmp_path: Path, missing: str) -> None:
    write(tmp_path, f"{HEADER}2024-01-02,10,{missing},9,11\n2024-01-03,11,13,10,12\n")

    assert "a.csv:2" in refused(tmp_path, "a.csv")
    found = loaded(tmp_path, "{path: a.csv, repair: [drop_incomplete]}")
    assert (found.bars.length, found.report.repairs) == (1, {"drop_incomplete": 1})


def test_a_row_with_too_few_values_is_named_by_its_line(tmp_path: Path) -> None:
    write(tmp_path, f"{HEADER}\n{BARS}2024-01-04,10,12,9\n")
    told = refused(tmp_path, "a.csv")
    assert told.startswith("a.csv:5: line 5 has 4 values, the header 5")


@pytest.mark.parametrize("text", ["", "\n\n", HEADER, f"\ufeff{HEADER}\r\n"])
def test_a_file_without_a_bar_says_so(tmp_path: Path, text: str) -> None:
    write(tmp_path, text)
    assert "holds no bar" in refused(tmp_path, "a.csv")


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe\x00d\n1,2\n",
        b'date,open,high,low,close\n2024-01-02,10,12,9,"11\n"\n',
        b"date,open,high,low,close\r2024-01-02,10,12,9,11\r",
        b"\x00" * 100,
        b"date,open,high,low,close\n\xff\xff,10,12,9,11\n",
        b"x" * 100_000,
    ],
)
def test_what_is_no_csv_file_is_an_error_of_that_file(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, data)
    assert refused(tmp_path, "a.csv").startswith("a.csv")


def test_other_delimiters_are_named(tmp_path: Path) -> None:
    write(tmp_path, (HEADER + BARS).replace(",", ";"))
    assert loaded(tmp_path, "{path: a.csv, delimiter: ';'}").bars.open.tolist() == OPEN


def test_one_fingerprint_for_the_same_bars_in_every_form(tmp_path: Path) -> None:
    write(tmp_path, HEADER + BARS)
    write(tmp_path, gzip.compress((HEADER + BARS).encode()), "b.csv.gz")
    pq.write_table(table(), tmp_path / "c.parquet")
    pq.write_table(table(date=["2024-01-02", "2024-01-03"]), tmp_path / "d.parquet")
    midnight = [datetime(2024, 1, day) for day in (2, 3)]  # noqa: DTZ001 - as data frames do
    pq.write_table(table(date=midnight), tmp_path / "e.parquet")
    decimals = [Decimal("10.0"), Decimal("11.0")]
    pq.write_table(table(open=pa.array(decimals)), tmp_path / "f.parquet")

    names = ("a.csv", "b.csv.gz", "c.parquet", "d.parquet", "e.parquet", "f.parquet")
    found = {loaded(tmp_path, f"{{assets: {{A: {name}}}}}").fingerprint for name in names}

    assert len(found) == 1


def test_any_change_of_a_bar_is_another_fingerprint(tmp_path: Path) -> None:
    write(tmp_path, HEADER + BARS)
    before = loaded(tmp_path, "a.csv").fingerprint
    write(tmp_path, HEADER + BARS.replace("13", "13.000000000000002"))
    assert loaded(tmp_path, "a.csv").fingerprint != before


def test_a_row_of_a_table_is_named_by_its_number(tmp_path: Path) -> None:
    pq.write_table(table(high=[12, 5]), tmp_path / "a.parquet")
    assert "(a.parquet row 2)" in refused(tmp_path, "a.parquet")


def test_a_table_of_texts_where_numbers_belong_is_refused(tmp_path: Path) -> None:
    pq.write_table(table(open=[True, False]), tmp_path / "a.parquet")
    assert "the column of open holds bool" in refused(tmp_path, "a.parquet")


def test_a_data_frames_unnamed_index_is_its_time(tmp_path: Path) -> None:
    write(tmp_path, HEADER.replace("date", "") + BARS)
    assert loaded(tmp_path, "a.csv").bars.open.tolist() == OPEN


@pytest.mark.parametrize("data", [b"", b"PAR1", b"PAR1" + b"\x00" * 64 + b"PAR1"])
def test_what_is_no_parquet_file_is_an_error_of_that_file(tmp_path: Path, data: bytes) -> None:
    write(tmp_path, data, "a.parquet")
    assert "is no readable Parquet file" in refused(tmp_path, "a.parquet")


def test_other_kinds_of_file_are_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path, HEADER + BARS, "a.xlsx")
    assert "Allowed are files named .csv, .csv.gz, .parquet" in refused(tmp_path, "a.xlsx")


def test_what_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar_tables, "MAX_FILE_BYTES", 1000)
    write(tmp_path, gzip.compress(b"x" * 10_000), "a.csv.gz")
    pq.write_table(table(open=[10.0, 11.0]), tmp_path / "a.parquet")
    assert "unpacked bytes" in refused(tmp_path, "a.csv.gz")
    monkeypatch.setattr(bar_tables, "MAX_FILE_BYTES", 10)
    assert "unpacked bytes" in refused(tmp_path, "a.parquet")


def test_too_many_rows_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar_tables, "MAX_ROWS", 1)
    write(tmp_path, HEADER + BARS)
    pq.write_table(table(), tmp_path / "a.parquet")
    assert "has 2 rows; at most 1" in refused(tmp_path, "a.csv")
    assert "has 2 rows; at most 1" in refused(tmp_path, "a.parquet")


def test_a_long_text_in_every_row_of_a_table_stays_packed(tmp_path: Path) -> None:
    rows = 10_000  # 1 GB of texts in a file of a few kilobytes
    long = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), ["x" * 100_000])
    days = np.arange(rows).astype("M8[D]")
    ones = np.ones(rows)
    columns = {"date": days, "open": ones, "high": ones, "low": ones, "close": ones, "symbol": long}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet", store_schema=False)
    before = pa.default_memory_pool().max_memory()

    assert "longer than 256 characters" in refused(tmp_path, "a.parquet")

    assert pa.default_memory_pool().max_memory() - before < 300_000_000


def test_half_a_million_rows_take_about_a_second(tmp_path: Path) -> None:
    rows = 500_000
    times = (np.datetime64("2020-01-01", "s") + np.arange(rows) * 60).astype(str)
    lines = "".join(f"{one},100.25,101.5,99.75,100.5,1234\n" for one in times)
    write(tmp_path, "time,open,high,low,close,volume\n" + lines)

    started = time.process_time()
    found = loaded(tmp_path, "{path: a.csv, timezone: UTC}")
    elapsed = time.process_time() - started

    assert found.bars.length == rows
    assert elapsed < 3.0  # 0.35 s on a quiet core; a loop over the rows in Python takes longer
    assert found.report.first == "2020-01-01"
    assert found.bars.times[-1] == np.datetime64(datetime.fromisoformat(times[-1]), "ns")


@pytest.mark.parametrize(
    "delimiter, key", [(";", "delimiter: ';'"), ("\t", 'delimiter: "\\t"'), ("|", "delimiter: '|'")]
)
def test_a_file_parted_by_something_else_is_told_how_to_say_so(
    tmp_path: Path, delimiter: str, key: str
) -> None:
    write(tmp_path, (HEADER + BARS).replace(",", delimiter))
    assert f"`{key}`" in refused(tmp_path, "a.csv")
    assert loaded(tmp_path, f"{{path: a.csv, {key}}}").bars.open.tolist() == OPEN


def test_columns_of_one_name_cannot_be_told_apart_by_it(tmp_path: Path) -> None:
    write(tmp_path, "date,open,high,low,close,close\n2024-01-02,10,12,9,11,11\n")
    assert "Give each column a name of its own" in refused(tmp_path, "a.csv")


def test_a_volume_that_every_row_lacks_is_better_ignored_than_dropped(tmp_path: Path) -> None:
    write(tmp_path, "date,open,high,low,close,volume\n2024-01-02,10,12,9,11,\n")
    assert "`repair: [ignore_volume]`" in refused(tmp_path, "a.csv")
    assert loaded(tmp_path, "{path: a.csv, repair: [ignore_volume]}").bars.volume is None
