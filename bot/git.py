"""Run git as the bot does: no prompt, no hooks, no user configuration, secrets never in an argv."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from engine.errors import TransientError

TIMEOUT_S = 300.0
RETRY_AFTER_S = 10.0
_FIXED = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}
_INHERITED = ("PATH", "HOME", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "NO_PROXY")
# A mirror is ours, and serves whoever asked for it; its owner need not be the user we run as.
_SETTINGS = {
    "safe.directory": "*",
    "core.hooksPath": os.devnull,
    "gc.auto": "0",
}
_ANSWERS = frozenset({0, 1})
_NO_PATH = (b"\n", b"\0")  # a line's end would be a second question; no path holds a NUL
_FROM_HERE = ("./", "../")  # git would read these from where it stands


def git(
    directory: Path,
    *arguments: str,
    header: str | None = None,
    environ: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> bytes:
    """Run git in *directory* and give its standard output.

    *header* is an HTTP header (a credential) that git alone sees, through its environment.
    *environ* adds variables, such as an index file of its own.

    Raises:
        TransientError: git refused (the message holds the end of what it said), could not be
            started, or took longer than five minutes: a matter of disk, network or machine. What
            a person may have named wrongly is asked by ``git_answer`` or ``read_blob`` first.
    """
    finished = _run(directory, arguments, header, environ, stdin)
    if finished.returncode != 0:
        raise _failed(arguments, finished)
    return finished.stdout


def git_succeeds(directory: Path, *arguments: str) -> bool:
    """Tell whether git ends with 0, for questions that it answers by its exit status.

    Raises:
        TransientError: git could not be started, or took longer than five minutes.
    """
    return _run(directory, arguments).returncode == 0


def git_answer(directory: Path, *arguments: str) -> str | None:
    """Ask what git answers with a line, or with status 1 for "there is none" (None).

    Raises:
        TransientError: git failed otherwise; its answer is not known.
    """
    finished = _run(directory, arguments)
    if finished.returncode not in _ANSWERS:
        raise _failed(arguments, finished)
    return finished.stdout.decode().strip() if finished.returncode == 0 else None


def read_blob(directory: Path, commit: str, path: str) -> bytes | None:
    """Read a file at *commit*; None when there is no file of that path, or no such commit.

    Raises:
        TransientError: git failed; whether there is such a file is not known.
    """
    try:
        name = os.fsencode(f"{commit}:{path}")
    except UnicodeEncodeError:
        return None  # no file on a disk has such a name
    if any(byte in name for byte in _NO_PATH) or path.startswith(_FROM_HERE):
        return None
    # Over standard input: a name that nobody bounded is no argument.
    answer = git(directory, "cat-file", "--batch", stdin=name + b"\n")
    head, _, rest = answer.partition(b"\n")
    if head.startswith(name):
        return None  # said back: missing
    _, kind, size = head.split(b" ")
    return rest[: int(size)] if kind == b"blob" else None


def _run(
    directory: Path,
    arguments: tuple[str, ...],
    header: str | None = None,
    environ: Mapping[str, str] | None = None,
    stdin: bytes = b"",
) -> subprocess.CompletedProcess[bytes]:
    settings = dict(_SETTINGS)
    if header is not None:
        settings["http.extraHeader"] = header
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=directory,
            env=_environment(settings) | dict(environ or {}),
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        problem = f"git {arguments[0]} took longer than {TIMEOUT_S:.0f} s"
        raise TransientError(problem, RETRY_AFTER_S) from late
    except OSError as error:
        problem = f"git {arguments[0]} cannot be started: {error.strerror or error}"
        raise TransientError(problem, RETRY_AFTER_S) from error


def _failed(
    arguments: tuple[str, ...], finished: subprocess.CompletedProcess[bytes]
) -> TransientError:
    said = finished.stderr.decode(errors="replace").strip()[-2000:]
    return TransientError(f"git {arguments[0]} failed: {said}", RETRY_AFTER_S)


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    entries = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        entries[f"GIT_CONFIG_KEY_{number}"] = key
        entries[f"GIT_CONFIG_VALUE_{number}"] = value
    return inherited | _FIXED | entries
