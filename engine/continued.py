"""Evidence that goes on: the sessions of a commit pair, by the hardware that measured them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from engine.orders import RunOrder, Session


def sessions(order: RunOrder) -> Iterator[Session]:
    """Give every earlier session of the order, the latest first."""
    if order.earlier_fingerprint is not None and order.earlier:
        yield Session(
            fingerprint=order.earlier_fingerprint,
            launches=order.earlier,
            terms=order.earlier_terms,
        )
    yield from order.others


def continuing(order: RunOrder, found: Sequence[Session]) -> RunOrder:
    """Let the order go on with the sessions found of its commits, the one begun last first."""
    if not found:
        return order
    first, *others = found
    return msgspec.structs.replace(
        order,
        earlier=first.launches,
        earlier_fingerprint=first.fingerprint,
        earlier_terms=first.terms,
        others=tuple(others),
    )


def continued(order: RunOrder, fingerprint: str | None) -> Session | None:
    """Find the session that launches on hardware of *fingerprint* go on with; None: a fresh one."""
    return next((one for one in sessions(order) if one.fingerprint == fingerprint), None)


def latest(order: RunOrder) -> Session | None:
    """Give the session that decides where nothing was added; None where there is none."""
    return next(sessions(order), None)
