"""The bot's settings: read once a process, each value with its source (docs/reference/settings.md).

Precedence: command-line flag > ``.env`` of the start directory > environment > code default.
Secrets are ``Secret`` values, and nothing secret stands in a repr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from bot import setting_table as table
from bot.setting_table import SETTINGS, ForgeKind, Secret
from engine.errors import UserError, Where
from engine.precedence import Layer, Setting, Source, resolve
from worker.queue import settings as shared

T = TypeVar("T")

__all__ = [
    "ForgeKind",
    "GitHubCredentials",
    "Secret",
    "Settings",
    "github_credentials",
    "read_settings",
    "service_environment",
    "settings_of",
    "where_to_set",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All that an operator can set for the bot.

    ``redis_url`` and ``queue_url`` are both None when the embedded server is to be used.
    ``sources`` tells by field where each value came from; ``env_file`` is the ``.env`` that was
    read, if there was one. The private key's file is read when the key is needed.
    """

    state_dir: Path
    cache_dir: Path
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    queue_url: str | None = field(repr=False)
    host: str
    port: int
    public_url: str
    poll: int | None  # seconds
    webhook_secret: Secret | None
    webhook_secret_previous: Secret | None
    forge: ForgeKind
    local_repositories: Path
    github_app_id: str | None
    github_private_key: Secret | None
    github_private_key_file: Path | None
    github_api_url: str
    github_clone_url: str
    runner_name: str
    runner_tags: tuple[str, ...]
    log_level: str
    log_config: Path | None
    sources: Mapping[str, Source] = field(repr=False)
    env_file: Path | None = field(default=None, compare=False)

    @property
    def webhook_secrets(self) -> tuple[Secret, ...]:
        """The secrets that a delivery may be signed with: none, one, or two during a change."""
        both = (self.webhook_secret, self.webhook_secret_previous)
        return tuple(secret for secret in both if secret is not None)

    @property
    def embedded(self) -> bool:
        """Whether the embedded Valkey is to serve: no Redis is named."""
        return self.redis_url is None


@dataclass(frozen=True, slots=True)
class GitHubCredentials:
    """What proves to GitHub that we are the App."""

    app_id: str
    private_key: Secret


def read_settings(
    flags: Mapping[str, str | None] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    start: Path | None = None,
) -> Settings:
    """Read every setting once.

    *flags* holds the texts of command-line flags by field name (None: not given); *environ* is
    the process's environment and *start* the start directory unless given.

    Raises:
        UserError: a value is not allowed, or ``.env`` cannot be read.
    """
    environ = shared.current_environ() if environ is None else environ
    layers = shared.read_layers(flags or {}, environ, Path.cwd() if start is None else start)
    return settings_of(layers, environ)


def settings_of(layers: tuple[Layer, ...], environ: Mapping[str, str]) -> Settings:
    """Make the settings of texts that were gathered already; *environ* is for the defaults.

    Raises:
        UserError: a value is not allowed.
    """
    return replace(_settle(_Reading(layers), environ), env_file=_env_file(layers))


def github_credentials(settings: Settings) -> GitHubCredentials:
    """Give the App's credentials; the private key is read out of its file now.

    Raises:
        UserError: the App's id or its private key is not set, or the key cannot be read.
    """
    if settings.github_app_id is None:
        raise _missing(settings, table.GITHUB_APP_ID.variable)
    key = settings.github_private_key or _key_in(settings.github_private_key_file)
    if key is None:
        raise _missing(settings, table.GITHUB_PRIVATE_KEY_FILE.variable)
    return GitHubCredentials(settings.github_app_id, key)


def where_to_set(settings: Settings, variable: str) -> Where:
    """Say where a setting that is lacking would stand: in ``.env`` only if there is one."""
    return Where(
        "environment" if settings.env_file is None else str(settings.env_file), None, variable
    )


def service_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Make the environment in which another process of the bot reads the very same settings.

    Everything of *environ* that is no setting stays. It holds the secrets: never give it to a
    runner, whose own is made by ``worker.settings.runner_environment``.
    """
    variables = {setting.variable for setting in SETTINGS}
    kept = {name: text for name, text in environ.items() if name not in variables}
    values = {one.variable: _text(getattr(settings, one.field)) for one in SETTINGS}
    given = {name: text for name, text in values.items() if text is not None}
    return {**kept, **given, shared.ENV_FILE_VARIABLE: shared.NO_ENV_FILE}


class _Reading:
    """Reads settings from the layers and remembers the source of each."""

    def __init__(self, layers: tuple[Layer, ...]) -> None:
        self._layers = layers
        self.sources: dict[str, Source] = {}

    def __call__(self, setting: Setting[T], default: T) -> T:
        resolved = resolve(setting, self._layers, default)
        self.sources[setting.field] = resolved.source
        return resolved.value


def _settle(read: _Reading, environ: Mapping[str, str]) -> Settings:
    state_dir = read(shared.STATE_DIR, shared.default_state_dir(environ))
    redis_url = read(table.REDIS_URL, None)
    host = read(table.HOST, table.DEFAULT_HOST)
    port = read(table.PORT, table.DEFAULT_PORT)
    app_id = read(table.GITHUB_APP_ID, None)
    return Settings(
        state_dir=state_dir,
        cache_dir=read(shared.CACHE_DIR, shared.default_cache_dir(environ)),
        database_url=read(table.DATABASE_URL, f"sqlite:///{state_dir / 'highwater.db'}"),
        redis_url=redis_url,
        queue_url=read(shared.QUEUE_URL, redis_url),
        host=host,
        port=port,
        public_url=read(table.PUBLIC_URL, _address(host, port)),
        poll=read(table.POLL, None),
        webhook_secret=read(table.WEBHOOK_SECRET, None),
        webhook_secret_previous=read(table.WEBHOOK_SECRET_PREVIOUS, None),
        forge=read(table.FORGE, "github" if app_id else "local"),
        local_repositories=read(table.LOCAL_REPOSITORIES, state_dir / "repositories"),
        github_app_id=app_id,
        github_private_key=read(table.GITHUB_PRIVATE_KEY, None),
        github_private_key_file=read(table.GITHUB_PRIVATE_KEY_FILE, None),
        github_api_url=read(table.GITHUB_API_URL, "https://api.github.com"),
        github_clone_url=read(table.GITHUB_CLONE_URL, "https://github.com/{repository}.git"),
        runner_name=read(shared.RUNNER_NAME, shared.default_runner_name()),
        runner_tags=read(shared.RUNNER_TAGS, shared.default_runner_tags()),
        log_level=read(shared.LOG_LEVEL, "INFO"),
        log_config=read(shared.LOG_CONFIG, None),
        sources=read.sources,
    )


def _address(host: str, port: int) -> str:
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _key_in(file: Path | None) -> Secret | None:
    if file is None:
        return None
    try:
        return Secret(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        problem = "The GitHub App's private key cannot be read."
        where = Where(str(file), field=table.GITHUB_PRIVATE_KEY_FILE.variable)
        raise UserError(problem, where, "Name a readable PEM file.") from error


def _env_file(layers: tuple[Layer, ...]) -> Path | None:
    files = (Path(layer.file) for layer in layers if layer.source is Source.DOT_ENV)
    return next((file for file in files if file.is_file()), None)


def _missing(settings: Settings, variable: str) -> UserError:
    problem = f"{variable} is not set, and the forge is GitHub."
    remedy = f"Set {variable} in .env or the environment, or HIGHWATER_FORGE=local."
    return UserError(problem, where_to_set(settings, variable), remedy)


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, Secret):
        return value.reveal()
    return ",".join(value) if isinstance(value, tuple) else str(value)
