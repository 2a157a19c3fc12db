"""``highwater ledger verify`` and ``show`` as a script sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from bot.ledger import Act, ledger_path, ledgered, note
from bot.services import Services
from bot.store.engine import open_database
from bot.store.migrate import migrate
from engine.audit.chain import Head, Stamp, sealed
from engine.audit.records import Entry
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.services import services_over

STAMP = Stamp("host:1:2", "2026-11-20T12:00:00.000000Z")


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    monkeypatch.setenv("DATABASE_URL", url)
    migrate(url)
    database = open_database(url)
    yield database
    database.dispose()


@pytest.fixture
def services(database: Engine, tmp_path: Path) -> Services:
    """Give a bot that has decided two things."""
    services = services_over(database, tmp_path / "state")
    for name in ("d1-0", "d2-0"):
        act = Act(step="accept", id=name, ctx={"by": "alice\x1b[2J\n0  forged"})
        with ledgered(services, act) as outputs:
            outputs["rows"] = 1
    return services


def verified(services: Services, *more: str) -> CommandResult:
    file = str(ledger_path(services.state_dir))
    return run_cli("ledger", "verify", file, "--state-dir", str(services.state_dir), *more)


def run_of(folder: Path) -> tuple[Path, Head]:
    """Write the ledger of a run with two cells."""
    lines, head = [], Head()
    for window in range(2):
        ctx = {"window_index": window}
        name = f"w{window}"
        for entry in (
            Entry(run_id="t1", step="optimize", kind="intent", id=name, ctx=ctx),
            Entry(run_id="t1", step="optimize", kind="outcome", ref=name, status="empty", ctx=ctx),
        ):
            line, head = sealed(entry, head, STAMP)
            lines.append(line)
    path = folder / "ledger.jsonl"
    path.write_bytes(b"".join(lines))
    return path, head


def test_a_sound_ledger_ends_with_0_and_names_its_head(services: Services) -> None:
    ended = verified(services, "--format", "json")

    assert (ended.code, ended.stderr) == (0, "")
    found = json.loads(ended.stdout)
    head = services.ledger_heads.head(str(ledger_path(services.state_dir)))
    assert head is not None
    assert found["head"] == {"records": 4, "hash": head.hash}
    assert (found["sound"], found["flaws"], found["open_intents"]) == (True, [], [])


def test_an_edited_record_ends_with_1_and_names_its_line(services: Services) -> None:
    path = ledger_path(services.state_dir)
    path.write_bytes(path.read_bytes().replace(b'"rows":1', b'"rows":9', 1))

    ended = verified(services)

    assert ended.code == 1
    assert "NOT sound, 1 flaw" in ended.stdout
    assert "line 2: hash" in ended.stdout


def test_a_cut_tail_is_found_by_the_head_in_the_database(services: Services) -> None:
    path = ledger_path(services.state_dir)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))

    ended = verified(services, "--format", "github")

    assert ended.code == 1
    assert "::error file=" in ended.stdout
    assert "2 of 4 records are missing at the end" in ended.stdout


def test_a_database_that_cannot_be_asked_is_no_sound_ledger(
    services: Services, tmp_path: Path
) -> None:
    (tmp_path / "bot.db").rename(tmp_path / "moved.db")

    ended = verified(services, "--format", "json")

    assert ended.code == 5
    assert "The database cannot be asked" in ended.stderr
    assert json.loads(ended.stdout)["end_checked"] is False


def test_without_a_stored_head_it_says_what_it_cannot_see(tmp_path: Path) -> None:
    path, _ = run_of(tmp_path)

    ended = run_cli("ledger", "verify", str(path))

    assert ended.code == 0
    assert "No head is stored apart" in ended.stderr


def test_a_manifest_holds_a_run_to_every_cell_of_its_grid(tmp_path: Path) -> None:
    path, head = run_of(tmp_path)
    cells = [{"step": "optimize", "ctx": {"window_index": window}} for window in range(3)]
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"ledger": head._asdict(), "cells": cells, "seed": 7}))

    ended = run_cli("ledger", "verify", str(path), "--expect", str(manifest))
    assert ended.code == 1
    assert "optimize (window_index=2): 0 outcomes, not 1" in ended.stdout

    manifest.write_text(json.dumps({"ledger": head._asdict(), "cells": cells[:2]}))
    assert run_cli("ledger", "verify", str(path), "--expect", str(manifest)).code == 0


@pytest.mark.parametrize("text", ["{}", "[1", '{"ledger": {"records": 1}}'])
def test_what_is_no_manifest_is_an_error_of_its_own(tmp_path: Path, text: str) -> None:
    path, _ = run_of(tmp_path)
    manifest = tmp_path / "manifest.json"
    manifest.write_text(text)

    ended = run_cli("ledger", "verify", str(path), "--expect", str(manifest))

    assert ended.code == 5
    assert str(manifest) in ended.stderr
    assert '"cells"' in ended.stderr


def test_showing_keeps_what_strangers_wrote_on_its_own_line(services: Services) -> None:
    note(services, Act(step="approve", id="x"))

    shown = run_cli("ledger", "show", str(ledger_path(services.state_dir)))

    assert shown.code == 0
    assert len(shown.stdout.splitlines()) == 5
    assert "\x1b" not in shown.stdout
    assert "by=alice[2J 0 forged" in shown.stdout


def test_showing_can_be_of_one_step_and_of_the_last_ones(services: Services) -> None:
    path = str(ledger_path(services.state_dir))
    note(services, Act(step="approve", id="x"))

    one = run_cli("ledger", "show", path, "--step", "approve", "--format", "json")
    assert [record["ref"] for record in json.loads(one.stdout)] == ["approve/x"]

    last = run_cli("ledger", "show", path, "--last", "1")
    assert len(last.stdout.splitlines()) == 1
    assert "4 earlier records are left out" in last.stderr


def test_a_line_that_cannot_be_read_is_shown_as_that(tmp_path: Path) -> None:
    path, _ = run_of(tmp_path)
    path.write_bytes(b"[[[\n" + path.read_bytes())

    shown = run_cli("ledger", "show", str(path))

    assert shown.stdout.startswith("1  cannot be read: ")
    assert len(shown.stdout.splitlines()) == 5
