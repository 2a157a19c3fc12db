"""The machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Give the time now, in UTC, aware."""
    return datetime.now(UTC)


class SystemClock:
    """``bot.ports.Clock`` by the machine."""

    def now(self) -> datetime:
        """Give the time now, in UTC, aware."""
        return utc_now()
