"""Which files measure a suite, and which of them a pull request changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import msgspec
from pathspec import GitIgnoreSpec

from engine.configuration import Configuration, Suite
from engine.errors import UserError
from engine.orders import RunOrder
from engine.paths import is_glob
from engine.promotion.files import FOLDER, level_files
from engine.spec_files import files_of_spec
from engine.values import CommitSha, SuiteKind

MAX_NAMED = 100  # of the changed files; an order names no more


class Source(Protocol):
    """Commits to read from."""

    def read(self, commit: CommitSha, path: str) -> bytes | None:
        """Read a file at a commit; None when the commit has no such file."""

    def kind_of(self, commit: CommitSha, path: str) -> str | None:
        """Tell whether *path* is a ``blob`` or a ``tree`` at *commit*; None when absent."""

    def rewritten_paths(self, base: CommitSha, head: CommitSha) -> tuple[str, ...]:
        """List the files of *base* that *head* modifies, deletes or renames."""


def completed(configuration: Configuration, source: Source, base: CommitSha) -> Configuration:
    """Fill in which files measure, where a suite does not say."""
    suites = {
        name: _with_measuring_files(suite, source, base)
        for name, suite in configuration.suites.items()
    }
    return msgspec.structs.replace(configuration, suites=suites)


def measuring_changed(order: RunOrder, source: Source) -> tuple[str, ...]:
    """List the order's measuring files that head modifies, deletes or renames, sorted.

    Those that head merely adds do not count: the merge base's copy of the others still runs. Nor do
    stored baselines, which are levels and measure nothing: else each promotion would end what is
    compared across it. Of more than ``MAX_NAMED`` the first are named. The order's suite is a
    completed one.
    """
    base, head = CommitSha(order.base), CommitSha(order.head)
    rewritten = source.rewritten_paths(base, head)
    chosen = GitIgnoreSpec.from_lines(filter(is_glob, order.suite.measures or ()))
    named, levels = tuple(_named_by_spec(order, source)), level_files(order.suite)
    matched = (
        path for path in rewritten if chosen.match_file(path) and not _is_level(path, levels)
    )
    found = {*matched, *(path for path in rewritten if _is_among(path, named))}
    return tuple(sorted(map(_printable, found))[:MAX_NAMED])


def _named_by_spec(order: RunOrder, source: Source) -> Iterator[str]:
    """Name a spec and its data, which measure whatever ``measures`` says.

    A benchmark's cases are among its ``measures`` already.
    """
    spec, kind = order.suite.spec, order.suite.kind
    if spec is None or kind is SuiteKind.BENCHMARK:
        return
    try:
        yield from _spec_files(kind, spec, source, CommitSha(order.base))
    except UserError:
        yield spec  # broken at the merge base: the run itself will say so


def _is_level(path: str, declared: tuple[str, ...]) -> bool:
    """Whether a file is a stored baseline: a declared one, or the benchmarks' of a platform."""
    folder, _, name = path.rpartition("/")
    return path in declared or (folder == FOLDER and name.endswith(".json"))


def _is_among(path: str, named: tuple[str, ...]) -> bool:
    """Whether *path* is one of the files, or lies below one of the folders."""
    return any(path == one or path.startswith(f"{one.rstrip('/')}/") for one in named)


def _printable(path: str) -> str:
    """Make a path text that can be sent: git allows any bytes."""
    return path.encode(errors="surrogateescape").decode(errors="replace")


def _with_measuring_files(suite: Suite, source: Source, base: CommitSha) -> Suite:
    """Name them; the file that holds a benchmark's cases is always among them."""
    measures = suite.measures
    if measures is None:
        measures = _default_measures(suite, source, base)
    elif suite.kind is SuiteKind.BENCHMARK and suite.spec is not None:
        measures = tuple(dict.fromkeys((*measures, suite.spec)))
    return msgspec.structs.replace(suite, measures=measures)


def _default_measures(suite: Suite, source: Source, base: CommitSha) -> tuple[str, ...]:
    if suite.spec is not None:
        return _spec_files(suite.kind, suite.spec, source, base)
    if suite.kind is not SuiteKind.BENCHMARK:
        return ()  # the file that the command runs may be the very code that changed
    return _files_of_command(suite, source, base)


def _spec_files(kind: SuiteKind, spec: str, source: Source, base: CommitSha) -> tuple[str, ...]:
    data = source.read(base, spec)
    if data is None:  # a spec that the merge base lacks: the run itself will say so
        return (spec,)
    return files_of_spec(kind, data, spec)


def _files_of_command(suite: Suite, source: Source, base: CommitSha) -> tuple[str, ...]:
    """Take the command's words that are paths at the merge base: the benchmark files."""
    words = [word for argv in (suite.command, suite.list) if argv for word in argv]
    kinds = {word: source.kind_of(base, word) for word in dict.fromkeys(words) if _may_be(word)}
    trees = [f"{word.rstrip('/')}/**" for word, kind in kinds.items() if kind == "tree"]
    return (*(word for word, kind in kinds.items() if kind == "blob"), *trees)


def _may_be(word: str) -> bool:
    if word.startswith(("-", "/")) or "{" in word or ".." in word.split("/"):
        return False
    return is_glob(word)
