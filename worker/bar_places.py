"""Where files of bars lie: in the work tree, or in a mount that the machine's operator named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from engine.backtest.data_spec import DataSpec
from engine.errors import UserError, Where
from worker.missing_mounts import MissingMountError, missing_mount

_NAME_THEM = (
    "Name the assets, each once: `assets: {SYMBOL: path}`. If a column of the files has the "
    "symbols, name it: `symbol_column: symbol`."
)


@dataclass(frozen=True, slots=True)
class BarFile:
    """A file, what messages call it, and the symbol of what it holds if it does not say."""

    path: Path
    shown: str
    symbol: str


def bar_files(
    root: Path, spec: DataSpec, shown: str, mounts: Mapping[str, Path], key: str = "data"
) -> tuple[BarFile, ...]:
    """Find the files that *spec* names; *key* is its own in the file that *shown* names.

    Nothing is followed out of *root* or the mount by a symbolic link.

    Raises:
        UserError: no such mount or file, a link that leads elsewhere, or two files of one symbol.
    """
    where = Where(shown, field=key)
    place = root if spec.mount is None else mount_path(spec.mount, mounts, where)
    if spec.mount is not None and place.is_file():
        return (_mounted_file(spec, place, where),)
    if not spec.files:
        problem = f"names the mount {spec.mount}, which is a folder, and no file in it."
        raise UserError(problem, where, "Add a path, as in `{mount: NAME, path: prices.csv}`.")
    symbols = tuple(spec.assets or map(_stem, spec.files))
    files = tuple(
        BarFile(_found(place, name, where, in_tree=spec.mount is None), _shown(spec, name), symbol)
        for name, symbol in zip(spec.files, symbols, strict=True)
    )
    _refuse_doubled(files, spec, where)
    return files


def mount_path(name: str, mounts: Mapping[str, Path], where: Where) -> Path:
    """Give the path of the mount of this name.

    Raises:
        MissingMountError: there is none here, or nothing is at its path.
    """
    path = mounts.get(name)
    if path is None or not path.exists():
        error = missing_mount(name, mounts)
        raise MissingMountError(error.problem, where, error.remedy)
    return path


def _mounted_file(spec: DataSpec, place: Path, where: Where) -> BarFile:
    if spec.files:
        problem = f"the mount {spec.mount} is a file itself: it has no file {spec.files[0]!r}."
        raise UserError(problem, where, "Leave the path out, or mount the folder.")
    return BarFile(place, f"{spec.mount}/{place.name}", str(spec.mount))


def _found(place: Path, name: str, where: Where, *, in_tree: bool) -> Path:
    path = place / name
    if in_tree and any(one.is_symlink() for one in (path, *path.parents) if place in one.parents):
        problem = f"{name!r} lies behind a symbolic link."
        raise UserError(problem, where, "Commit the file itself.")
    if not path.is_file():
        found = "that is a folder" if path.is_dir() else "there is no such file"
        problem = f"names {name!r}, and {found}."
        owner = "the repository's root" if in_tree else "the mount"
        raise UserError(problem, where, f"Add the file, or correct its path from {owner}.")
    resolved = path.resolve()
    if not resolved.is_relative_to(place.resolve()):
        problem = f"{name!r} is a link that leads out of the mount."
        raise UserError(problem, where, "Put the file itself there.")
    return resolved


def _refuse_doubled(files: Sequence[BarFile], spec: DataSpec, where: Where) -> None:
    if spec.symbol_column is not None:
        return
    seen: dict[str, str] = {}
    for file in files:
        if file.symbol in seen:
            problem = (
                f"{seen[file.symbol]} and {file.shown} would both be the asset {file.symbol!r}."
            )
            raise UserError(problem, where, _NAME_THEM)
        seen[file.symbol] = file.shown


def _shown(spec: DataSpec, name: str) -> str:
    return name if spec.mount is None else f"{spec.mount}/{name}"


def _stem(path: str) -> str:
    return PurePosixPath(path).name.split(".")[0]


__all__ = ["BarFile", "bar_files", "mount_path"]
