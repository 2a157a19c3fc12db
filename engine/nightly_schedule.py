"""The cron expression of a schedule: five plain fields, each within its bounds."""

from __future__ import annotations

import re

from croniter import croniter

from engine.document import Document
from engine.errors import UserError

_FIELDS = 5  # a sixth would be seconds; names such as @daily are another tool's
_FIELD = re.compile(r"(?:[0-9*/,-]|[A-Za-z]{3}){1,100}")  # names of months and of days
_REMEDY = (
    "Write minute, hour, day of the month, month and day of the week, in UTC: "
    '"0 3 * * *" is every night at three.'
)


def require_schedule(document: Document, cron: str) -> None:
    """Refuse what is no cron expression.

    Raises:
        UserError: names the line, and what is wanted.
    """
    fields = cron.split()
    plain = len(fields) == _FIELDS and all(map(_FIELD.fullmatch, fields))
    if plain and croniter.is_valid(cron):  # type: ignore[no-untyped-call]  # it has no types
        return
    problem = f"{cron[:100]!r} is no cron expression of {_FIELDS} fields."
    raise UserError(problem, document.where(("nightly", "cron")), _REMEDY)
