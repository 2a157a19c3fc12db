"""Bars as arrays on disk, which other processes map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.backtest.bars import Bars
from engine.errors import IntegrityError
from tests.fakes.bar_files import HEADER, loaded
from worker.bar_arrays import DESCRIPTION, map_bar_arrays, write_bar_arrays


@pytest.fixture
def bars(tmp_path: Path) -> Bars:
    header = HEADER.replace("\n", ",volume,symbol\n")
    rows = "2024-01-02,10,12,9,11,5,A\n2024-01-03,11,13,10,12,6,A\n2024-01-03,1,2,1,1,7,B\n"
    (tmp_path / "a.csv").write_text(header + rows)
    return loaded(tmp_path, "a.csv").bars


def test_what_is_mapped_is_what_was_written(bars: Bars, tmp_path: Path) -> None:
    write_bar_arrays(bars, tmp_path / "arrays")

    found = map_bar_arrays(tmp_path / "arrays")

    assert found.symbols == bars.symbols
    for name in ("times", "open", "high", "low", "close", "volume"):
        assert np.array_equal(getattr(found, name), getattr(bars, name), equal_nan=True)
        assert getattr(found, name).dtype == getattr(bars, name).dtype


def test_without_volume_there_is_none(bars: Bars, tmp_path: Path) -> None:
    fields = {name: getattr(bars, name) for name in Bars.__slots__}
    write_bar_arrays(Bars(**{**fields, "volume": None}), tmp_path / "arrays")
    assert map_bar_arrays(tmp_path / "arrays").volume is None


def test_mapped_bars_cannot_be_written_to(bars: Bars, tmp_path: Path) -> None:
    write_bar_arrays(bars, tmp_path / "arrays")
    with pytest.raises(ValueError, match="read-only"):
        map_bar_arrays(tmp_path / "arrays").close[0, 0] = 1.0


def test_a_folder_that_holds_something_else_is_refused(bars: Bars, tmp_path: Path) -> None:
    folder = tmp_path / "arrays"
    write_bar_arrays(bars, folder)
    np.save(folder / "close.npy", np.zeros((7, 7)))
    with pytest.raises(IntegrityError, match=r"close\.npy"):
        map_bar_arrays(folder)
    (folder / "close.npy").write_bytes(b"no array")
    with pytest.raises(IntegrityError, match=r"close\.npy"):
        map_bar_arrays(folder)
    (folder / DESCRIPTION).write_text("{}")
    with pytest.raises(IntegrityError, match=r"bars\.json"):
        map_bar_arrays(folder)
