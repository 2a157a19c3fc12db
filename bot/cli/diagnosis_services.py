"""What ``doctor`` finds about services: Redis, the database, GitHub, the webhook."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from github import GithubIntegration
from github.GithubApp import GithubApp
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from bot.cli.diagnosis import Diagnosis, Subject, ok, problem, told, warning
from bot.embedded import running_url
from bot.github.auth import app_auth
from bot.github.errors import translated
from bot.settings import Settings, github_credentials
from bot.store.engine import database_file, open_database
from bot.store.migrate import revisions
from engine.errors import HighwaterError, UserError

TIMEOUT_S = 5
WEBHOOK_REMEDY = "Set it to the secret of the App's webhook; on the local forge to any long text."
WANTED_PERMISSIONS = {
    "checks": "write",
    "contents": "read",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
WANTED_EVENTS = ("check_run", "pull_request")
_LEVELS = ("read", "write", "admin")


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


def check_forge(subject: Subject) -> tuple[Diagnosis, ...]:
    """Look whether GitHub takes the App's credentials and gives what the bot needs."""
    settings = subject.settings
    if settings.forge == "local":
        return ok("forge", f"local: repositories in {settings.local_repositories}")
    try:
        app = _app(settings)
    except HighwaterError as error:
        remedy = error.remedy if isinstance(error, UserError) else "Look at the credentials."
        found = told(error) if isinstance(error, UserError) else str(error)
        return problem("github", found, remedy)
    lacking = [*_lacking_permissions(app), *_lacking_events(app)]
    if lacking:
        remedy = "Change it on the App's page and accept it where the App is installed."
        return problem("github", f"the App {app.slug} lacks: {', '.join(lacking)}", remedy)
    return ok("github", f"the App {app.slug} has every permission and event it needs")


def check_webhook(subject: Subject) -> tuple[Diagnosis, ...]:
    """Look whether deliveries can be trusted, and whether links lead here from outside."""
    settings = subject.settings
    if settings.webhook_secret is None:
        found = "no HIGHWATER_WEBHOOK_SECRET: `highwater up` does not start without one"
        return problem("webhook", found, WEBHOOK_REMEDY)
    if settings.forge == "local":
        return ok("webhook", f"local: {settings.public_url}")
    if _is_loopback(settings.public_url):
        remedy = "Set HIGHWATER_PUBLIC_URL to the address that GitHub and people reach."
        return warning("webhook", f"links lead to {settings.public_url}", remedy)
    return ok("webhook", f"{len(settings.webhook_secrets)} secret(s), {settings.public_url}")


def _embedded(settings: Settings) -> tuple[Diagnosis, ...]:
    url = running_url(settings.state_dir)
    if url is None:
        return ok("redis", "embedded; not running (highwater up starts it)")
    return _redis_at("redis", "the embedded server", url)


def _missing_file(subject: Subject) -> Path | None:
    named = database_file(subject.settings.database_url)
    file = None if named is None else subject.start / named
    return None if file is None or file.exists() else file


def _redis_at(name: str, variable: str, url: str) -> tuple[Diagnosis, ...]:
    timeouts = {"socket_timeout": TIMEOUT_S, "socket_connect_timeout": TIMEOUT_S}
    try:
        with Redis.from_url(url, decode_responses=True, **timeouts) as connection:
            info = connection.info()
    except (RedisError, OSError, ValueError) as error:
        return problem(name, f"{variable}: {_first_line(error)}", f"Start it, or mend {variable}.")
    found = f"{info.get('server_name', 'redis')} {info.get('redis_version', '?')}"
    if not info.get("aof_enabled"):
        remedy = "Set `appendonly yes`: without it a crash loses queued orders."
        return warning(name, f"{found}, without append-only file", remedy)
    return ok(name, f"{found}, with append-only file")


def _app(settings: Settings) -> GithubApp:
    integration = GithubIntegration(
        auth=app_auth(github_credentials(settings)),
        base_url=settings.github_api_url,
        timeout=TIMEOUT_S,
        retry=None,
    )
    with translated("reading the App"):
        return integration.get_app()


def _lacking_permissions(app: GithubApp) -> list[str]:
    held = app.permissions or {}
    return [
        f"permission {name}: {level}"
        for name, level in WANTED_PERMISSIONS.items()
        if held.get(name) not in _LEVELS[_LEVELS.index(level) :]
    ]


def _lacking_events(app: GithubApp) -> list[str]:
    return [f"event {name}" for name in WANTED_EVENTS if name not in (app.events or ())]


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
