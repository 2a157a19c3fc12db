"""What the look-ahead canary found, as values that cross the queue."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

Text = Annotated[str, msgspec.Meta(max_length=200)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class Leak(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The first decision or fill found that bars after it change: its date, and whose it is.

    A fill alone changes where rules read ahead, such as regimes that are computed of later bars.
    ``unaltered_until`` is the last bar that was left as it is when the decision changed.
    """

    date: Text
    symbol: Text
    unaltered_until: Text
    what: Literal["decision", "fill"] = "decision"


class Canary(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many cuts were tried, and what leaked; None: nothing did.

    ``means`` says what was done to later bars: they were ``altered``, or ``left_out``.
    ``reproducible`` False: the same bars gave other decisions the second time, so that nothing
    can be said of altered ones. ``failed``: it ended with an error or was out of time meanwhile.
    ``moved`` False: altered bars changed no decision at all, not even of themselves.
    """

    cuts: Count
    leak: Leak | None = None
    reproducible: bool = True
    failed: bool = False
    moved: bool = True
    means: Literal["altered", "left_out"] = "altered"
