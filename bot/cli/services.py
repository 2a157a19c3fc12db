"""``highwater up``, ``jobs`` and ``scheduler``: the services of one machine, and its processes."""

from __future__ import annotations

import fcntl
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import click

from bot.addresses import free_port, is_healthy, require_free
from bot.cli.background import run_jobs, run_scheduler
from bot.cli.diagnosis_github import WEBHOOK_REMEDY
from bot.cli.logs import configure_logging
from bot.cli.options import setting_options
from bot.cli.output import message
from bot.cli.service_plan import VALKEY, Plan, plan_services
from bot.embedded import prepare, wait_until_ready
from bot.settings import Settings, github_credentials, read_settings, where_to_set
from bot.store.migrate import migrate
from bot.supervisor import Supervisor
from engine.errors import UserError, Where
from worker.processes import become_subreaper
from worker.queue.private_folders import private_file, private_folder
from worker.queue.settings import CACHE_DIR, STATE_DIR, current_environ
from worker.settings import read_runner_settings

HEALTHY_WITHIN_S = 60.0
_POLL_S = 0.1


@click.command()
@setting_options(
    "host",
    "port",
    "public_url",
    "state_dir",
    "cache_dir",
    "log_level",
    "data",
    runner_tags="--tags",
)
def up(flags: dict[str, str | None]) -> None:
    """Serve everything on this machine: web, jobs, scheduler and one runner.

    An embedded Valkey and SQLite serve unless REDIS_URL and DATABASE_URL name others. What
    dies is started again; Ctrl-C or SIGTERM ends all of it.

    \b
    Example:
      highwater up
      highwater up --port 8080 --tags linux,x86_64,bench-a
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    settings = _with_a_port(flags)
    configure_logging(settings.log_level, settings.log_config)
    _require_secrets(settings)
    private_folder(settings.cache_dir, CACHE_DIR.variable)
    with _alone_in(settings.state_dir):
        migrate(settings.database_url)
        become_subreaper()
        valkey = prepare(settings.state_dir) if settings.embedded else None
        plan = plan_services(settings, read_runner_settings(flags), valkey, current_environ())
        _serve(settings, plan)


@click.command()
@setting_options("public_url", "state_dir", "cache_dir", "log_level")
def jobs(flags: dict[str, str | None]) -> None:
    """Run the bot's background jobs: start checks, collect reports, conclude.

    A trusted process: it holds the credentials and never runs a repository's code. SIGTERM
    ends it after the delivery that it is handling.

    \b
    Example:
      highwater jobs
      REDIS_URL=redis://localhost/0 highwater jobs
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    run_jobs(_settled(flags))


@click.command()
@setting_options("public_url", "state_dir", "cache_dir", "log_level")
def scheduler(flags: dict[str, str | None]) -> None:
    """Look after lost runners: put their orders back, conclude what nobody will finish.

    Several may run; one of them leads.

    \b
    Example:
      highwater scheduler
      REDIS_URL=redis://localhost/0 highwater scheduler
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    run_scheduler(_settled(flags), _stop_on_signals())


def _settled(flags: Mapping[str, str | None]) -> Settings:
    settings = read_settings(flags)
    configure_logging(settings.log_level, settings.log_config)
    for folder, setting in ((settings.state_dir, STATE_DIR), (settings.cache_dir, CACHE_DIR)):
        private_folder(folder, setting.variable)
    return settings


def _with_a_port(flags: Mapping[str, str | None]) -> Settings:
    """Read the settings; port 0 becomes a free one before any address is made of it."""
    settings = read_settings(flags)
    if settings.port == 0:
        return read_settings({**flags, "port": str(free_port(settings.host))})
    require_free(settings.host, settings.port)
    return settings


def _require_secrets(settings: Settings) -> None:
    """Refuse to start what would only fail again and again."""
    if settings.webhook_secret is None:
        problem = "HIGHWATER_WEBHOOK_SECRET is not set: no delivery could be told from a forgery."
        where = where_to_set(settings, "HIGHWATER_WEBHOOK_SECRET")
        raise UserError(problem, where, WEBHOOK_REMEDY)
    if settings.forge == "github":
        github_credentials(settings)


@contextmanager
def _alone_in(state_dir: Path) -> Iterator[None]:
    """Hold the state directory: two of us would start two servers on one set of files."""
    with _lock_file(state_dir) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            problem = "`highwater up` runs already on this state directory."
            remedy = "End it, or name another with --state-dir."
            raise UserError(problem, Where(str(state_dir)), remedy) from error
        yield


def _lock_file(state_dir: Path) -> IO[str]:
    return private_file(state_dir / "up.lock", STATE_DIR.variable).open("w")


def _serve(settings: Settings, plan: Plan) -> None:
    supervisor = Supervisor(plan.services, message)
    stop = _stop_on_signals()
    try:
        if plan.valkey is not None:
            supervisor.start_one(VALKEY)
            wait_until_ready(plan.valkey, lambda: supervisor.alive(VALKEY))
        supervisor.start()
        if _wait_until_healthy(settings, supervisor, stop):
            _say_what_is_served(settings, plan)
        supervisor.run(stop)
    finally:
        supervisor.stop()
    message("All services have ended.")


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    return stop


def _wait_until_healthy(settings: Settings, supervisor: Supervisor, stop: threading.Event) -> bool:
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while not stop.wait(_POLL_S):
        supervisor.tick(time.monotonic())
        if is_healthy(settings.host, settings.port):
            return True
        if time.monotonic() > deadline:
            message(f"web does not answer on port {settings.port}; its log lines say why.")
            return False
    return False


def _say_what_is_served(settings: Settings, plan: Plan) -> None:
    runner = next(service for service in plan.services if service.name == "runner")
    click.echo(f"webhooks   {settings.public_url}/webhook")
    click.echo(f"verdicts   {settings.public_url}/verdicts/CHECK.json")
    click.echo(f"health     {settings.public_url}/healthz")
    click.echo(f"runner     {runner.environ['HIGHWATER_RUNNER_TAGS']}")
    click.echo(f"state      {settings.state_dir}")
    click.echo("Ctrl-C ends all of it.")
