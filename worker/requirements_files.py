"""Which ``setup`` depends on nothing but files whose contents can be hashed.

Only such a set-up's environment may be kept and used again. Whatever is not understood here is
simply built anew for each order: a wrong "no" costs minutes, a wrong "yes" a verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from worker.files import read_untrusted

MAX_FILE_BYTES = 4 * 1024 * 1024
MAX_FILES = 50

_PIP = (("pip", "install"), ("pip3", "install"))
_PYTHONS = ("python", "python3")
_FLAGS = frozenset(
    {
        "--disable-pip-version-check",
        "--no-binary=:all:",
        "--no-cache-dir",
        "--no-deps",
        "--no-input",
        "--only-binary=:all:",
        "--prefer-binary",
        "--quiet",
        "--require-hashes",
        "--upgrade",
        "-U",
        "-q",
    }
)
_FILE_OPTIONS = ("-r", "--requirement", "-c", "--constraint")
_FILE_LINE_OPTIONS = ("--extra-index-url", "--index-url", "--no-binary", "--only-binary", "-i")
# A name, extras, version specifiers and a marker: nothing that leads to a file or an address.
_SPECIFIER = re.compile(r"[A-Za-z0-9][\w.-]*(\[[\w\s.,-]*\])?\s*([(<>=!~][^;@/]*)?(;[^@/]*)?")


class Unknown(Exception):  # noqa: N818 - no error: a "no", said from deep inside
    """The set-up may depend on something else."""


def files_read(setup: Sequence[Sequence[str]], tree: Path) -> dict[str, bytes]:
    """Read every file that the pip commands of *setup* depend on, by its path in *tree*.

    Raises:
        Unknown: a command is not pip's, or an argument, option or line is not understood.
        UserError: a file is missing, not a plain file, or too large.
    """
    found: dict[str, bytes] = {}
    for argv in setup:
        for path in _named_by(_arguments(argv)):
            _read(path, tree, found)
    return found


def _arguments(argv: Sequence[str]) -> Sequence[str]:
    """Give what follows ``pip install``."""
    words = tuple(argv)
    if words[:1] and words[0] in _PYTHONS and words[1:2] == ("-m",):
        words = words[2:]
    if words[:2] not in _PIP:
        raise Unknown
    return words[2:]


def _named_by(arguments: Sequence[str]) -> Iterator[str]:
    """Name the requirement files among pip's arguments."""
    pending = list(arguments)
    while pending:
        word = pending.pop(0)
        option, equals, value = word.partition("=")
        if word in _FILE_OPTIONS and pending:
            yield pending.pop(0)
        elif equals and option in _FILE_OPTIONS:
            yield value
        elif word not in _FLAGS and not _SPECIFIER.fullmatch(word):
            raise Unknown


def _read(path: str, tree: Path, found: dict[str, bytes]) -> None:
    """Read one requirement file and those that it names, relative to itself."""
    if path in found:
        return
    if len(found) >= MAX_FILES or Path(path).is_absolute() or ".." in Path(path).parts:
        raise Unknown
    found[path] = read_untrusted(tree / path, MAX_FILE_BYTES, path)
    for line in _lines(found[path].decode(errors="replace")):
        nested = _nested(line)
        if nested is not None:
            _read(str(Path(path).parent / nested), tree, found)


def _lines(text: str) -> Iterator[str]:
    for line in text.replace("\\\n", " ").splitlines():
        stripped = re.sub(r"(^|\s)#.*", "", line).strip()
        if stripped:
            yield stripped


def _nested(line: str) -> str | None:
    """Give the file that a line names; None for a line that names none."""
    option, _, rest = line.replace("=", " ", 1).partition(" ")
    if option in _FILE_OPTIONS:
        return rest.strip()
    if line in _FLAGS or option in _FILE_LINE_OPTIONS:
        return None
    requirement = re.sub(r"\s--hash[=\s]\S+", "", line).strip()
    if not _SPECIFIER.fullmatch(requirement):
        raise Unknown
    return None
