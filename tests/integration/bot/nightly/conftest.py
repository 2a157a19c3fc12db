from __future__ import annotations

import pytest

from tests.fakes.bot_stage import bot
from tests.fakes.forge_stage import stage
from tests.fakes.quick_launches import launch_in_process

__all__ = ["bot", "stage"]


@pytest.fixture(autouse=True)
def quick_launches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure in this process: what nights do with what was measured is claimed here."""
    launch_in_process(monkeypatch)
