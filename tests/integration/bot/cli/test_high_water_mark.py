"""``highwater check --base BASELINE.json``: what is judged by, and what is said of the mark."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text

from bot.cli.high_water_mark import mark_of, with_origin
from bot.git import git
from bot.laptop import Wish
from bot.store.checks import CheckStore
from bot.store.engine import writing
from engine.findings import Verdict
from engine.high_water import HighWater
from engine.values import CommitSha
from tests.fakes.bot_stage import CONFIGURATION, FILES, SLOWER
from tests.fakes.cli import run_cli
from tests.fakes.histories import point
from tests.fakes.situations import situations
from tests.fakes.stored_histories import NAME, Remembered
from tests.integration.bot.store.test_checks import check_record

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def known(tmp_path: Path) -> Iterator[Remembered]:
    lax = CONFIGURATION.replace("0.10", "0.50")
    made = Remembered.create(tmp_path, {**FILES, ".highwater.yml": lax})
    yield made
    made.database.dispose()


def verdict_on(known: Remembered, base: str) -> Verdict:
    """Give a verdict on today's tip against *base*."""
    tip = known.tree.tip()
    return msgspec.structs.replace(situations()["regression"], base=base, head=tip, target=tip)


def mark(known: Remembered, wish: Wish, base: str) -> HighWater:
    found = mark_of(wish, verdict_on(known, base), {"state_dir": str(known.state)}, NOW)
    assert found is not None
    return found


def marked(known: Remembered) -> tuple[Wish, str]:
    """Record a baseline of the first commit, and go on from there."""
    origin = known.tree.tip()
    file = known.origin(origin)
    known.merge({".highwater.yml": CONFIGURATION.replace("0.10", "0.03")}, "Tighter (#3)")
    known.history.store(NAME, [point(0, 1.0, commit=origin)])
    return with_origin(Wish(directory=known.tree.directory, base=str(file))), origin


def test_todays_budget_decides_against_an_old_baseline_and_the_other_is_told(
    known: Remembered, tmp_path_factory: pytest.TempPathFactory
) -> None:
    wish, _ = marked(known)
    known.tree.switch("feature")
    known.tree.commit({"work.py": SLOWER.replace("14.5", "12.5")})  # within 50 %, not within 3 %
    cache = tmp_path_factory.getbasetemp() / "environment-cache"
    places = ("--repo", str(known.tree.directory), "--state-dir", str(known.state))
    done = run_cli(
        *("check", *places, "--base", str(wish.base), "--head", "HEAD", "--suite", "core"),
        *("--cache-dir", str(cache)),
    )
    assert done.code == 1, done.stdout
    assert "the origin's differ for core" in " ".join(done.stdout.split())
    again = f"highwater check --base {wish.base} --head HEAD --suite core"  # that very mark
    assert again.replace(" ", "") in "".join(done.stdout.split())


def test_a_baseline_that_is_gone_after_the_measurement_costs_nothing(known: Remembered) -> None:
    wish, origin = marked(known)
    Path(str(wish.base)).unlink()
    found = mark(known, wish, origin)
    assert (found.commit, found.commits) == (origin, 1)


def test_a_ledger_that_cannot_be_read_is_no_ledger_and_costs_no_verdict(
    known: Remembered, capsys: pytest.CaptureFixture[str]
) -> None:
    wish, origin = marked(known)
    with writing(known.database) as connection:
        connection.execute(text("DROP TABLE debts"))
    assert mark(known, wish, origin).losses is None
    assert "no such table: debts" in capsys.readouterr().err


def test_null_runs_of_a_laptop_are_no_ledger(known: Remembered) -> None:
    wish, origin = marked(known)
    without = mark(known, wish, origin)
    CheckStore(known.database).open_check(check_record("c1", repository=NAME), ())
    assert (without.losses, mark(known, wish, origin).losses) == (None, ())


def test_an_origin_beside_the_head_is_told(known: Remembered) -> None:
    wish, _ = marked(known)
    known.tree.switch("feature")
    beside = known.tree.commit({"work.py": SLOWER})
    git(known.tree.directory, "switch", "--quiet", "main")
    known.merge({}, "more")
    found = mark(known, wish, CommitSha(beside))
    assert not found.descends
