"""Panels of several assets, and the places where files of bars may lie."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.fakes.bar_files import HEADER, loaded, refused

BARS = "2024-01-02,10,12,9,11\n2024-01-03,11,13,10,12\n"
TWO_DAYS = {
    "date": np.array(["2024-01-02", "2024-01-03"], "M8[D]"),
    "open": [10, 11],
    "high": [12, 13],
    "low": [9, 10],
    "close": [11, 12],
}


def write(folder: Path, text: str, name: str = "a.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


PANEL = (
    "date,Symbol,open,high,low,close\n"
    "2024-01-02,MSFT,1,2,1,1\n2024-01-02,AAPL,3,4,3,3\n"
    "2024-01-03,AAPL,5,6,5,5\n2024-01-05,GOOG,7,8,7,7\n"
)


def test_a_long_table_makes_a_panel_with_gaps(tmp_path: Path) -> None:
    write(tmp_path, PANEL)

    found = loaded(tmp_path, "a.csv")

    nan = math.nan
    assert found.bars.symbols == ("AAPL", "GOOG", "MSFT")
    expected = [[3, nan, 1], [5, nan, nan], [nan, 7, nan]]
    assert np.array_equal(found.bars.open, expected, equal_nan=True)
    assert (found.report.bars, found.report.assets, found.report.missing) == (3, 3, 5)


def test_the_order_of_rows_of_a_long_table_does_not_matter(tmp_path: Path) -> None:
    write(tmp_path, PANEL)
    header, *rows = PANEL.splitlines()
    by_asset = sorted(rows, key=lambda row: row.split(",")[1])
    write(tmp_path, "\n".join([header, *by_asset]), "b.csv")
    assert loaded(tmp_path, "a.csv").fingerprint == loaded(tmp_path, "b.csv").fingerprint


def test_a_symbol_that_is_missing_is_named_by_its_line(tmp_path: Path) -> None:
    write(tmp_path, PANEL.replace("GOOG", ""))
    assert "line 5 has no symbol" in refused(tmp_path, "a.csv")


def test_a_long_parquet_table_with_a_packed_symbol_column(tmp_path: Path) -> None:
    symbols = pa.array(["B", "A"]).dictionary_encode()
    pq.write_table(pa.table({**TWO_DAYS, "ticker": symbols}), tmp_path / "a.parquet")
    assert loaded(tmp_path, "a.parquet").bars.symbols == ("A", "B")
    other = pa.table({**TWO_DAYS, "name": symbols})
    pq.write_table(other, tmp_path / "b.parquet")
    found = loaded(tmp_path, "{path: b.parquet, symbol_column: name}").bars.symbols
    assert found == ("A", "B")


def test_several_files_are_joined_over_all_their_times(tmp_path: Path) -> None:
    write(tmp_path, HEADER + "2024-01-02,1,2,1,1\n2024-01-04,1,2,1,1\n", "old.csv")
    write(tmp_path, HEADER + "2024-01-03,5,6,5,5\n2024-01-04,5,6,5,5\n", "new.csv")

    listed = loaded(tmp_path, "[old.csv, new.csv]").bars
    named = loaded(tmp_path, "{X: old.csv, Y: new.csv}").bars

    assert (listed.symbols, named.symbols) == (("old", "new"), ("X", "Y"))
    nan = math.nan
    assert np.array_equal(listed.close, [[1, nan], [nan, 5], [1, 5]], equal_nan=True)


def test_two_files_of_one_name_need_symbols(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder, HEADER + BARS, "spx.csv")
    assert "would both be the asset 'spx'" in refused(tmp_path, "[a/spx.csv, b/spx.csv]")
    assert loaded(tmp_path, "{A: a/spx.csv, B: b/spx.csv}").bars.width == 2


def test_from_and_until_keep_both_their_days_and_errors_outside_are_not_seen(
    tmp_path: Path,
) -> None:
    write(tmp_path, f"{HEADER}2024-01-01,0,0,0,0\n{BARS}2024-01-04,11,13,10,12\n")

    found = loaded(tmp_path, "{path: a.csv, from: 2024-01-02, until: 2024-01-03}")

    assert (found.report.first, found.report.last) == ("2024-01-02", "2024-01-03")
    assert "no bar is left" in refused(tmp_path, "{path: a.csv, from: 2030-01-01}")


def test_links_out_of_the_tree_and_missing_files_are_refused(tmp_path: Path) -> None:
    outside = write(tmp_path, HEADER + BARS, "secret.csv")
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a.csv").symlink_to(outside)
    (tree / "folder").symlink_to(tmp_path)
    assert "symbolic link" in refused(tree, "a.csv")
    assert "symbolic link" in refused(tree, "folder/secret.csv")
    assert "there is no such file" in refused(tree, "b.csv")


def test_a_mount_gives_its_files_and_is_shown_by_name_alone(tmp_path: Path) -> None:
    mount = tmp_path / "here"
    mount.mkdir()
    write(mount, HEADER + BARS)

    found = loaded(Path("/nowhere"), "{mount: market, path: a.csv}", market=mount)
    alone = loaded(Path("/nowhere"), "{mount: spx}", spx=mount / "a.csv")

    assert found.report.files == ("market/a.csv",)
    assert (alone.bars.symbols, alone.report.files) == (("spx",), ("spx/a.csv",))


def test_a_mount_that_is_not_there_names_itself_and_the_flag(tmp_path: Path) -> None:
    told = refused(tmp_path, "{mount: market, path: a.csv}", other=tmp_path)
    assert "the data mount market is not on this machine" in told
    assert "`--data market=PATH`" in told
    assert "known are other" in told
    gone = refused(tmp_path, "{mount: market, path: a.csv}", market=tmp_path / "gone")
    assert "leads to nothing" in gone


def test_a_link_that_leads_out_of_a_mount_is_refused(tmp_path: Path) -> None:
    write(tmp_path, HEADER + BARS, "secret.csv")
    mount = tmp_path / "mount"
    mount.mkdir()
    (mount / "a.csv").symlink_to(tmp_path / "secret.csv")
    assert "leads out of the mount" in refused(tmp_path, "{mount: m, path: a.csv}", m=mount)


def test_a_mount_of_a_folder_needs_a_path_and_one_of_a_file_has_none(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + BARS)
    assert "no file in it" in refused(tmp_path, "{mount: m}", m=tmp_path)
    assert "is a file itself" in refused(tmp_path, "{mount: m, path: b.csv}", m=path)


def test_na_and_null_are_symbols_like_others(tmp_path: Path) -> None:
    rows = "".join(f"2024-01-02,{name},1,2,1,1\n" for name in ("NULL", "NA", "nan"))
    write(tmp_path, "date,symbol,open,high,low,close\n" + rows)
    assert loaded(tmp_path, "a.csv").bars.symbols == ("NA", "NULL", "nan")
    write(tmp_path, "date,symbol,open,high,low,close\n2024-01-02,A,NA,2,1,1\n")
    assert "a price that is missing" in refused(tmp_path, "a.csv")


def test_a_file_that_is_listed_twice_is_no_second_asset(tmp_path: Path) -> None:
    write(tmp_path, HEADER + BARS)
    assert "a.csv and a.csv would both be the asset 'a'" in refused(tmp_path, "[a.csv, a.csv]")


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").mkdir()
    assert "names 'a.csv', and that is a folder" in refused(tmp_path, "a.csv")
