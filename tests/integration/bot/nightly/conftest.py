from __future__ import annotations

from tests.fakes.bot_stage import bot
from tests.fakes.forge_stage import stage

__all__ = ["bot", "stage"]
