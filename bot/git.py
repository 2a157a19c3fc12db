"""Run git as the bot does: no prompt, no hooks, no user configuration, secrets never in an argv."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from engine.errors import TransientError, UserError

TIMEOUT_S = 300.0
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


def git(
    directory: Path,
    *arguments: str,
    header: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> bytes:
    """Run git in *directory* and give its standard output.

    *header* is an HTTP header (a credential) that git alone sees, through its environment.
    *environ* adds variables, such as an index file of its own.

    Raises:
        UserError: git refused; the message holds the end of what it said.
        TransientError: git took longer than five minutes.
    """
    finished = _run(directory, arguments, header, environ)
    if finished.returncode != 0:
        said = finished.stderr.decode(errors="replace").strip()[-2000:]
        problem = f"git {arguments[0]} failed: {said}"
        raise UserError(problem, None, "Check that the commit and the path exist.")
    return finished.stdout


def git_succeeds(directory: Path, *arguments: str) -> bool:
    """Tell whether git ends with 0, for questions that it answers by its exit status."""
    return _run(directory, arguments, None, None).returncode == 0


def read_blob(directory: Path, commit: str, path: str) -> bytes | None:
    """Read a file at *commit*; None when there is no file of that path."""
    name = f"{commit}:{path}"
    finished = _run(directory, ("cat-file", "blob", name), None, None)
    return finished.stdout if finished.returncode == 0 else None


def _run(
    directory: Path,
    arguments: tuple[str, ...],
    header: str | None,
    environ: Mapping[str, str] | None,
) -> subprocess.CompletedProcess[bytes]:
    settings = dict(_SETTINGS)
    if header is not None:
        settings["http.extraHeader"] = header
    try:
        return subprocess.run(
            ["git", *arguments],
            cwd=directory,
            env=_environment(settings) | dict(environ or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        problem = f"git {arguments[0]} took longer than {TIMEOUT_S:.0f} s"
        raise TransientError(problem, retry_after_s=30.0) from late


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    entries = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (key, value) in enumerate(settings.items()):
        entries[f"GIT_CONFIG_KEY_{number}"] = key
        entries[f"GIT_CONFIG_VALUE_{number}"] = value
    return inherited | _FIXED | entries
