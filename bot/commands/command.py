"""A command of a person: read, allowed and stored; what the use-cases get."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from bot.ports import Repository
from bot.store.commands import CommandRecord
from engine.commands import Verb
from engine.errors import UserError
from engine.values import DeliveryId

BUTTON = 0  # stands for the comment of a command that a button gave


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """One command on a pull request, by the *line* of the comment that *delivery* brought.

    *arguments* have the right form and no required one is missing; whether what they name is
    there is for the use-case to say. *given_utc* is when it was given, where that is known.
    """

    delivery: DeliveryId
    line: int
    repository: Repository
    number: int
    comment: int
    author: str
    verb: Verb
    arguments: dict[str, str]
    attempt: int = 1
    given_utc: datetime | None = None

    @property
    def id(self) -> str:
        """Name the command, the same at every attempt: what it makes is derived from it."""
        return f"{self.delivery}-{self.line}"

    def record(
        self,
        now: datetime,
        status: Literal["accepted", "refused"] = "accepted",
        answer: str | None = None,
    ) -> CommandRecord:
        """Make its row; *now* stands for when it was given, where that is not known."""
        return CommandRecord(
            delivery=self.delivery,
            line=self.line,
            repository=self.repository.name,
            number=self.number,
            comment=self.comment,
            author=self.author,
            verb=self.verb,
            arguments=self.arguments,
            status=status,
            answer=answer,
            created_utc=self.given_utc or now,
        )


def command_of(record: CommandRecord, repository: Repository, attempt: int) -> Command:
    """Read a command back from its row."""
    return Command(
        delivery=record.delivery,
        line=record.line,
        repository=repository,
        number=record.number,
        comment=record.comment,
        author=record.author,
        verb=Verb(record.verb),
        arguments=record.arguments,
        attempt=attempt,
        given_utc=record.created_utc,
    )


class WrongValueError(UserError):
    """An argument names what is not there; its author is told what is, once an hour."""

    def __init__(self, verb: Verb, name: str, given: str, valid: tuple[str, ...]) -> None:
        """Take the argument, what was given, and what would be valid."""
        super().__init__(f"{name}={given} is not there.", None, f"Valid: {', '.join(valid)}.")
        self.verb = verb
        self.name = name
        self.given = given
        self.valid = valid
