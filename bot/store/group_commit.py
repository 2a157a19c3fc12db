"""One commit for all who wait: a disk that needs 5 ms for a commit still takes many a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from sqlalchemy.exc import SQLAlchemyError

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@dataclass(slots=True, eq=False)
class _Ticket(Generic[Item, Outcome]):
    """What one thread wants committed, and what became of it."""

    item: Item
    outcome: Outcome | None = None
    error: SQLAlchemyError | None = None
    settled: bool = False


class GroupCommit(Generic[Item, Outcome]):
    """Gathers what threads want committed while a commit is under way, for the next one.

    *commit* stores a batch durably, all or nothing, and gives one outcome an item, in order.
    """

    def __init__(self, commit: Callable[[Sequence[Item]], Sequence[Outcome]]) -> None:
        """Take how a batch is committed."""
        self._commit = commit
        self._waiting: list[_Ticket[Item, Outcome]] = []
        self._waiting_lock = Lock()
        self._turn = Lock()

    def __call__(self, item: Item) -> Outcome:
        """Return *item*'s outcome once it is committed, perhaps by another thread.

        Raises:
            SQLAlchemyError: the batch that it was in could not be committed.
        """
        ticket: _Ticket[Item, Outcome] = _Ticket(item)
        with self._waiting_lock:
            self._waiting.append(ticket)
        with self._turn:  # whoever has the turn commits for all who wait for it
            if not ticket.settled:
                self._settle()
        if ticket.error is not None:
            raise ticket.error
        return ticket.outcome  # type: ignore[return-value]  # settled without an error

    def _settle(self) -> None:
        with self._waiting_lock:
            batch = tuple(self._waiting)
        try:
            outcomes = self._commit([ticket.item for ticket in batch])
        except SQLAlchemyError as error:
            for ticket in batch:
                ticket.error, ticket.settled = error, True
        else:
            for ticket, outcome in zip(batch, outcomes, strict=True):
                ticket.outcome, ticket.settled = outcome, True
        # Only now: had this thread died before, those who wait would commit their own.
        with self._waiting_lock:
            self._waiting = [ticket for ticket in self._waiting if not ticket.settled]
