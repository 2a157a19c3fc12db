"""What the machine was like while a run was measured: what forbids a decision, what was loose."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from engine.certificates import Certificate
from engine.findings import Reason
from engine.orders import RunOrder
from engine.samples import Conditions, PairLaunch
from engine.values import Side

MAX_STEAL = 0.05  # of the machine's CPU time, over the session
WAITED = "some task waited for a CPU"
_PRESSED = 0.2  # of the wall time, worth a caveat


def obstacle(
    launches: Sequence[PairLaunch], certificate: Certificate | None, *, null: bool
) -> Reason | None:
    """Tell what forbids any decision on these launches; a null run measures a quarantined one."""
    if certificate is not None and certificate.quarantined and not null:
        return Reason.QUARANTINED
    steal = _mean([(launch.conditions.steal, launch.wall_s) for launch in launches])
    return Reason.STOLEN if steal is not None and steal > MAX_STEAL else None


def uncontrolled(order: RunOrder, launches: Sequence[PairLaunch]) -> tuple[str, ...]:
    """Say what was not held still, or not seen, in words; nothing where nothing was launched."""
    return tuple(_loose(order, launches)) if launches else ()


def pair_seconds(launches: Sequence[PairLaunch]) -> float | None:
    """Mean wall seconds of both launches of a pair together; None without a whole pair."""
    walls = {side: [launch.wall_s for launch in launches if launch.side is side] for side in Side}
    if not all(walls.values()):
        return None
    return sum(math.fsum(values) / len(values) for values in walls.values())


def _loose(order: RunOrder, launches: Sequence[PairLaunch]) -> Iterator[str]:
    conditions = [launch.conditions for launch in launches]
    yield from _unheld(conditions)
    if order.suite.spec is None:
        yield "the command's own harness decides on warm-up, samples and the order of its cases"
    if any(one.steal is None for one in conditions):
        yield "stolen time was not seen"
    pressure = _mean([(launch.conditions.pressure, launch.wall_s) for launch in launches])
    if pressure is None:
        yield "pressure on the CPUs was not seen"
    elif pressure > _PRESSED:
        yield f"{WAITED} for {100 * pressure:.0f} % of the time"


def _unheld(conditions: Sequence[Conditions]) -> Iterator[str]:
    if any(one.cpus is None for one in conditions):
        yield "launches were not pinned to a core"
    if any(one.alone is False for one in conditions):
        yield "another measurement may have used the same CPUs"
    if not all(one.raised_priority for one in conditions):
        yield "their priority was not raised"
    if not all(one.fixed_addresses for one in conditions):
        yield "address randomisation was on"


def _mean(shares: Sequence[tuple[float | None, float]]) -> float | None:
    """Average shares of launches by their wall seconds; None where none was seen."""
    known = [(share, wall_s) for share, wall_s in shares if share is not None]
    total = math.fsum(wall_s for _, wall_s in known)
    return math.fsum(share * wall_s for share, wall_s in known) / total if total > 0 else None
