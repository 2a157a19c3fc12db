"""Paths that a repository's files name: relative, inside it, the same on every machine."""

from __future__ import annotations

from pathspec import GitIgnoreSpec


def is_glob(text: str) -> bool:
    """Whether *text* is a pattern as ``.gitignore`` has them.

    >>> is_glob("strategies/**"), is_glob("!")
    (True, False)
    """
    try:
        GitIgnoreSpec.from_lines([text])
    except ValueError:
        return False
    return True


def path_problem(path: str) -> str | None:
    """Say what is wrong with *path* as a file of the repository; None: nothing.

    >>> path_problem("sweeps/ci_smoke.yaml") is None
    True
    >>> path_problem("../elsewhere")
    "the path '../elsewhere' leads outside the repository."
    """
    parts = path.split("/")
    if path.startswith(("/", "~")) or ".." in parts:
        return f"the path {path!r} leads outside the repository."
    if "\\" in path or any(ord(letter) < ord(" ") for letter in path) or ":" in path:
        return f"the path {path!r} holds a backslash, colon or control character."
    if any(part in {"", "."} for part in parts):
        return f"the path {path!r} has an empty or `.` part."
    if parts[0] == ".git":
        return f"the path {path!r} is inside git's own folder."
    return None
