"""What ``doctor`` finds about services: Redis, the runners at its queues, the database."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.diagnosis import Diagnosis, Subject, ok, problem, warning
from bot.cli.diagnosis_github import is_loopback
from bot.embedded import running_url
from bot.settings import Settings
from bot.store.checks import CheckStore
from bot.store.engine import database_file, open_database
from bot.store.migrate import revisions
from bot.store.tables import CHECKS, RUNS
from engine.errors import UserError
from worker.queue.heartbeat import RunnerState, live_runners
from worker.queue.names import own_tag

TIMEOUT_S = 2
_NOBODY = "no live runner"
_IN_TIME: dict[str, Any] = {
    "socket_timeout": TIMEOUT_S,
    "socket_connect_timeout": TIMEOUT_S,
    "retry": Retry(NoBackoff(), 0),  # redis-py's own would take its time
}


def check_redis(subject: Subject) -> tuple[Diagnosis, ...]:
    """Look at the bot's Redis and, where it is another one, at the runners' queue."""
    settings = subject.settings
    if settings.redis_url is None:
        found = _embedded(settings)
    else:
        found = _redis_at("redis", "REDIS_URL", settings.redis_url)
    if settings.queue_url is None or settings.queue_url == settings.redis_url:
        return found
    return (*found, *_redis_at("queue", "QUEUE_URL", settings.queue_url))


def check_database(subject: Subject) -> tuple[Diagnosis, ...]:
    """Look whether the database can be read and has this version's tables; makes none."""
    try:
        missing = _missing_file(subject)
        if missing is not None:
            return warning("database", f"{missing} does not exist yet", "highwater migrate")
        database = open_database(subject.settings.database_url)
        found = revisions(database)
        database.dispose()
    except (SQLAlchemyError, UserError) as error:
        return problem("database", _first_line(error), "Look at DATABASE_URL.")
    if not found.up_to_date:
        stands = f"at revision {found.current or 'none'}, this version wants {found.wanted}"
        return problem("database", stands, "highwater migrate")
    return ok("database", f"reachable, at revision {found.current}")


def _embedded(settings: Settings) -> tuple[Diagnosis, ...]:
    url = running_url(settings.state_dir)
    if url is None:
        return ok("redis", "embedded; not running (highwater up starts it)")
    return _redis_at("redis", "the embedded server", url)


def check_runners(subject: Subject) -> tuple[Diagnosis, ...]:
    """Look whether every set of tags that is asked for has a live runner."""
    url = _queue_url(subject.settings)
    if url is None:
        return ()  # nothing can be asked
    try:
        with Redis.from_url(url, **_IN_TIME) as connection:
            live = live_runners(connection)
    except (RedisError, OSError, ValueError):
        return ()  # the row of that Redis says so
    lacking = [tags for tags in _wanted_tags(subject) if not _has(live, tags)]
    if lacking:
        return tuple(row for tags in lacking for row in _no_runner(tags))
    if not live:
        return warning("runners", _NOBODY, "highwater runner, or highwater up, which brings one")
    return ok("runners", ", ".join(f"{one.name} ({','.join(one.tags)})" for one in live))


def newest_tags(database: Engine) -> tuple[tuple[str, ...], ...]:
    """List the tags of the runs of each repository's newest check."""
    newest = (
        select(CHECKS.c.repository, func.max(CHECKS.c.opened_utc).label("opened"))
        .group_by(CHECKS.c.repository)
        .subquery()
    )
    statement = (
        select(RUNS.c.tags)
        .join(CHECKS, CHECKS.c.id == RUNS.c.check_id)
        .join(
            newest,
            (CHECKS.c.repository == newest.c.repository) & (CHECKS.c.opened_utc == newest.c.opened),
        )
    )
    with database.connect() as connection:
        return tuple(sorted({tuple(row.tags) for row in connection.execute(statement)}))


def _queue_url(settings: Settings) -> str | None:
    return settings.queue_url or settings.redis_url or running_url(settings.state_dir)


def _wanted_tags(subject: Subject) -> tuple[tuple[str, ...], ...]:
    """List the tags that orders wait for, and those of each repository's newest check."""
    if _missing_file(subject) is not None:
        return ()
    try:
        database = open_database(subject.settings.database_url)
        try:
            wanted = {*CheckStore(database).queued_tags(), *newest_tags(database)}
            return tuple(sorted(wanted))
        finally:
            database.dispose()
    except (SQLAlchemyError, UserError):
        return ()  # the row of the database says so


def _has(live: tuple[RunnerState, ...], tags: tuple[str, ...]) -> bool:
    return any(set(tags) <= {*one.tags, own_tag(one.name)} for one in live)


def _no_runner(tags: tuple[str, ...]) -> tuple[Diagnosis, ...]:
    joined = ",".join(tags)
    found = f"{_NOBODY} has all of {joined}"
    return problem("runners", found, f"highwater runner --tags {joined}")


def _missing_file(subject: Subject) -> Path | None:
    named = database_file(subject.settings.database_url)
    file = None if named is None else subject.start / named
    return None if file is None or file.exists() else file


def _redis_at(name: str, variable: str, url: str) -> tuple[Diagnosis, ...]:
    if _in_the_clear(url):
        found = f"{variable} has no TLS: tokens and orders cross the network readable"
        return problem(name, found, "Serve it with TLS and write rediss://, or use a loopback one.")
    try:
        with Redis.from_url(url, decode_responses=True, **_IN_TIME) as connection:
            info = connection.info()
    except (RedisError, OSError, ValueError) as error:
        return problem(name, f"{variable}: {_first_line(error)}", f"Start it, or mend {variable}.")
    found = f"{info.get('server_name', 'redis')} {info.get('redis_version', '?')}"
    if not info.get("aof_enabled"):
        remedy = "Set `appendonly yes`: without it a crash loses queued orders."
        return warning(name, f"{found}, without append-only file", remedy)
    return ok(name, f"{found}, with append-only file")


def _in_the_clear(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "redis" and not is_loopback(parts.hostname or "")


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
