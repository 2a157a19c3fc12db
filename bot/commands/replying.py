"""Replies: one comment for each comment or button; usage at most once an hour and person."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.ports import Repository
from bot.services import Services
from bot.store.commands import CommandRecord
from engine.errors import UserError
from engine.reports.replies import render_reply, reply_marker
from engine.values import DeliveryId

USAGE_EVERY = timedelta(hours=1)

log = logging.getLogger(__name__)


def may_tell_usage(services: Services, repository: Repository, login: str) -> bool:
    """Take the one reply about usage that a person gets an hour; False when it was taken."""
    now = services.clock.now()
    # GitHub's logins are the same in any case.
    return services.commands.may_reply_usage(repository.name, login.casefold(), now, USAGE_EVERY)


def reply(services: Services, repository: Repository, delivery: DeliveryId) -> None:
    """Write what the commands of a delivery were answered; again, it is edited to the same.

    Raises:
        TransientError: the forge is away.
    """
    records = services.commands.of_delivery(delivery)
    answers = [record.answer for record in records if record.answer]
    if not answers:
        return
    first = records[0]
    marker = reply_marker(delivery)
    body = render_reply(marker, first.author, answers)
    try:
        services.forge.put_comment(repository, first.number, marker, body)
    except UserError as refused:  # a locked conversation, say
        log.warning("reply_refused", extra={"delivery": delivery, "problem": str(refused)})


def acknowledge(services: Services, repository: Repository, record: CommandRecord) -> None:
    """Put 👀 on the comment of an accepted command.

    Raises:
        TransientError: the forge is away.
    """
    try:
        services.forge.react(repository, record.comment)
    except UserError as gone:  # it was deleted meanwhile: what it said still holds
        log.info("not_acknowledged", extra={"comment": record.comment, "problem": str(gone)})
