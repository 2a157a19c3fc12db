"""The services of a bot over one database, for use-cases that need no forge."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from bot.local.forge import LocalForge
from bot.mirror import Mirrors
from bot.services import Services
from bot.stores import stores_over
from tests.fakes.bot_stage import TestClock
from tests.fakes.order_queue import MemoryOrderQueue


def services_over(database: Engine, folder: Path) -> Services:
    """Give services whose queue is in memory, and whose files are in *folder*."""
    return Services(
        forge=LocalForge(database, folder),
        queue=MemoryOrderQueue(),
        clock=TestClock(),
        **stores_over(database),
        mirrors=Mirrors(folder / "mirrors"),
        state_dir=folder,
        public_url="http://127.0.0.1:8787",
        secret="hush",
    )
