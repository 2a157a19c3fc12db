"""The settings that the bot and its runners share, and where their texts come from.

Precedence: command-line flag, then ``.env`` of the start directory, then the environment, then
the code's default. ``.env`` is never read from a guarded repository's tree, where every job of
GitHub Actions starts.
"""

from __future__ import annotations

import io
import os
import platform
import re
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dotenv.parser import parse_stream

from engine.errors import UserError, Where
from engine.precedence import Layer, Setting, Source
from worker.queue.names import MAX_TAGS, is_runner_name

ENV_FILE_VARIABLE = "HIGHWATER_ENV_FILE"
DEBUG_VARIABLE = "HIGHWATER_DEBUG"
NO_ENV_FILE = os.devnull  # for ENV_FILE_VARIABLE: read no file at all
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_TAG = re.compile(r"[a-z0-9][a-z0-9_.-]{0,62}")
_REDIS_SCHEMES = ("redis", "rediss", "unix")


def parse_path(text: str) -> Path:
    """Read a path; a leading ``~`` is the home directory; relative ones become absolute."""
    return Path(text).expanduser().absolute()


def parse_redis_url(text: str) -> str:
    """Check that *text* is a URL that redis-py takes.

    Raises:
        ValueError: another scheme, or nothing to connect to.
    """
    parts = urlsplit(text)
    reachable = parts.path if parts.scheme == "unix" else parts.hostname
    if parts.scheme not in _REDIS_SCHEMES or not reachable:
        raise ValueError(text)
    return text


def parse_tags(text: str) -> tuple[str, ...]:
    """Read hardware tags separated by commas, sorted, each once.

    >>> parse_tags("x86_64, linux")
    ('linux', 'x86_64')

    Raises:
        ValueError: no tag, more than six, or one that is not a tag.
    """
    tags = tuple(sorted({part.strip() for part in text.split(",") if part.strip()}))
    if not 1 <= len(tags) <= MAX_TAGS or not all(_TAG.fullmatch(tag) for tag in tags):
        raise ValueError(text)
    return tags


def parse_name(text: str) -> str:
    """Check a runner's name.

    Raises:
        ValueError: empty, too long, or with other characters than letters, digits and ``_.-``.
    """
    if not is_runner_name(text):
        raise ValueError(text)
    return text


def parse_log_level(text: str) -> str:
    """Read a log level in any case.

    Raises:
        ValueError: not one of the four levels.
    """
    if text.upper() not in LOG_LEVELS:
        raise ValueError(text)
    return text.upper()


STATE_DIR = Setting(
    field="state_dir",
    variable="HIGHWATER_STATE_DIR",
    meaning="Directory of what must survive a restart: database, orders, reports, repositories.",
    parse=parse_path,
    allowed="a directory",
    default="`$XDG_STATE_HOME/highwater`, or `~/.local/state/highwater`",
)
CACHE_DIR = Setting(
    field="cache_dir",
    variable="HIGHWATER_CACHE_DIR",
    meaning="Directory of what can be made again: mirrors and built environments.",
    parse=parse_path,
    allowed="a directory",
    default="`$XDG_CACHE_HOME/highwater`, or `~/.cache/highwater`",
)
QUEUE_URL = Setting(
    field="queue_url",
    variable="QUEUE_URL",
    meaning="The Redis of the runners' queues, the only one that a runner reaches.",
    parse=parse_redis_url,
    allowed="a URL redis://, rediss:// or unix://",
    default="the bot: `REDIS_URL`, else the embedded one; a runner on its own: none",
    secret=True,
)
RUNNER_NAME = Setting(
    field="runner_name",
    variable="HIGHWATER_RUNNER_NAME",
    meaning="Name of the runner on this machine; each live runner needs its own.",
    parse=parse_name,
    allowed="1 to 63 letters, digits, `_`, `.` or `-`, the first a letter or digit",
    default="the machine's host name",
)
RUNNER_TAGS = Setting(
    field="runner_tags",
    variable="HIGHWATER_RUNNER_TAGS",
    meaning="Hardware tags of the runner on this machine; it takes suites whose `runs_on` are "
    "all among them.",
    parse=parse_tags,
    allowed="1 to 6 tags separated by commas, each of a-z, 0-9, `_`, `.` and `-`",
    default="operating system and architecture, such as `linux,x86_64`",
)
LOG_LEVEL = Setting(
    field="log_level",
    variable="HIGHWATER_LOG_LEVEL",
    meaning="The least severe log lines that are written, on standard error.",
    parse=parse_log_level,
    allowed=", ".join(LOG_LEVELS),
    default="`INFO`",
)
LOG_CONFIG = Setting(
    field="log_config",
    variable="HIGHWATER_LOG_CONFIG",
    meaning="A JSON file for Python's `logging.config.dictConfig` in place of the built-in "
    "one-line format (example: `config/logging.json`).",
    parse=parse_path,
    allowed="a JSON file",
    default="none",
)


def read_layers(
    flags: Mapping[str, str | None], environ: Mapping[str, str], start: Path
) -> tuple[Layer, ...]:
    """Gather the texts of flags (by field), of the ``.env`` of *start* and of *environ*.

    ``HIGHWATER_ENV_FILE`` in *environ* names another file than ``.env``. Without it a job of
    GitHub Actions reads none: it starts in a pull request's tree, whose author must not choose
    where evidence and certificates are read.

    Raises:
        UserError: the file cannot be read, or a line of it is no ``NAME=VALUE``.
    """
    given = {name: text for name, text in flags.items() if text is not None}
    in_job = environ.get("GITHUB_ACTIONS") == "true"
    chosen = environ.get(ENV_FILE_VARIABLE) or (NO_ENV_FILE if in_job else None)
    file = start / ".env" if not chosen else start / Path(chosen).expanduser()
    return (
        Layer(Source.FLAG, given, "command line"),
        Layer(Source.DOT_ENV, _read_dot_env(file, required=bool(chosen)), str(file)),
        Layer(Source.ENVIRONMENT, environ, "environment"),
    )


def default_state_dir(environ: Mapping[str, str]) -> Path:
    """Give the XDG state directory's ``highwater``."""
    return _xdg(environ, "XDG_STATE_HOME", ".local/state")


def default_cache_dir(environ: Mapping[str, str]) -> Path:
    """Give the XDG cache directory's ``highwater``."""
    return _xdg(environ, "XDG_CACHE_HOME", ".cache")


def default_runner_name() -> str:
    """Make a runner's name of the host name; ``runner`` where that has nothing usable."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", socket.gethostname()).strip("-._")[:63]
    return name or "runner"


def default_runner_tags() -> tuple[str, ...]:
    """Give operating system and architecture, such as ``("linux", "x86_64")``."""
    return parse_tags(f"{platform.system()},{platform.machine()}".lower())


def _xdg(environ: Mapping[str, str], variable: str, below_home: str) -> Path:
    given = environ.get(variable, "")
    if given.startswith("/"):  # the XDG specification: a relative one is to be ignored
        return Path(given) / "highwater"
    return Path.home() / below_home / "highwater"


def _read_dot_env(file: Path, *, required: bool) -> dict[str, str]:
    try:
        text = file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError) as error:
        if not required:
            return {}
        problem = f"{ENV_FILE_VARIABLE} names a file that does not exist."
        raise UserError(problem, Where(str(file)), "Create it, or unset the variable.") from error
    except (OSError, UnicodeDecodeError) as error:
        remedy = "It must be a readable UTF-8 file of NAME=VALUE lines."
        problem = f"Cannot be read: {error}."
        raise UserError(problem, Where(str(file)), remedy) from error
    return _parse_dot_env(text, str(file))


def _parse_dot_env(text: str, file: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key is not None and binding.value is None):
            line = binding.original.line + _leading_newlines(binding.original.string)
            remedy = "Write NAME=VALUE, or start the line with # for a comment."
            problem = "This line is not a setting."
            raise UserError(problem, Where(file, line=line), remedy)
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
    return values


def _leading_newlines(text: str) -> int:
    return text[: len(text) - len(text.lstrip())].count("\n")


def current_environ() -> Mapping[str, str]:
    """Copy the process's environment: read once, so that it cannot change under way."""
    return dict(os.environ)
