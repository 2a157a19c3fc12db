"""What is dealt when single cases have failed: the others, as if these had never been there."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from engine.orders import RunOrder
from engine.samples import PairLaunch


def order_without(order: RunOrder, cases: Collection[str]) -> RunOrder:
    """Leave *cases* out of the evidence that *order* continues."""
    if not cases:
        return order
    others = tuple(
        msgspec.structs.replace(one, launches=launches_without(one.launches, cases))
        for one in order.others
    )
    earlier = launches_without(order.earlier, cases)
    return msgspec.structs.replace(order, earlier=earlier, others=others)


def launches_without(
    launches: Iterable[PairLaunch], cases: Collection[str]
) -> tuple[PairLaunch, ...]:
    """Leave what was measured of *cases* out; launches of nothing else stay, empty."""
    return tuple(
        msgspec.structs.replace(
            launch, measured=tuple(one for one in launch.measured if one.case not in cases)
        )
        for launch in launches
    )
