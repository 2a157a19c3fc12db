"""Paths that a repository's files name: relative, inside it, the same on every machine."""

from __future__ import annotations


def path_problem(path: str) -> str | None:
    """Say what is wrong with *path* as a file of the repository; None: nothing.

    >>> path_problem("sweeps/ci_smoke.yaml") is None
    True
    >>> path_problem("../elsewhere")
    "leads outside the repository: found '../elsewhere'."
    """
    parts = path.split("/")
    if path.startswith(("/", "~")) or ".." in parts:
        return f"leads outside the repository: found {path!r}."
    if "\\" in path or any(ord(letter) < ord(" ") for letter in path) or ":" in path:
        return f"is no portable path (no backslash, colon or control character): found {path!r}."
    if any(part in {"", "."} for part in parts):
        return f"has an empty or `.` part: found {path!r}."
    if parts[0] == ".git":
        return f"is inside git's own folder: found {path!r}."
    return None
