"""A runner's settings: all that it reads of the environment; nothing of the bot's is among them.

Precedence: command-line flag > ``.env`` of the start directory > environment > code default.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

from engine.errors import UserError, Where
from engine.precedence import Setting, Source, resolve
from worker.data_setting import DATA, DataMount
from worker.queue import settings as shared

T = TypeVar("T")

# Named one by one: among what begins like these are tokens for publishing and passwords.
DEFAULT_SETUP_ENV = (
    "PIP_CERT",
    "PIP_CONFIG_FILE",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_NO_INDEX",
    "PIP_PROXY",
    "PIP_RETRIES",
    "PIP_TIMEOUT",
    "PIP_TRUSTED_HOST",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_HTTP_TIMEOUT",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_INSECURE_HOST",
    "UV_NATIVE_TLS",
    "UV_OFFLINE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "all_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
)
PIP_CONFIGURATION = "PIP_CONFIG_FILE"
OURS = ("HIGHWATER_*", "REDIS_URL", "QUEUE_URL", "DATABASE_URL")
_YES_NO = ("yes", "no")
_PATTERN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\*?")


def parse_variables(text: str) -> tuple[str, ...]:
    """Read names of environment variables separated by commas, a ``*`` at the end allowed.

    >>> parse_variables("PIP_*, HTTPS_PROXY")
    ('PIP_*', 'HTTPS_PROXY')

    Raises:
        ValueError: no name, or one that is none.
    """
    names = tuple(part.strip() for part in text.split(",") if part.strip())
    if not names or not all(_PATTERN.fullmatch(name) for name in names):
        raise ValueError(text)
    return names


def parse_yes_no(text: str) -> bool:
    """Read yes or no.

    Raises:
        ValueError: neither.
    """
    if text not in _YES_NO:
        raise ValueError(text)
    return text == "yes"


WORK_DIR = Setting(
    field="work_dir",
    variable="HIGHWATER_WORK_DIR",
    meaning="Directory of the runner's work trees; emptied after each order.",
    parse=shared.parse_path,
    allowed="a directory",
    default="`work` in the state directory",
)
SETUP_ENV = Setting(
    field="setup_env",
    variable="HIGHWATER_SETUP_ENV",
    meaning="Environment variables that a repository's `setup` gets; measuring gets none of them.",
    parse=parse_variables,
    allowed="names separated by commas, `*` at the end of one for any rest",
    default="`" + ",".join(DEFAULT_SETUP_ENV) + "`",
)
BASE_PYTHON = Setting(
    field="base_python",
    variable="HIGHWATER_BASE_PYTHON",
    meaning="The Python that repositories' environments are built from.",
    parse=shared.parse_path,
    allowed="a Python 3 executable",
    default="the Python that Highwater's own environment was made from",
)
DEDICATED = Setting(
    field="dedicated",
    variable="HIGHWATER_DEDICATED",
    meaning="Whether nothing but the runner works on this machine. A launch's level is then the "
    "mean of its faster half, else its fastest sample.",
    parse=parse_yes_no,
    allowed="yes or no",
    default="`no`",
)
RUNNER_SETTINGS: tuple[Setting[object], ...] = (
    shared.QUEUE_URL,
    shared.RUNNER_NAME,
    shared.RUNNER_TAGS,
    shared.STATE_DIR,
    WORK_DIR,
    shared.CACHE_DIR,
    SETUP_ENV,
    BASE_PYTHON,
    DEDICATED,
    DATA,
    shared.LOG_LEVEL,
    shared.LOG_CONFIG,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerSettings:
    """All that a runner's operator can set; ``sources`` tells by field where a value came from."""

    queue_url: str | None = field(repr=False)
    runner_name: str
    runner_tags: tuple[str, ...]
    state_dir: Path
    work_dir: Path
    cache_dir: Path
    setup_env: tuple[str, ...]
    base_python: Path
    dedicated: bool
    data: tuple[DataMount, ...]
    log_level: str
    log_config: Path | None
    sources: Mapping[str, Source] = field(repr=False)

    @property
    def mounts(self) -> Mapping[str, Path]:
        """The paths of the data mounts by their names."""
        return {mount.name: mount.path for mount in self.data}


def read_runner_settings(
    flags: Mapping[str, str | None] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    start: Path | None = None,
) -> RunnerSettings:
    """Read a runner's settings once; parameters as ``bot.settings.read_settings``.

    Raises:
        UserError: a value is not allowed, or ``.env`` cannot be read.
    """
    environ = shared.current_environ() if environ is None else environ
    layers = shared.read_layers(flags or {}, environ, Path.cwd() if start is None else start)
    sources: dict[str, Source] = {}

    def read(setting: Setting[T], default: T) -> T:
        resolved = resolve(setting, layers, default)
        sources[setting.field] = resolved.source
        return resolved.value

    state_dir = read(shared.STATE_DIR, shared.default_state_dir(environ))
    return RunnerSettings(
        queue_url=read(shared.QUEUE_URL, None),
        runner_name=read(shared.RUNNER_NAME, shared.default_runner_name()),
        runner_tags=read(shared.RUNNER_TAGS, shared.default_runner_tags()),
        state_dir=state_dir,
        work_dir=read(WORK_DIR, state_dir / "work"),
        cache_dir=read(shared.CACHE_DIR, shared.default_cache_dir(environ)),
        setup_env=read(SETUP_ENV, DEFAULT_SETUP_ENV),
        base_python=read(BASE_PYTHON, default_base_python()),
        dedicated=read(DEDICATED, default=False),
        data=read(DATA, ()),
        log_level=read(shared.LOG_LEVEL, "INFO"),
        log_config=read(shared.LOG_CONFIG, None),
        sources=sources,
    )


def required_queue_url(settings: RunnerSettings) -> str:
    """Give the URL of the queue's Redis.

    Raises:
        UserError: none is set.
    """
    if settings.queue_url is None:
        problem = "QUEUE_URL is not set: a runner on its own must know where its orders are."
        remedy = "Set QUEUE_URL, or run `highwater up`, which brings a queue and a runner."
        raise UserError(problem, Where("environment", field="QUEUE_URL"), remedy)
    return settings.queue_url


def setup_variables(settings: RunnerSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Choose what of *environ* a repository's ``setup`` sees beside the fixed environment.

    Our own variables are never among it, whatever the setting says. ``setup`` has a home of its
    own, so pip's configuration of the person who runs the runner is named to it, where there
    is one, none is named already, and the setting lets it through.
    """

    def is_let_through(name: str) -> bool:
        return any(fnmatchcase(name, one) for one in settings.setup_env)

    found = {**_pip_configuration(environ), **environ}
    return {
        name: text for name, text in found.items() if not is_ours(name) and is_let_through(name)
    }


def runner_environment(settings: RunnerSettings, environ: Mapping[str, str]) -> dict[str, str]:
    """Make the environment in which a runner's process reads the very same settings.

    Everything of *environ* stays that is none of ours: so no key, secret or database of the bot.
    """
    kept = {name: text for name, text in environ.items() if not is_ours(name)}
    values = {one.variable: _text(getattr(settings, one.field)) for one in RUNNER_SETTINGS}
    given = {name: text for name, text in values.items() if text is not None}
    debug = environ.get(shared.DEBUG_VARIABLE)
    if debug is not None:
        given[shared.DEBUG_VARIABLE] = debug
    return {**kept, **given, shared.ENV_FILE_VARIABLE: shared.NO_ENV_FILE}


def is_ours(name: str) -> bool:
    """Whether an environment variable is a setting of ours, which no repository's code may see.

    >>> is_ours("DATABASE_URL"), is_ours("HIGHWATER_WEBHOOK_SECRET"), is_ours("PATH")
    (True, True, False)
    """
    return any(fnmatchcase(name, pattern) for pattern in OURS)


def default_base_python() -> Path:
    """Find the interpreter that this environment was made from."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = (Path(sys.base_prefix) / "bin" / name for name in (version, "python3"))
    return next((path for path in candidates if path.exists()), Path(sys.executable))


def _pip_configuration(environ: Mapping[str, str]) -> dict[str, str]:
    if not environ.get("HOME"):
        return {}
    home = Path(environ["HOME"])
    xdg = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    files = (xdg / "pip" / "pip.conf", home / ".pip" / "pip.conf")
    return next(({PIP_CONFIGURATION: str(file)} for file in files if file.is_file()), {})


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return _YES_NO[0] if value else _YES_NO[1]
    return ",".join(map(str, value)) or None if isinstance(value, tuple) else str(value)
