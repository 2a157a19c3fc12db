from __future__ import annotations

from pathlib import Path

import pytest

from bot.cli.command_settings import parse_switch, updates_baselines
from engine.precedence import Source

NO_FILE = Path("/nonexistent")


@pytest.mark.parametrize("text", ["yess", "maybe", "2", "ja"])
def test_a_switch_knows_no_other_words(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse_switch(text)


def test_the_flag_outweighs_the_environment() -> None:
    found = updates_baselines({"UPDATE_BASELINES": "0"}, NO_FILE, flag=True)
    assert (found.value, found.source) == (True, Source.FLAG)


def test_without_a_flag_the_environment_says_it() -> None:
    found = updates_baselines({"UPDATE_BASELINES": "yes"}, NO_FILE)
    assert (found.value, found.source) == (True, Source.ENVIRONMENT)
