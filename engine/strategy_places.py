"""The key ``strategy`` of a spec: ``path/to/file.py:Name``, its path from the repository's root."""

from __future__ import annotations

from engine.document import Document
from engine.errors import UserError
from engine.paths import path_problem


def file_of(strategy: str) -> str:
    """Give the file that holds the strategy."""
    return strategy.rpartition(":")[0]


def name_of(strategy: str) -> str:
    """Give the name of the function or class in that file."""
    return strategy.rpartition(":")[2]


def check_strategy(document: Document, strategy: str, kind: str, example: str) -> None:
    """Refuse what names no *kind* of a file, and a path that leads out of the repository.

    Raises:
        UserError: it does; names the field.
    """
    path = file_of(strategy)
    if not path.endswith(".py") or not name_of(strategy).isidentifier():
        problem = f"{strategy!r} names no {kind}."
        remedy = f"Write path/to/file.py:{example}, the path from the repository's root."
        raise UserError(problem, document.where(("strategy",)), remedy)
    problem = path_problem(path) or ""
    if problem:
        remedy = "Write a path inside the repository, from its root."
        raise UserError(problem, document.where(("strategy",)), remedy)
