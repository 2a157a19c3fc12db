"""A pull request's comment remembers what was said before, and each one replays as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.main import main
from engine.values import CheckId
from tests.fakes.bot_stage import FILES, SLOWER, Bot, head_of

FIXED = "# mended\n" + FILES["work.py"]


def red_then_green(bot: Bot) -> tuple[int, str, str]:
    """Have a slower head judged, then one that mends it; gives number and both heads' checks."""
    bot.stage.disk.commit("slower", {"work.py": SLOWER}, onto="main")
    webhook = bot.stage.open_pull_request("slower", "main", "Change slower")
    bot.post(webhook)
    bot.work_off()
    red = bot.runs_of(head_of(bot, "slower"))["highwater"].external_id
    bot.stage.disk.commit("slower", {"work.py": FIXED})
    bot.post(bot.stage.push(webhook))
    bot.work_off()
    return (
        webhook.pull_request or 0,
        red,
        bot.runs_of(head_of(bot, "slower"))["highwater"].external_id,
    )


def test_a_mended_pull_requests_comment_is_short_and_folds_what_was_red(bot: Bot) -> None:
    number, red, _ = red_then_green(bot)

    (body,) = bot.stage.bodies(number)
    seen, fold, earlier = body.rpartition("<details><summary>Earlier verdicts: 1</summary>")
    assert body.splitlines()[1].startswith("## ✅ No regression")
    assert len(seen.partition("<details>")[0].splitlines()) <= 5
    assert fold
    assert "- ❌ Regression: `parse` is slower (head `" in earlier
    assert red in earlier


def test_every_verdict_replays_as_published_when_later_ones_have_come(
    bot: Bot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, *checks = red_then_green(bot)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'bot.db'}")

    shown = {}
    for check in checks:
        main(["replay", check])
        shown[check] = capsys.readouterr()

    stored = {check: bot.services.checks.verdict(CheckId(check)) for check in checks}
    assert {check: one.comment for check, one in stored.items() if one} == {
        check: one.out for check, one in shown.items()
    }
    assert [one.err for one in shown.values()] == ["", ""]
