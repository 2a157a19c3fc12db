"""When an override may take effect: after its author could see the verdict, and before the next."""

from __future__ import annotations

from bot.checks.last_verdict import Judged
from bot.commands.command import Command
from bot.services import Services
from bot.store.checks import CheckRecord
from engine.errors import TransientError, UserError
from engine.values import CommitSha


def require_seen(services: Services, command: Command, judged: Judged) -> None:
    """See that what is accepted is no later verdict than its author can have seen.

    A command that waited out an outage must not cover what was pushed meanwhile. A verdict that
    was only judged anew has the measurements of the one before.

    Raises:
        UserError: the verdict came after the command.
    """
    given = services.deliveries.state(command.delivery)
    shown = services.checks.verdict(judged.check.rejudges or judged.check.id)
    if given is not None and shown is not None and shown.stored_utc > given.received_utc:
        problem = f"the verdict of {judged.verdict.head[:7]} came after the command."
        raise UserError(problem, None, "Look at it, and give the command again.")


def require_unpublished(services: Services, command: Command, head: CommitSha) -> None:
    """See that what was just stored holds for every check of *head* that is still running.

    Raises:
        TransientError: one is being concluded without it; once that is done, it is judged anew.
    """
    for check in services.checks.running_checks(command.repository.name, command.number):
        if check.head == head and _is_being_concluded(services, check):
            problem = f"check {check.id} is being concluded"
            raise TransientError(problem, retry_after_s=2.0)


def _is_being_concluded(services: Services, check: CheckRecord) -> bool:
    """Whether a check of a pull request has taken up, or may be taking up, what holds for it."""
    if check.kind != "pull_request" or check.aside or check.rejudges is not None:
        return False
    is_claimed = check.claimed_until_utc > services.clock.now()
    return is_claimed or services.checks.verdict(check.id) is not None
