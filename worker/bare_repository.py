"""Git on one bare repository, deaf to this machine's configuration."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.errors import TransientError
from worker.processes import Finished, Guarded, guarded, run, scrubbed

GIT_TIMEOUT_S = 600
LINK = "120000"
_SUBMODULE = "160000"
_LISTING_BYTES = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_CONFIGURATION = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "submodule.recurse=false",
    "advice.detachedHead=false",
    "gc.auto=0",
)


@dataclass(frozen=True, slots=True)
class Blob:
    """A file of a commit: git's mode of it, and the name of its content."""

    mode: str
    name: str


@dataclass(frozen=True, slots=True)
class BareRepository:
    """A bare repository; commands run in *home*."""

    directory: Path
    home: Path

    def run(self, *arguments: str) -> Finished:
        """Run git, whichever way it ends."""
        return run(
            self._argv(arguments),
            cwd=self.home,
            environ=_environ(self.home),
            timeout_s=GIT_TIMEOUT_S,
            output_bytes=_LISTING_BYTES,
        )

    def must(self, *arguments: str) -> str:
        """Run git, which must succeed; gives its output.

        Raises:
            TransientError: it failed.
        """
        finished = self.run(*arguments)
        if not finished.succeeded:
            problem = f"git {arguments[0]} failed: {finished.tail[-2000:].strip()}"
            raise TransientError(problem, retry_after_s=0.0)
        return finished.stdout

    def files(self, commit: str) -> dict[str, Blob]:
        """List all files and symbolic links of a commit by path (submodules left out).

        Raises:
            TransientError: there is no such commit, or its list is too long.
        """
        listing = self.must("ls-tree", "-r", "-z", "--full-tree", commit)
        if listing and not listing.endswith("\0"):
            problem = f"the list of files of {commit} is longer than {_LISTING_BYTES} bytes"
            raise TransientError(problem, retry_after_s=0.0)
        entries = (entry.partition("\t") for entry in listing.split("\0") if entry)
        found = ((path, kind.split()) for kind, _, path in entries)
        return {path: Blob(mode, name) for path, (mode, _, name) in found if mode != _SUBMODULE}

    @contextmanager
    def blobs(self) -> Iterator[Blobs]:
        """Give the repository's contents, byte for byte: no attribute changes anything."""
        with guarded(
            self._argv(("cat-file", "--batch")),
            cwd=self.home,
            environ=_environ(self.home),
            timeout_s=GIT_TIMEOUT_S,
            interactive=True,
        ) as command:
            yield Blobs(command)

    def _argv(self, arguments: tuple[str, ...]) -> list[str]:
        options = [part for setting in _CONFIGURATION for part in ("-c", setting)]
        return ["git", *options, f"--git-dir={self.directory}", *arguments]


@dataclass(frozen=True, slots=True)
class Blobs:
    """A running ``git cat-file --batch``."""

    command: Guarded

    def copy(self, blob: Blob, into: IO[bytes]) -> str:
        """Write a content to *into*; gives the SHA-256 of it.

        Raises:
            TransientError: the repository is damaged.
        """
        self.command.stdin.write(f"{blob.name}\n".encode())
        self.command.stdin.flush()
        header = self.command.stdout.readline().split()
        if len(header) != 3 or header[1] != b"blob":  # noqa: PLR2004 - name, type, size
            raise _damaged(blob)
        digest, left = hashlib.sha256(), int(header[2])
        while left:
            chunk = self.command.stdout.read(min(left, _CHUNK))
            if not chunk:
                raise _damaged(blob)
            digest.update(chunk)
            into.write(chunk)
            left -= len(chunk)
        self.command.stdout.read(1)  # the newline that ends each answer
        return digest.hexdigest()


def _damaged(blob: Blob) -> TransientError:
    return TransientError(f"git cannot read {blob.name}", retry_after_s=0.0)


def _environ(home: Path) -> dict[str, str]:
    return scrubbed(home) | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "file",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
    }
