"""Bars as a folder of arrays, which processes map into their memory instead of reading files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.errors import IntegrityError

DESCRIPTION = "bars.json"
_ITEM_BYTES = 8
_PRICES = ("open", "high", "low", "close")


class _Description(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the arrays of a folder are of; written last, so its presence says that all are there."""

    schema_version: int = 1
    symbols: tuple[str, ...]
    length: int
    has_volume: bool


def write_bar_arrays(bars: Bars, folder: Path) -> None:
    """Write *bars* into *folder*, which is made: one ``.npy`` file an array, and a description.

    Raises:
        OSError: the folder cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, NDArray[Any]] = {name: getattr(bars, name) for name in _PRICES}
    if bars.volume is not None:
        arrays["volume"] = bars.volume
    for name, array in {**arrays, "times": bars.times}.items():
        np.save(folder / f"{name}.npy", np.ascontiguousarray(array), allow_pickle=False)
    description = _Description(
        symbols=bars.symbols, length=bars.length, has_volume=bars.volume is not None
    )
    (folder / DESCRIPTION).write_bytes(msgspec.json.encode(description))


def map_bar_arrays(folder: Path) -> Bars:
    """Give the bars in *folder* as memory-mapped arrays; writing into one is an error.

    Raises:
        IntegrityError: the folder does not hold what ``write_bar_arrays`` writes.
        OSError: a file is missing or unreadable.
    """
    try:
        found = msgspec.json.decode((folder / DESCRIPTION).read_bytes(), type=_Description)
    except msgspec.DecodeError as error:
        raise IntegrityError(DESCRIPTION, "a description of bars", str(error)) from error
    shape = (found.length, len(found.symbols))
    volume = _mapped(folder, "volume", shape) if found.has_volume else None
    prices = {name: _mapped(folder, name, shape) for name in _PRICES}
    times = _mapped(folder, "times", (found.length,), kind="M")
    return Bars(times=times, symbols=found.symbols, volume=volume, **prices)


def _mapped(folder: Path, name: str, shape: tuple[int, ...], kind: str = "f") -> NDArray[Any]:
    file, expected = f"{name}.npy", f"an array {shape} of 8-byte items"
    try:
        array: NDArray[Any] = np.load(folder / file, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise IntegrityError(file, expected, str(error)) from error
    if array.shape != shape or array.dtype.kind != kind or array.dtype.itemsize != _ITEM_BYTES:
        raise IntegrityError(file, expected, f"{array.dtype} {array.shape}")
    return array


__all__ = ["DESCRIPTION", "map_bar_arrays", "write_bar_arrays"]
