"""What commands do to the state directory: nothing when they read, nothing for others to read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.fakes.cli import run_cli


def everyone_else(folder: Path) -> list[str]:
    places = (folder, *folder.rglob("*"))
    return [str(one) for one in places if stat.S_IMODE(one.stat().st_mode) & 0o077]


def test_migrate_makes_everything_for_its_owner_alone(tmp_path: Path) -> None:
    state = tmp_path / "a" / "state"
    assert run_cli("migrate", "--state-dir", str(state)).code == 0
    assert (everyone_else(tmp_path / "a"), (state / "highwater.db").is_file()) == ([], True)


def test_a_database_elsewhere_is_for_its_owner_alone_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'db' / 'bot.db'}")
    assert run_cli("migrate", "--state-dir", str(tmp_path / "state")).code == 0
    assert (everyone_else(tmp_path / "db"), (tmp_path / "state").exists()) == ([], False)


def test_replay_without_a_database_says_so_and_makes_none(tmp_path: Path) -> None:
    state = tmp_path / "state"
    result = run_cli("replay", "abc", "--state-dir", str(state))
    assert (result.code, result.stdout, state.exists()) == (5, "", False)
    assert result.stderr.splitlines() == [
        "Error: there is no database.",
        f"  where: {state / 'highwater.db'}",
        "  remedy: Name the bot's with --state-dir or DATABASE_URL; `highwater migrate` makes one.",
    ]


def test_replay_of_a_database_without_tables_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "highwater.db").touch()
    result = run_cli("replay", "abc", "--state-dir", str(tmp_path))
    assert (result.code, "highwater migrate" in result.stderr) == (5, True)


def test_replay_needs_no_private_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIGHWATER_GITHUB_APP_ID", "1")
    monkeypatch.setenv("HIGHWATER_GITHUB_PRIVATE_KEY_FILE", str(tmp_path / "app.pem"))
    assert run_cli("migrate", "--state-dir", str(tmp_path)).code == 0
    assert "no run or check 'abc'" in run_cli("replay", "abc", "--state-dir", str(tmp_path)).stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("up", "--port", "0", "--state-dir", "/proc/x"),
        ("migrate", "--state-dir", "/proc/x"),
        ("jobs", "--state-dir", "/proc/x"),
        ("scheduler", "--state-dir", "/proc/x"),
        ("runner", "--state-dir", "/proc/x"),
    ],
)
def test_a_state_directory_that_cannot_be_used_is_named_with_its_setting(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHWATER_WEBHOOK_SECRET", "made-up")
    monkeypatch.setenv("HIGHWATER_CACHE_DIR", str(tmp_path / "cache"))
    result = run_cli(*arguments)
    assert (result.code, "  where: /proc/x: HIGHWATER_STATE_DIR" in result.stderr) == (5, True)


@pytest.mark.parametrize("arguments", [("up", "--port", "0"), ("jobs",), ("runner",), ("check",)])
def test_a_cache_directory_that_cannot_be_used_is_named_with_its_setting(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHWATER_WEBHOOK_SECRET", "made-up")
    monkeypatch.setenv("HIGHWATER_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("HIGHWATER_CACHE_DIR", "/proc/x")
    result = run_cli(*arguments)
    assert (result.code, "  where: /proc/x: HIGHWATER_CACHE_DIR" in result.stderr) == (5, True)
