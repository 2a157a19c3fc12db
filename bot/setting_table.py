"""What can be set: the declarations that ``bot.settings``, ``doctor`` and the docs share."""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import urlsplit

from engine.precedence import Setting
from worker.queue import settings as shared

ForgeKind = Literal["github", "local"]

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8787
MAX_PORT = 65535
SHORTEST_PAUSE_S = 5
LONGEST_PAUSE_S = 3600
_MINUTE_S = 60
_PAUSE = re.compile(r"(?P<count>[0-9]{1,4})(?P<unit>[sm]?)")
_APP_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Secret:
    """A text that only ``reveal`` shows: not repr, not str, not a traceback."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


def parse_port(text: str) -> int:
    """Read a TCP port; 0 asks the system for a free one.

    Raises:
        ValueError: no whole number from 0 to 65535.
    """
    port = int(text)
    if not 0 <= port <= MAX_PORT:
        raise ValueError(text)
    return port


def parse_web_url(text: str) -> str:
    """Check an http(s) URL; its trailing slashes go.

    Raises:
        ValueError: another scheme, or no host.
    """
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(text)
    return text.rstrip("/")


def parse_clone_url(text: str) -> str:
    """Check a clone URL's template: it names where the repository goes.

    Raises:
        ValueError: no ``{repository}`` in it.
    """
    if "{repository}" not in text:
        raise ValueError(text)
    return text


def parse_pause(text: str) -> int:
    """Read a pause as whole seconds: ``20s``, ``2m``, or a bare number of seconds.

    Raises:
        ValueError: another form, or not from 5 seconds to an hour.
    """
    found = _PAUSE.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    seconds = int(found["count"]) * (_MINUTE_S if found["unit"] == "m" else 1)
    if not SHORTEST_PAUSE_S <= seconds <= LONGEST_PAUSE_S:
        raise ValueError(text)
    return seconds


def parse_database_url(text: str) -> str:
    """Check that *text* looks like a SQLAlchemy URL.

    Raises:
        ValueError: no scheme, or nothing behind it.
    """
    scheme, separator, rest = text.partition("://")
    if not scheme or not separator or not rest:
        raise ValueError(text)
    return text


def parse_forge(text: str) -> ForgeKind:
    """Read which forge the bot speaks to.

    Raises:
        ValueError: neither ``github`` nor ``local``.
    """
    if text == "github":
        return "github"
    if text == "local":
        return "local"
    raise ValueError(text)


def parse_app_id(text: str) -> str:
    """Check a GitHub App's id or client id.

    Raises:
        ValueError: it has characters that neither has.
    """
    if not _APP_ID.fullmatch(text):
        raise ValueError(text)
    return text


def parse_secret(text: str) -> Secret:
    r"""Wrap a secret; a PEM key on one line has ``\n`` for its line ends."""
    return Secret(text.replace("\\n", "\n") if text.startswith("-----BEGIN ") else text)


DATABASE_URL = Setting(
    field="database_url",
    variable="DATABASE_URL",
    meaning="The database of deliveries, checks, samples and verdicts, as a SQLAlchemy URL.",
    parse=parse_database_url,
    allowed="a URL such as sqlite:////var/lib/highwater/highwater.db",
    default="SQLite, `highwater.db` in the state directory",
    secret=True,
)
REDIS_URL = Setting(
    field="redis_url",
    variable="REDIS_URL",
    meaning="The Redis of the bot's private state, which no runner reaches.",
    parse=shared.parse_redis_url,
    allowed="a URL redis://, rediss:// or unix://",
    default="none: an embedded Valkey in the state directory",
    secret=True,
)
HOST = Setting(
    field="host",
    variable="HIGHWATER_HOST",
    meaning="The address that `web` listens on.",
    parse=str,
    allowed="an IP address or host name of this machine",
    default="`127.0.0.1`",
)
PORT = Setting(
    field="port",
    variable="HIGHWATER_PORT",
    meaning="The TCP port that `web` listens on; 0 asks the system for a free one.",
    parse=parse_port,
    allowed="a whole number from 0 to 65535",
    default="`8787`",
)
PUBLIC_URL = Setting(
    field="public_url",
    variable="HIGHWATER_PUBLIC_URL",
    meaning="The address that links in comments and checks start with.",
    parse=parse_web_url,
    allowed="a URL http:// or https://",
    default="`http://HOST:PORT`",
)
POLL = Setting(
    field="poll",
    variable="HIGHWATER_POLL",
    meaning="How often `web` asks GitHub for the webhooks that it could not deliver here, for a "
    "machine that GitHub cannot reach.",
    parse=parse_pause,
    allowed="5s to 60m, such as 20s or 2m",
    default="none: webhooks are received",
)
WEBHOOK_SECRET = Setting(
    field="webhook_secret",
    variable="HIGHWATER_WEBHOOK_SECRET",
    meaning="The webhook's secret, with which GitHub signs each delivery.",
    parse=parse_secret,
    allowed="any text",
    default="none: every delivery is refused",
    secret=True,
)
WEBHOOK_SECRET_PREVIOUS = Setting(
    field="webhook_secret_previous",
    variable="HIGHWATER_WEBHOOK_SECRET_PREVIOUS",
    meaning="A second secret that is accepted too, while the first is being changed.",
    parse=parse_secret,
    allowed="any text",
    default="none",
    secret=True,
)
FORGE = Setting(
    field="forge",
    variable="HIGHWATER_FORGE",
    meaning="Whom the bot speaks to: GitHub, or git repositories on this machine's disk.",
    parse=parse_forge,
    allowed="github, local",
    default="`github` when an App id is set, else `local`",
)
LOCAL_REPOSITORIES = Setting(
    field="local_repositories",
    variable="HIGHWATER_LOCAL_REPOSITORIES",
    meaning="Directory of the local forge's repositories, `OWNER/NAME.git` each.",
    parse=shared.parse_path,
    allowed="a directory",
    default="`repositories` in the state directory",
)
GITHUB_APP_ID = Setting(
    field="github_app_id",
    variable="HIGHWATER_GITHUB_APP_ID",
    meaning="The GitHub App's id or client id.",
    parse=parse_app_id,
    allowed="up to 64 letters, digits, `.`, `_` and `-`",
    default="none",
)
GITHUB_PRIVATE_KEY = Setting(
    field="github_private_key",
    variable="HIGHWATER_GITHUB_PRIVATE_KEY",
    meaning="The GitHub App's private key, as PEM text.",
    parse=parse_secret,
    allowed="PEM text, its line ends also as \\n",
    default="what the private key file holds, read when it is needed",
    secret=True,
)
GITHUB_PRIVATE_KEY_FILE = Setting(
    field="github_private_key_file",
    variable="HIGHWATER_GITHUB_PRIVATE_KEY_FILE",
    meaning="The file that holds the GitHub App's private key.",
    parse=shared.parse_path,
    allowed="a readable PEM file",
    default="none",
)
GITHUB_API_URL = Setting(
    field="github_api_url",
    variable="HIGHWATER_GITHUB_API_URL",
    meaning="GitHub's REST API; on GitHub Enterprise Server `https://HOST/api/v3`.",
    parse=parse_web_url,
    allowed="a URL http:// or https://",
    default="`https://api.github.com`",
)
GITHUB_CLONE_URL = Setting(
    field="github_clone_url",
    variable="HIGHWATER_GITHUB_CLONE_URL",
    meaning="Where git fetches a repository from; `{repository}` stands for OWNER/NAME.",
    parse=parse_clone_url,
    allowed="a URL with {repository} in it",
    default="`https://github.com/{repository}.git`",
)

SETTINGS: tuple[Setting[object], ...] = (
    shared.STATE_DIR,
    shared.CACHE_DIR,
    DATABASE_URL,
    REDIS_URL,
    shared.QUEUE_URL,
    HOST,
    PORT,
    PUBLIC_URL,
    POLL,
    WEBHOOK_SECRET,
    WEBHOOK_SECRET_PREVIOUS,
    FORGE,
    LOCAL_REPOSITORIES,
    GITHUB_APP_ID,
    GITHUB_PRIVATE_KEY,
    GITHUB_PRIVATE_KEY_FILE,
    GITHUB_API_URL,
    GITHUB_CLONE_URL,
    shared.RUNNER_NAME,
    shared.RUNNER_TAGS,
    shared.LOG_LEVEL,
    shared.LOG_CONFIG,
)
