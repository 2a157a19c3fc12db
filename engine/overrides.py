"""What people have said about a red row: accepted for one pull request, or muted until a day."""

from __future__ import annotations

from typing import Literal

import msgspec

OverrideKind = Literal["accept", "mute"]


class Override(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One override that was in force when a check was judged.

    ``accept`` covers a row, *case* and *metric*, of one pull request; it was accepted at *head*,
    where it had changed by *change* with the 99 % interval *low* to *high* (on the scale of
    ``Finding``). ``mute`` covers a case in all pull requests until *until_utc*; there, an empty
    *case* or *metric* stands for all. Times are ISO 8601 in UTC, to the second.
    """

    kind: OverrideKind
    suite: str
    case: str = ""
    metric: str = ""
    by: str
    reason: str
    created_utc: str
    until_utc: str | None = None
    head: str | None = None
    change: float | None = None
    low: float | None = None
    high: float | None = None
