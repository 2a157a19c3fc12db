"""The page of webhooks names what the bot handles, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from bot.event_parsing import HANDLED
from bot.events import NIGHTLY

ROW = re.compile(r"^\| `(?P<event>[a-z_]+)` \| (?P<actions>[^|]+) \|", re.MULTILINE)


def test_every_event_and_action_that_is_handled_has_its_row(root: Path) -> None:
    page = (root / "docs/reference/webhooks.md").read_text()
    named = {
        (row["event"], action)
        for row in ROW.finditer(page)
        for action in re.findall(r"`([a-z_]+)`", row["actions"]) or [None]
    }
    assert named == {pair for pair in HANDLED if pair[0] != NIGHTLY}
