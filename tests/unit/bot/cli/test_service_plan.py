"""What ``highwater up`` is to start, and what each process is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.cli.service_plan import Plan, plan_services
from bot.embedded import EmbeddedValkey
from bot.settings import Secret, read_settings
from worker.settings import read_runner_settings

URL = "unix://:password@/state/valkey/valkey.sock"
VALKEY = EmbeddedValkey(Path("/state"), Path("/state/s"), URL, ("/bin/valkey", "/state/conf"))
ENVIRON = {"PATH": "/usr/bin", "HIGHWATER_WEBHOOK_SECRET": "of the environment", "EDITOR": "vi"}


def _plan(tmp_path: Path, valkey: EmbeddedValkey | None, **changes: object) -> Plan:
    settings = read_settings({"state_dir": str(tmp_path)}, environ={}, start=tmp_path)
    settings = replace(settings, webhook_secret=Secret("made-up"), **changes)
    runner = read_runner_settings({"runner_tags": "linux,demo"}, environ={}, start=tmp_path)
    return plan_services(settings, runner, valkey, ENVIRON)


def test_the_embedded_server_stands_below_everything_else(tmp_path: Path) -> None:
    plan = _plan(tmp_path, VALKEY)

    assert [(one.name, one.foundation) for one in plan.services] == [
        ("valkey", True),
        ("web", False),
        ("jobs", False),
        ("scheduler", False),
        ("runner", False),
    ]


def test_every_process_is_told_of_the_embedded_server(tmp_path: Path) -> None:
    _valkey, *ours, runner = _plan(tmp_path, VALKEY).services

    assert [one.environ["REDIS_URL"] for one in ours] == [URL] * 3
    assert runner.environ["QUEUE_URL"] == URL


def test_with_a_redis_of_ones_own_none_is_started(tmp_path: Path) -> None:
    plan = _plan(tmp_path, None, redis_url="redis://bot/0", queue_url="redis://queue/0")

    assert plan.services[0].name == "web"
    assert plan.services[-1].environ["QUEUE_URL"] == "redis://queue/0"


def test_the_runner_is_not_told_the_bots_redis_or_secret(tmp_path: Path) -> None:
    runner = _plan(tmp_path, VALKEY).services[-1]

    assert {"REDIS_URL", "HIGHWATER_WEBHOOK_SECRET", "DATABASE_URL"} & set(runner.environ) == set()


def test_the_embedded_server_gets_nothing_of_the_environment_but_what_it_needs(
    tmp_path: Path,
) -> None:
    valkey = _plan(tmp_path, VALKEY).services[0]

    assert valkey.environ == {"PATH": "/usr/bin"}


def test_no_secret_is_in_a_repr_or_on_a_command_line(tmp_path: Path) -> None:
    plan = _plan(tmp_path, VALKEY)

    shown = repr(plan.services) + " ".join(word for one in plan.services for word in one.argv)
    assert [text for text in ("made-up", "password@") if text in shown] == []
