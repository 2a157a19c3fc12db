"""Bars from files, for whoever writes a notebook, a test or a benchmark case."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.backtest.bars import Bars
from engine.errors import UserError, Where

_CALL = "load_bars"
_OneFile = str | os.PathLike[str]


def load_bars(path: _OneFile | Sequence[_OneFile] | Mapping[str, _OneFile], **options: Any) -> Bars:
    """Read bars from CSV or Parquet: a file, several with an asset each, or files by symbol.

    Relative paths are from the working directory. *options* are the keys that ``data`` has in a
    spec, such as ``timezone="America/New_York"``, ``columns={"close": "last"}`` or
    ``repair=["sort"]``; ``from`` is written ``from_``.

    Raises:
        UserError: an unknown option, a file that is missing or no table of bars, or bars that are
            wrong and no repair is named for that.
    """
    # Reading takes modules that no strategy needs: they are imported when it is asked for.
    from engine.backtest.data_spec import parse_data_spec  # noqa: PLC0415
    from engine.document import Document  # noqa: PLC0415
    from worker.bar_files import load_bars as read  # noqa: PLC0415

    named = path if isinstance(path, Mapping) else None
    given = (
        [path]
        if isinstance(path, str | os.PathLike)
        else [*(path if named is None else named.values())]
    )
    files = [_found(one) for one in given]
    root = _root(files)
    inside = [one.relative_to(root).as_posix() for one in files]
    source = (
        {"paths": inside} if named is None else {"assets": dict(zip(named, inside, strict=True))}
    )
    content = {**source, **_by_key(options)}
    spec = parse_data_spec(Document(content, _CALL, lambda _: None))
    return read(root, spec, _CALL).bars


def _found(given: _OneFile) -> Path:
    path = Path(given)
    if not path.is_file():
        problem = "there is no such file."
        remedy = f"Relative paths are from the working directory, {Path.cwd()}."
        raise UserError(problem, Where(os.fspath(given)), remedy)
    return path.resolve()


def _root(files: Sequence[Path]) -> Path:
    """Give a folder that all files are in: the working directory, where it is one."""
    here = Path.cwd().resolve()
    if all(one.is_relative_to(here) for one in files):
        return here
    return Path(os.path.commonpath([one.parent for one in files]))


def _by_key(options: Mapping[str, Any]) -> dict[str, Any]:
    """Write options as the keys of a spec; which files are read is the first argument alone."""
    for name in ("path", "paths", "assets", "mount"):
        if name in options:
            problem = f"{_CALL} has no option {name!r}: its first argument says what is read."
            raise UserError(problem, None, "Give a path, a list of paths, or a mapping of symbols.")
    keys = {"from_": "from"}
    plain = {name: list(one) if isinstance(one, tuple) else one for name, one in options.items()}
    return {keys.get(name, name): one for name, one in plain.items()}
