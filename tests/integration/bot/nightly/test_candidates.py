"""What a night leaves for whoever accepts a new level, and the command that asks for it."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli import nightly as command
from bot.clock import utc_now
from bot.nightly.candidates import candidates_folder
from tests.fakes.bot_stage import Bot, head_of
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.nights import accepted, costs, declared, night


def candidates(bot: Bot) -> dict[str, dict[str, object]]:
    folder = candidates_folder(bot.services.state_dir, bot.stage.repository.name)
    found = sorted(folder.rglob("*.json"))
    return {path.relative_to(folder).as_posix(): json.loads(path.read_bytes()) for path in found}


def test_a_night_leaves_a_baseline_candidate_of_the_tip(bot: Bot) -> None:
    origin = declared(bot)
    accepted(bot, origin)
    bot.stage.disk.commit("main", costs(12.0))

    night(bot)

    ((path, level),) = candidates(bot).items()
    assert path.startswith("benchmarks/baselines/x86_64-linux-gnu-")
    assert level["git_sha"] == head_of(bot, "main")
    assert abs(level["baselines"]["parse"]["mean_ns"] - 12.0e6) < 0.1e6  # type: ignore[index]
    assert str(level["expires_utc"]) > "2026-11-21"


def test_an_expired_baseline_gets_a_candidate_of_the_same_level(bot: Bot) -> None:
    origin = declared(bot)
    accepted(bot, origin, expires_utc="2026-11-10T00:00:00Z")
    bot.stage.disk.commit("main", costs(10.0))

    night(bot)

    (level,) = candidates(bot).values()
    assert abs(level["baselines"]["parse"]["mean_ns"] - 10.0e6) < 0.1e6  # type: ignore[index]
    assert bot.stage.issues() == []


def work(bot: Bot, done: threading.Event) -> None:
    """Be the processes of the bot, in the time of the command."""
    while not done.wait(0.2):
        bot.clock.time = utc_now()
        bot.work_off()


@pytest.fixture
def state(bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the bot's state directory; its database stands apart."""
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'bot.db'}")
    return str(bot.services.state_dir)


def asked_for(bot: Bot, state: str) -> CommandResult:
    """Ask for candidates while the bot is at work."""
    done = threading.Event()
    works = threading.Thread(target=work, args=(bot, done))
    works.start()
    try:
        name = bot.stage.repository.name
        return run_cli("nightly", "--repo", name, "--candidate", "--state-dir", state)
    finally:
        done.set()
        works.join()


def test_the_command_begins_a_night_and_waits_for_its_candidates(bot: Bot, state: str) -> None:
    origin = declared(bot)
    accepted(bot, origin)
    bot.stage.disk.commit("main", costs(12.0))

    result = asked_for(bot, state)

    assert result.code == 0, result.stderr
    assert "benchmarks/baselines/x86_64-linux-gnu-" in result.stdout


def test_who_asks_for_a_night_that_is_not_declared_is_told_so(bot: Bot, state: str) -> None:
    declared(bot, "")

    result = asked_for(bot, state)

    assert result.code == 4
    assert f"There was no night of {bot.stage.repository.name}" in result.stderr


def test_a_night_that_nobody_takes_up_is_told(
    bot: Bot, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "_TAKEN_WITHIN_S", 0.0)
    monkeypatch.setattr(command, "WAIT", timedelta(seconds=0.2))
    declared(bot)
    name = bot.stage.repository.name

    result = run_cli("nightly", "--repo", name, "--candidate", "--state-dir", state)

    assert "Nobody has taken it up yet" in result.stderr
    assert "It has not ended within" in result.stderr


def test_a_repository_that_is_not_served_is_refused_with_the_served_ones(
    bot: Bot, state: str
) -> None:
    declared(bot)

    result = run_cli("nightly", "--repo", "ada/other", "--state-dir", state)

    assert result.code == 5
    assert "quant/research" in result.stderr
