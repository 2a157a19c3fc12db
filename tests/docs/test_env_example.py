from __future__ import annotations

import re
from pathlib import Path

from bot.setting_table import SETTINGS
from worker.settings import RUNNER_SETTINGS


def test_the_example_of_an_env_file_names_settings_alone(root: Path) -> None:
    text = (root / "config/example.env").read_text()
    named = set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE))
    known = {one.variable for one in (*SETTINGS, *RUNNER_SETTINGS)}
    assert named
    assert named - known == set()
