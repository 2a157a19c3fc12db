"""The whole app in a folder of its own, as ``highwater up`` runs it, and a view of what it did."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.addresses import is_healthy
from bot.embedded import running_url
from bot.local.forge import LocalForge
from bot.settings import Settings, read_settings, service_environment
from bot.store.checks import CheckStore
from bot.store.engine import open_database
from bot.store.migrate import migrate
from bot.supervisor import ends_with, own_command
from engine.errors import UserError, Where
from engine.precedence import resolve
from worker.queue.settings import (
    CACHE_DIR,
    ENV_FILE_VARIABLE,
    NO_ENV_FILE,
    default_cache_dir,
    default_runner_tags,
    read_layers,
)
from worker.settings import is_ours

TAG = "demo"
READY_WITHIN_S = 60.0
STOP_WITHIN_S = 15.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Stage:
    """A running app: its settings, its local forge and its store, read where they lie."""

    settings: Settings
    person: Mapping[str, str] = field(repr=False)  # the environment of a user's own commands
    forge: LocalForge
    checks: CheckStore
    process: subprocess.Popen[bytes]

    @property
    def webhook_url(self) -> str:
        """Where deliveries go."""
        return f"{self.settings.public_url}/webhook"

    @property
    def secret(self) -> str:
        """What deliveries are signed with."""
        known = self.settings.webhook_secret
        assert known is not None  # noqa: S101 - made for every stage
        return known.reveal()

    @property
    def log(self) -> Path:
        """What all services wrote."""
        return log_of(self.settings.state_dir)

    def redis_url(self) -> str | None:
        """Give the address of the stage's Redis while it runs."""
        return running_url(self.settings.state_dir)

    def require_running(self) -> None:
        """Make sure that the services still run.

        Raises:
            UserError: they have ended.
        """
        if self.process.poll() is not None:
            problem = f"The services ended with {self.process.returncode}."
            raise UserError(problem, Where(str(self.log)), "The log says why.")


@contextmanager
def running_stage(state_dir: Path, environ: Mapping[str, str], port: int) -> Iterator[Stage]:
    """Run the app on *state_dir* until left; nothing of it is left behind.

    Of *environ*, our own variables are not used, save where caches are: a demonstration must
    not touch the Redis, the database or the GitHub App of the person who runs it.

    Raises:
        UserError: it does not come up.
    """
    settings = stage_settings(state_dir, environ, port)
    person = person_environment(settings, environ)
    migrate(settings.database_url)
    database = open_database(settings.database_url)
    process = _start(service_environment(settings, person), log_of(state_dir))
    try:
        forge = LocalForge(database, settings.local_repositories)
        yield Stage(settings, person, forge, CheckStore(database), process)
    finally:
        _stop(process)
        database.dispose()


def wait_until_ready(stage: Stage) -> None:
    """Wait until the web service answers.

    Raises:
        UserError: the services ended, or do not come up in a minute.
    """
    deadline = time.monotonic() + READY_WITHIN_S
    while not is_healthy(stage.settings.host, stage.settings.port):
        stage.require_running()
        if time.monotonic() > deadline:
            problem = "The services do not come up."
            raise UserError(problem, Where(str(stage.log)), "The log says why.")
        time.sleep(_POLL_S)


def stage_settings(state_dir: Path, environ: Mapping[str, str], port: int) -> Settings:
    """Make the settings of a stage: the local forge, embedded services, a secret of its own.

    Raises:
        UserError: the setting of the cache directory is not allowed.
    """
    layers = read_layers({}, environ, Path.cwd())
    cache = resolve(CACHE_DIR, layers, default_cache_dir(environ)).value
    given = {
        "HIGHWATER_STATE_DIR": str(state_dir),
        "HIGHWATER_CACHE_DIR": str(cache),
        "HIGHWATER_PORT": str(port),
        "HIGHWATER_FORGE": "local",
        "HIGHWATER_WEBHOOK_SECRET": secrets.token_hex(20),
        "HIGHWATER_RUNNER_NAME": "demo",
        "HIGHWATER_RUNNER_TAGS": ",".join((*default_runner_tags(), TAG)),
        ENV_FILE_VARIABLE: NO_ENV_FILE,
    }
    return read_settings(environ=given)


def person_environment(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Make the environment of a user's own commands: theirs, without any setting of ours.

    The cache directory is the stage's, so that what ``setup`` builds is built once.
    """
    theirs = {name: text for name, text in environ.items() if not is_ours(name)}
    ours = {CACHE_DIR.variable: str(settings.cache_dir), ENV_FILE_VARIABLE: NO_ENV_FILE}
    return {**theirs, **ours}


def log_of(state_dir: Path) -> Path:
    """Name the file that all services of a stage write to."""
    return state_dir / "logs" / "services.log"


def _start(environ: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            own_command("up"),
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours: we end the services and say so
            preexec_fn=ends_with(os.getpid()),  # noqa: PLW1509 - no other thread runs yet
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
