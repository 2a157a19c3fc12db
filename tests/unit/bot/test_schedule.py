"""When a night is due: by cron in UTC, and what was missed is caught up with once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from bot.schedule import last_due, missed

AT_THREE = "0 3 * * *"


def utc(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "now, due",
    [
        (utc(20, 3), utc(20, 3)),
        (utc(20, 3) + timedelta(seconds=59), utc(20, 3)),
        (utc(20, 2, 59), utc(19, 3)),
        (utc(20, 23), utc(20, 3)),
    ],
)
def test_a_time_is_due_from_its_minute_on(now: datetime, due: datetime) -> None:
    assert last_due(AT_THREE, now) == due


def test_the_time_of_day_is_in_utc_wherever_now_was_read() -> None:
    east = timezone(timedelta(hours=9))

    assert last_due(AT_THREE, utc(20, 12).astimezone(east)) == utc(20, 3)


def test_a_time_that_never_comes_is_never_due() -> None:
    assert last_due("0 3 30 2 *", utc(20, 12)) is None


def test_many_missed_nights_are_caught_up_with_once_by_the_last_of_them() -> None:
    assert missed(AT_THREE, utc(1, 3), utc(20, 12)) == utc(20, 3)
    assert missed(AT_THREE, utc(20, 3), utc(20, 12)) is None


@pytest.mark.parametrize("cron", ["0 0 1 1 *", "*/5 * * * *", "30 2 * * mon-fri", "0 0 29 2 *"])
def test_a_due_time_is_never_after_now(cron: str) -> None:
    due = last_due(cron, utc(20, 12, 7))

    assert due is not None
    assert due <= utc(20, 12, 7)
