"""The cron expression of a schedule: five plain fields, each within its bounds."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from croniter import croniter
from croniter.croniter import CroniterBadDateError

from engine.document import Document
from engine.errors import UserError

_ANY_DAY = datetime(2024, 1, 1, tzinfo=UTC)  # what comes at all comes after any day
_FIELDS = 5  # a sixth would be seconds; names such as @daily are another tool's
_FIELD = re.compile(r"(?:[0-9*/,-]|[A-Za-z]{3}){1,100}")  # names of months and of days
_REMEDY = (
    "Write minute, hour, day of the month, month and day of the week, in UTC: "
    '"0 3 * * *" is every night at three.'
)


def require_schedule(document: Document, cron: str) -> None:
    """Refuse what is no cron expression, and one of a day that never comes.

    Raises:
        UserError: names the line, and what is wanted.
    """
    fields = cron.split()
    plain = len(fields) == _FIELDS and all(map(_FIELD.fullmatch, fields))
    where = document.where(("nightly", "cron"))
    if not (plain and croniter.is_valid(cron)):  # type: ignore[no-untyped-call]  # it has no types
        problem = f"{cron[:100]!r} is no cron expression of {_FIELDS} fields."
        raise UserError(problem, where, _REMEDY)
    if not _ever_comes(cron):
        problem = f"{cron[:100]!r} names a day that never comes."
        raise UserError(problem, where, _REMEDY)


def _ever_comes(cron: str) -> bool:
    """Whether there is such a day at all, as there is no 30th of February."""
    try:
        croniter(cron, _ANY_DAY).get_next()  # type: ignore[no-untyped-call]  # it has no types
    except CroniterBadDateError:
        return False
    return True
