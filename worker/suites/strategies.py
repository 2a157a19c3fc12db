"""Whether a sweep's strategy is a function of the user's or a class for our engine."""

from __future__ import annotations

import ast
from pathlib import Path

from engine.errors import UserError, Where
from engine.sweep.spec import SweepSpec
from worker.files import read_untrusted

MAX_SOURCE_BYTES = 4 * 1024 * 1024


def is_class(root: Path, spec: SweepSpec, shown: str) -> bool:
    """Tell by the source code, without running it; *shown* is the spec as errors name it.

    What the file defines last at its top level under that name counts. A name that is imported
    or assigned, or in a file that does not parse, is a class if it begins with a capital letter.

    Raises:
        UserError: a class without ``data``; or a function in whose spec there are keys of our
            engine's.
    """
    defined = _defined(root / spec.strategy_path, spec.strategy_name)
    by_name = spec.strategy_name[0].isupper()
    found = by_name if defined is None else isinstance(defined, ast.ClassDef)
    if found and spec.data is None:
        problem = f"{spec.strategy_name} is a class, and the spec names no data to run it on."
        remedy = "Add data: prices.csv, the path from the repository's root."
        raise UserError(problem, Where(shown, field="data"), remedy)
    if not found:
        _refuse_engine_keys(spec, shown)
    return found


def _defined(path: Path, name: str) -> ast.stmt | None:
    """Find the definition of *name* at the top level; None: there is none, or it is hidden."""
    try:
        tree = ast.parse(read_untrusted(path.resolve(), MAX_SOURCE_BYTES))
    except (UserError, SyntaxError, ValueError, RecursionError, MemoryError):
        return None  # loading it will say what is wrong
    kinds = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [one for one in tree.body if isinstance(one, kinds) and one.name == name]
    return found[-1] if found else None


def _refuse_engine_keys(spec: SweepSpec, shown: str) -> None:
    keys = (*spec.engine_keys, *(["data"] if spec.data_has_terms else []))
    if keys:
        form = " but paths" if keys[0] == "data" else ""
        problem = f"{spec.strategy_name} is a function: it has no use for {keys[0]}{form}."
        remedy = "Leave it out: a function reads its bars and trades by itself."
        raise UserError(problem, Where(shown, field=keys[0]), remedy)
