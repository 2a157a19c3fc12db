"""A comment or a button: read it, allow it, acknowledge it, carry it out, answer."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Literal

from bot.action_values import AnswerButton, AnswerComment
from bot.checks.abandon import abandon
from bot.commands.buttons import button_command
from bot.commands.command import BUTTON, Command, WrongValueError, command_of
from bot.commands.parse import Asked, parse_comment
from bot.commands.permissions import HEARD, role_for, role_of
from bot.commands.replying import acknowledge, may_tell_usage, reply
from bot.commands.starting import request_of
from bot.commands.verbs import USE_CASES
from bot.events import CommentCreated
from bot.overrides import withdraw
from bot.ports import Repository, Role
from bot.services import Services
from bot.store.commands import CommandRecord
from bot.store.deliveries import Delivery
from engine.errors import UserError
from engine.reports import replies
from engine.reports.replies import Mistake

log = logging.getLogger(__name__)


def answer_comment(using: Services, action: AnswerComment, delivery: Delivery) -> None:
    """Do what a comment asks for; people below triage get silence.

    Raises:
        TransientError: the forge is away; calling again goes on where it stopped.
    """
    event = action.comment
    parsed = parse_comment(event.body)
    if not parsed or using.forge.permission(event.repository, event.author) < HEARD:
        return
    _store_mistakes(using, event, delivery, [one for one in parsed if isinstance(one, Mistake)])
    for one in parsed:
        if isinstance(one, Asked):
            _store(using, _command(event, delivery, one))
    _work_off(using, event.repository, delivery)


def answer_button(using: Services, action: AnswerButton, delivery: Delivery) -> None:
    """Do what a button asks for, by the same rules.

    Raises:
        TransientError: the forge is away; calling again goes on where it stopped.
    """
    command = button_command(using, action.press, delivery)
    if command is None or role_of(using, command) < HEARD:
        return
    head = using.forge.pull_request(command.repository, command.number).head
    if head == action.press.head:
        _store(using, command)
    else:
        answer = replies.moved_on(command.verb, action.press.head, head)
        using.commands.add(command.record(using.clock.now(), "refused", answer))
    _work_off(using, command.repository, delivery)


def abandon_comment(using: Services, action: AnswerComment, delivery: Delivery) -> None:
    """End what a comment's commands have begun, and say so."""
    _abandon(using, action.comment.repository, delivery)


def abandon_button(using: Services, action: AnswerButton, delivery: Delivery) -> None:
    """End what a button has begun, and say so."""
    _abandon(using, action.press.repository, delivery)


def _abandon(using: Services, repository: Repository, delivery: Delivery) -> None:
    commands = [command_of(one, repository, delivery.attempt) for one in _accepted(using, delivery)]
    for command in commands:
        request = request_of(command)
        if using.checks.check(request.check) is not None:
            abandon(using, request)
        _end(using, command, "refused", replies.given_up(command.verb, delivery.id))
    reply(using, repository, delivery.id)
    for command in commands:
        withdraw(using, command)


def _command(event: CommentCreated, delivery: Delivery, asked: Asked) -> Command:
    return Command(
        delivery=delivery.id,
        line=asked.line,
        repository=event.repository,
        number=event.number,
        comment=event.comment,
        author=event.author,
        verb=asked.verb,
        arguments=asked.arguments,
        attempt=delivery.attempt,
        given_utc=event.created_utc,
    )


def _store(using: Services, command: Command) -> None:
    """Store a command once: accepted, or refused for want of a role."""
    role = role_of(using, command)
    now = using.clock.now()
    if role >= role_for(command.verb):
        using.commands.add(command.record(now))
    else:
        using.commands.add(command.record(now, "refused", _not_allowed(command, role)))


def _not_allowed(command: Command, role: Role) -> str:
    """Answer whose role does not do; who was heard and is below triage by now gets silence."""
    return replies.not_allowed(command.verb, role.name.lower()) if role >= HEARD else ""


def _store_mistakes(
    using: Services, event: CommentCreated, delivery: Delivery, mistakes: Sequence[Mistake]
) -> None:
    """Store lines that are no commands with their answers, so that another attempt repeats them."""
    stored = {one.line for one in using.commands.of_delivery(delivery.id)}
    new = [one for one in mistakes if one.line not in stored]
    if not new:
        return
    may = may_tell_usage(using, event.repository, event.author)
    for one in new:
        record = CommandRecord(
            delivery=delivery.id,
            line=one.line,
            repository=event.repository.name,
            number=event.number,
            comment=event.comment,
            author=event.author,
            verb=one.verb or "",
            arguments={},
            status="refused",
            answer=replies.mistake(one) if may else "",
            created_utc=using.clock.now(),
        )
        using.commands.add(record)


def _work_off(using: Services, repository: Repository, delivery: Delivery) -> None:
    """Acknowledge before anything slow; each command is ended by itself."""
    records = using.commands.of_delivery(delivery.id)
    heard = [one for one in records if one.status != "refused" and one.comment != BUTTON]
    if heard:
        acknowledge(using, repository, heard[0])
    for record in _accepted(using, delivery):
        _carry_out(using, command_of(record, repository, delivery.attempt))
    reply(using, repository, delivery.id)


def _accepted(using: Services, delivery: Delivery) -> Iterable[CommandRecord]:
    return [one for one in using.commands.of_delivery(delivery.id) if one.status == "accepted"]


def _carry_out(using: Services, command: Command) -> None:
    """Carry a command out; the role is read again, as the work starts now."""
    role = role_of(using, command)
    if role < role_for(command.verb):
        _end(using, command, "refused", _not_allowed(command, role))
        return
    try:
        answer = USE_CASES[command.verb](using, command)
    except WrongValueError as wrong:
        usage = replies.wrong_value(wrong.verb, wrong.name, wrong.given, wrong.valid)
        may = may_tell_usage(using, command.repository, command.author)
        _end(using, command, "refused", usage if may else "")
    except UserError as no:
        where = "" if no.where is None else f"{no.where}: "
        answer = replies.refused(command.verb, f"{where}{no.problem}", no.remedy)
        _end(using, command, "refused", answer)
    else:
        _end(using, command, "done", answer)


def _end(
    using: Services, command: Command, status: Literal["done", "refused"], answer: str
) -> None:
    using.commands.end(command.delivery, command.line, status, answer)
    extra = {"command": command.id, "verb": command.verb, "status": status, "by": command.author}
    log.info("command_ended", extra=extra)
