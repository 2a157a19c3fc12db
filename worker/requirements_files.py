"""Which ``setup`` depends on nothing but requirements that can be read, and how firm they are.

Only such a set-up's environment may be used by more than one work tree. Whatever is not
understood here is simply built anew for each tree: a wrong "no" costs minutes, a wrong "yes" a
verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
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
_REQUIREMENTS = ("-r", "--requirement")
_CONSTRAINTS = ("-c", "--constraint")
_FILE_OPTIONS = (*_REQUIREMENTS, *_CONSTRAINTS)
_FILE_LINE_OPTIONS = ("--extra-index-url", "--index-url", "--no-binary", "--only-binary", "-i")
# A name, extras, version specifiers and a marker: nothing that leads to a file or an address.
_SPECIFIER = re.compile(
    r"[A-Z0-9][\w.-]*(\[[\w\s.,-]*\])?\s*(?P<versions>[(<>=!~][^;@/]*)?(;[^@/]*)?",
    re.ASCII | re.IGNORECASE,
)
_EXACT = re.compile(r"={2,3}\s*[\w.!+-]+", re.ASCII)
_HASH = re.compile(r"\s--hash[=\s]\S+")
# What pip takes for a file of the current folder, whatever it looks like otherwise.
_ARCHIVES = (
    *(".whl", ".zip", ".tar", ".tgz", ".tbz", ".txz", ".tlz"),
    *(".tar.gz", ".tar.bz2", ".tar.xz", ".tar.lz", ".tar.lzma"),
)
_COMMENT = re.compile(r"(^|\s)#.*")
_ENCODING = re.compile(rb"^[^\n]*coding[:=]|^[^\n]*\n[^\n]*coding[:=]")


class Unknown(Exception):  # noqa: N818 - no error: a "no", said from deep inside
    """The set-up may depend on something else."""


class Firmness(IntEnum):
    """How little can be another thing tomorrow of what the same requirements install."""

    LOOSE = 0  # any version
    PINNED = 1  # these versions, though whatever they depend on may be another
    HASHED = 2  # these files: pip installs no other, of dependencies neither


@dataclass(frozen=True, slots=True)
class Requirements:
    """All that the pip commands of a set-up read: by file its lines, comments left out."""

    texts: dict[str, tuple[str, ...]]
    firmness: Firmness


def requirements_of(setup: Sequence[Sequence[str]], tree: Path) -> Requirements | None:
    """Read what the pip commands of *setup* depend on in *tree*; None: on more than that.

    Raises:
        UserError: a file is missing, not a plain file, or too large.
    """
    reading = _Reading(tree)
    try:
        for argv in setup:
            reading.take_arguments(_arguments(argv))
    except Unknown:
        return None
    return Requirements(reading.texts, reading.firmness)


class _Reading:
    """What was read so far."""

    def __init__(self, tree: Path) -> None:
        self.tree = tree
        self.texts: dict[str, tuple[str, ...]] = {}
        self.firmness = Firmness.HASHED
        self._as_requirements: set[str] = set()

    def take_arguments(self, arguments: Sequence[str]) -> None:
        """Take what follows ``pip install``."""
        pending = list(arguments)
        while pending:
            word = pending.pop(0)
            option, equals, value = word.partition("=")
            if word in _FILE_OPTIONS and pending:
                self._take_file(pending.pop(0), requires=word in _REQUIREMENTS)
            elif equals and option in _FILE_OPTIONS:
                self._take_file(value, requires=option in _REQUIREMENTS)
            elif word not in _FLAGS:
                self._take_requirement(word)

    def _take_file(self, path: str, *, requires: bool) -> None:
        """Take one requirement file and those that it names, relative to itself.

        Constraints are no requirements: they need not be firm.
        """
        if path in self.texts and (path in self._as_requirements or not requires):
            return
        parts = Path(path)
        if len(self.texts) >= MAX_FILES or parts.is_absolute() or ".." in parts.parts:
            raise Unknown
        if "://" in path or re.search(r"\s", path):  # an address, or options that follow
            raise Unknown
        self.texts[path] = tuple(_lines(read_untrusted(self.tree / path, MAX_FILE_BYTES, path)))
        if requires:
            self._as_requirements.add(path)
        for line in self.texts[path]:
            self._take_line(line, path, requires=requires)

    def _take_line(self, line: str, path: str, *, requires: bool) -> None:
        option, _, rest = line.replace("=", " ", 1).partition(" ")
        if option in _FILE_OPTIONS:
            nested = rest.strip()
            if "://" in nested:
                raise Unknown
            below = str(Path(path).parent / nested)
            self._take_file(below, requires=requires and option in _REQUIREMENTS)
        elif line not in _FLAGS and option not in _FILE_LINE_OPTIONS:
            self._take_requirement(line, counts=requires)

    def _take_requirement(self, text: str, *, counts: bool = True) -> None:
        bare = _HASH.sub("", text).strip()
        specifier = _SPECIFIER.fullmatch(bare)
        if specifier is None or _names_archive(bare):
            raise Unknown
        if counts:
            firmness = _firmness(specifier["versions"] or "", hashed=bare != text.strip())
            self.firmness = min(self.firmness, firmness)


def _arguments(argv: Sequence[str]) -> Sequence[str]:
    """Give what follows ``pip install``."""
    words = tuple(argv)
    if words[:1] and words[0] in _PYTHONS and words[1:2] == ("-m",):
        words = words[2:]
    if words[:2] not in _PIP:
        raise Unknown
    return words[2:]


def _lines(data: bytes) -> Iterator[str]:
    """Read lines as pip does: first joined, then without comments."""
    if _ENCODING.match(data):
        raise Unknown
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Unknown from error
    for line in _joined(text.splitlines()):
        stripped = _COMMENT.sub("", line).strip()
        if stripped:
            yield stripped


def _joined(lines: Sequence[str]) -> Iterator[str]:
    """Join lines that end with a backslash; a comment's own continues nothing."""
    begun = ""
    for line in lines:
        is_comment = line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment:
            begun += line.strip("\\")
        else:
            yield begun + (f" {line}" if is_comment else line)
            begun = ""
    yield begun


def _names_archive(bare: str) -> bool:
    """Whether pip would look for a file of this name, extras and marker left out."""
    name = re.sub(r"\[[^\]]*\]$", "", bare.partition(";")[0].strip())
    return name.lower().endswith(_ARCHIVES)


def _firmness(versions: str, *, hashed: bool) -> Firmness:
    if hashed:
        return Firmness.HASHED
    exact = any(_EXACT.fullmatch(one.strip()) for one in versions.strip(" ()").split(","))
    return Firmness.PINNED if exact else Firmness.LOOSE
