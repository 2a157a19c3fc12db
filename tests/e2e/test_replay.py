"""``highwater replay`` judges anew from what is stored."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.cli.main import main
from engine.revision import rule_revision
from engine.values import CheckId
from tests.fakes.bot_stage import SLOWER, Bot, head_of, opened


@pytest.fixture
def concluded(bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bot:
    """Give a bot that has concluded a red check, and the settings of its database."""
    opened(bot, "slower", {"work.py": SLOWER})
    bot.work_off()
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'bot.db'}")
    return bot


def check_id(bot: Bot) -> str:
    return bot.runs_of(head_of(bot, "slower"))["highwater"].external_id


def test_replay_renders_the_published_comment_byte_for_byte(
    concluded: Bot, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["replay", check_id(concluded)])

    shown = capsys.readouterr()
    assert [shown.out] == concluded.stage.bodies(1)
    assert (code, shown.err) == (1, "")


def test_replay_by_a_runs_id_renders_the_published_document(
    concluded: Bot, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    code = main(["replay", f"{check_id(concluded)}-1", "--format", "json"])

    stored = concluded.services.checks.verdict(check_id(concluded))
    assert stored is not None
    assert capsysbinary.readouterr().out == stored.document
    assert code == 1


def test_one_edited_sample_leads_to_another_verdict_and_replay_says_so(
    concluded: Bot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(tmp_path / "bot.db") as database:
        database.execute(
            "UPDATE samples SET samples = '[0.001]'"
            " WHERE rowid = (SELECT samples.rowid FROM samples"
            " JOIN pair_launches AS l ON l.run = samples.run AND l.position = samples.launch"
            " WHERE samples.case_name = 'parse' AND l.side = 'head' LIMIT 1)"
        )
    database.close()

    code = main(["replay", check_id(concluded)])

    shown = capsys.readouterr()
    assert "Cannot tell" in shown.out
    assert "what was published" in shown.err
    assert code == 5


def test_replay_of_an_unknown_run_says_where_ids_are_found(
    concluded: Bot, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["replay", "c0ffee"])

    assert code == 5
    assert "last line of a comment" in capsys.readouterr().err


def decided_by_another_rule(tmp_path: Path, outcome: str = "regression") -> None:
    """Let an earlier version have decided: it published its words, maybe another outcome."""
    with sqlite3.connect(tmp_path / "bot.db") as database:
        changed = "UPDATE verdicts SET decided_by = 'unknown', comment = 'As it was.', outcome = ?"
        database.execute(changed, (outcome,))
    database.close()


def test_a_verdict_of_another_rule_is_shown_as_published_with_what_this_one_says(
    concluded: Bot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decided_by_another_rule(tmp_path)

    code = main(["replay", check_id(concluded)])

    shown = capsys.readouterr()
    assert (code, shown.out.strip()) == (1, "As it was.")
    assert "by rule unknown; decided anew by the present rule" in shown.err
    assert shown.err.strip().endswith("same outcome.")


def test_another_outcome_by_this_rule_is_told_and_is_no_sign_of_tampering(
    concluded: Bot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    decided_by_another_rule(tmp_path, "pass")

    code = main(["replay", check_id(concluded)])

    shown = capsys.readouterr()
    assert (code, shown.out.strip()) == (0, "As it was.")
    assert "differs, regression" in shown.err
    assert "Do not trust" not in shown.err


def test_the_present_rule_is_stored_with_what_it_decided(concluded: Bot) -> None:
    stored = concluded.services.checks.verdict(CheckId(check_id(concluded)))
    assert stored is not None
    assert stored.decided_by == rule_revision()
