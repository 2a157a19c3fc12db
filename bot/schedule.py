"""When a schedule is due: cron expressions in UTC, and what was missed while nobody was there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from croniter import croniter
from croniter.croniter import CroniterBadDateError

_MINUTE = timedelta(minutes=1)


def last_due(cron: str, now: datetime) -> datetime | None:
    """Give the last time at or before *now* that *cron* names, in UTC; None: it never comes.

    >>> last_due("0 3 * * *", datetime(2026, 11, 20, 3, 0, 30, tzinfo=UTC)).isoformat()
    '2026-11-20T03:00:00+00:00'
    """
    # The search ends before its start; a minute that has begun is due.
    start = now.astimezone(UTC).replace(second=0, microsecond=0) + _MINUTE
    try:
        found: datetime = croniter(cron, start).get_prev(datetime)  # type: ignore[no-untyped-call]  # it has no types
    except CroniterBadDateError:  # such as the 30th of February
        return None
    return found


def missed(cron: str, after: datetime, now: datetime) -> datetime | None:
    """Give the last due time after *after* and not after *now*; None: there was none.

    However many were missed, they are caught up with once.

    >>> monday = datetime(2026, 11, 16, 3, 0, tzinfo=UTC)
    >>> missed("0 3 * * *", monday, datetime(2026, 11, 20, 12, 0, tzinfo=UTC)).day
    20
    >>> missed("0 3 * * *", monday, datetime(2026, 11, 17, 2, 59, tzinfo=UTC)) is None
    True
    """
    due = last_due(cron, now)
    return due if due is not None and due > after else None
