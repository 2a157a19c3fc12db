"""How far a promotion's own pull request is: what it still waits for."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec


class Waits(StrEnum):
    """What keeps a promotion from being merged; READY: nothing."""

    READY = "ready"
    FOREIGN_COMMIT = "foreign_commit"
    REPLACED = "replaced"
    SOURCE_MOVED_ON = "source_moved_on"
    SOURCE_OPEN = "source_open"
    SOURCE_CLOSED = "source_closed"
    SECOND_PERSON = "second_person"


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """The pull request that a promotion was asked on, as it is now."""

    number: int
    head: str
    open: bool
    merged: bool


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A review as it stands; *counts*: its author may write to the repository."""

    author: str
    approved: bool
    commit: str | None
    counts: bool


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """A promotion and its pull request, whose head is *head* now.

    *commit* is the one that we made, None while none stands; *measured* the head that the
    evidence is of.
    """

    head: str
    commit: str | None
    measured: str
    requested_by: str
    settled: bool
    needs_second_person: bool
    source: Source | None = None
    approvals: tuple[Approval, ...] = ()


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a promotion waits for, and who has approved it beside its requester."""

    waits: Waits
    approved_by: tuple[str, ...] = ()


def standing(proposal: Proposal) -> Standing:
    """Say what a promotion waits for; the first that holds is the one to mend."""
    approved = approvers(proposal.approvals, proposal.head, proposal.requested_by)
    return Standing(waits=_waits(proposal, approved), approved_by=approved)


def approvers(approvals: Sequence[Approval], head: str, requester: str) -> tuple[str, ...]:
    """Name who has approved this very head last and may, save the requester, by name."""
    last = {one.author.casefold(): one for one in approvals}
    return tuple(
        sorted(
            one.author
            for name, one in last.items()
            if one.approved and one.counts and one.commit == head and name != requester.casefold()
        )
    )


def _waits(proposal: Proposal, approved: Sequence[str]) -> Waits:
    if not proposal.settled:
        return Waits.REPLACED
    if proposal.head != proposal.commit:
        return Waits.FOREIGN_COMMIT
    return _of_source(proposal) or _of_people(proposal, approved)


def _of_source(proposal: Proposal) -> Waits | None:
    source = proposal.source
    if source is None:
        return None
    if source.head != proposal.measured:
        return Waits.SOURCE_MOVED_ON
    if source.open:
        return Waits.SOURCE_OPEN
    return None if source.merged else Waits.SOURCE_CLOSED


def _of_people(proposal: Proposal, approved: Sequence[str]) -> Waits:
    lacking = proposal.needs_second_person and not approved
    return Waits.SECOND_PERSON if lacking else Waits.READY
