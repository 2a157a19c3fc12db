"""Make the services of a process from its settings: the one place that chooses adapters."""

from __future__ import annotations

from redis import Redis
from sqlalchemy import Engine

from bot.clock import SystemClock
from bot.github.client import GitHubApi
from bot.github.forge import GitHubForge
from bot.github.spacing import RedisSpacing
from bot.github.tokens import RedisTokens
from bot.local.forge import LocalForge
from bot.mirror import Mirrors
from bot.ports import HookDeliveries
from bot.services import Services
from bot.settings import Settings, github_credentials
from bot.store.engine import open_database
from bot.stores import stores_over
from engine.errors import UserError, Where
from worker.queue.rq_queue import RedisOrderQueue


def open_services(settings: Settings) -> Services:
    """Open database, queue and forge as the settings say; nothing is sent anywhere yet.

    Raises:
        UserError: Redis, the webhook secret or the forge's credentials are not set.
    """
    redis_url = private_redis_url(settings)
    database = open_database(settings.database_url)
    forge = _forge(settings, database, Redis.from_url(redis_url))
    return Services(
        forge=forge,
        hooks=forge.hook_deliveries() if isinstance(forge, GitHubForge) else None,
        queue=RedisOrderQueue(Redis.from_url(settings.queue_url or redis_url)),
        clock=SystemClock(),
        **stores_over(database),
        mirrors=Mirrors(settings.state_dir / "mirrors"),
        state_dir=settings.state_dir,
        public_url=settings.public_url,
        secret=_secret(settings),
    )


def open_hooks(settings: Settings) -> HookDeliveries:
    """Open GitHub's list of the webhooks that it sent, and nothing else; nothing is sent yet.

    Raises:
        UserError: the forge is not GitHub, or its credentials are not set.
    """
    if settings.forge == "local":
        problem = "the local forge keeps no list of webhooks: there is nothing to poll."
        remedy = "Set the GitHub App's id and key, or take HIGHWATER_POLL and --poll away."
        raise UserError(problem, Where("settings", field="HIGHWATER_POLL"), remedy)
    api = GitHubApi(api_url=settings.github_api_url, clone_url=settings.github_clone_url)
    return GitHubForge.connect(github_credentials(settings), api).hook_deliveries()


def private_redis_url(settings: Settings) -> str:
    """Give the address of the bot's own Redis, which runners never see.

    Raises:
        UserError: none is set; ``highwater up`` brings one.
    """
    if settings.redis_url is None:
        problem = "REDIS_URL is not set: this process alone has no queue."
        remedy = "Set REDIS_URL, or run `highwater up`, which brings a Redis of its own."
        raise UserError(problem, Where("environment", field="REDIS_URL"), remedy)
    return settings.redis_url


def _secret(settings: Settings) -> str:
    if settings.webhook_secret is None:
        problem = "HIGHWATER_WEBHOOK_SECRET is not set: forged deliveries would pass."
        remedy = "Set it to the secret of the App's webhook."
        where = Where("environment", field="HIGHWATER_WEBHOOK_SECRET")
        raise UserError(problem, where, remedy)
    return settings.webhook_secret.reveal()


def _forge(settings: Settings, database: Engine, redis: Redis) -> GitHubForge | LocalForge:
    if settings.forge == "local":
        return LocalForge(database, settings.local_repositories)
    api = GitHubApi(api_url=settings.github_api_url, clone_url=settings.github_clone_url)
    shared = (RedisTokens(redis), RedisSpacing(redis))
    return GitHubForge.connect(github_credentials(settings), api, *shared)
