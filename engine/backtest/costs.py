"""What trading costs."""

from __future__ import annotations

from typing import Annotated

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0, lt=1)]


class Costs(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``fee`` is a share of each fill's notional, ``fee_fixed`` money a fill.

    ``slippage`` is a share of the price, adverse, of market and stop fills alone; a price that
    slips is clamped to the bar's range.
    """

    fee: Share = 0.0
    fee_fixed: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    slippage: Share = 0.0
