"""The processes of ``highwater up``: their command lines, environments and logs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.embedded import EmbeddedValkey
from bot.settings import Settings, service_environment
from bot.supervisor import Service, own_command
from worker.settings import RunnerSettings, runner_environment

VALKEY = "valkey"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to run, and the embedded server among it, if any."""

    services: tuple[Service, ...]
    valkey: EmbeddedValkey | None


def plan_services(
    settings: Settings,
    runner: RunnerSettings,
    valkey: EmbeddedValkey | None,
    environ: Mapping[str, str],
) -> Plan:
    """Plan web, jobs, scheduler and one runner, on *valkey* where no Redis is named.

    The runner's environment holds none of the bot's settings and secrets.
    """
    connected = settings if valkey is None else _on(settings, valkey)
    ours = service_environment(connected, environ)
    queue = replace(runner, queue_url=connected.queue_url)
    services = (
        *(() if valkey is None else (_valkey(settings, valkey, environ),)),
        *(_service(name, ours) for name in ("web", "jobs", "scheduler")),
        _service("runner", runner_environment(queue, environ)),
    )
    return Plan(services, valkey)


def _on(settings: Settings, valkey: EmbeddedValkey) -> Settings:
    return replace(settings, redis_url=valkey.url, queue_url=settings.queue_url or valkey.url)


def _service(name: str, environ: Mapping[str, str]) -> Service:
    return Service(name=name, argv=own_command(name), environ=environ)


def _valkey(settings: Settings, valkey: EmbeddedValkey, environ: Mapping[str, str]) -> Service:
    needed = {name: environ[name] for name in ("PATH", "LANG", "TZ") if name in environ}
    log = settings.state_dir / "logs" / "valkey.log"
    return Service(name=VALKEY, argv=valkey.argv, environ=needed, log=log, foundation=True)
