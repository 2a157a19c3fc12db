"""When an override may take effect: after its author could see the verdict, and before the next."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.checks.last_verdict import Judged
from bot.checks.results import only_judges
from bot.commands.command import Command
from bot.services import Services
from bot.store.checks import CheckRecord
from engine.errors import TransientError, UserError
from engine.values import CommitSha

WHOLE_SECONDS = timedelta(seconds=1)  # the forge tells a comment's time without fractions


def require_seen(services: Services, command: Command, judged: Judged) -> None:
    """See that what is accepted is no later verdict than its author can have seen.

    A command that waited out an outage, here or on its way, must not cover what was pushed
    meanwhile. A verdict that was only judged anew has the measurements of the one before.

    Raises:
        UserError: the verdict came after the command.
    """
    given = _given_utc(services, command)
    anew = only_judges(services.checks, judged.check)
    shown = services.checks.verdict(judged.check.measured_by if anew else judged.check.id)
    if given is not None and shown is not None and shown.stored_utc > given:
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


def _given_utc(services: Services, command: Command) -> datetime | None:
    """Say when a command was given; None where nothing tells.

    A webhook that was lost arrives hours after its comment. The forge's clock may be ahead of
    ours: what has arrived was given before.
    """
    delivered = services.deliveries.state(command.delivery)
    told = [] if command.given_utc is None else [command.given_utc + WHOLE_SECONDS]
    arrived = [] if delivered is None else [delivered.received_utc]
    return min((*told, *arrived), default=None)


def _is_being_concluded(services: Services, check: CheckRecord) -> bool:
    """Whether a check of a pull request has taken up, or may be taking up, what holds for it."""
    is_other = check.kind != "pull_request" or check.aside
    if is_other or only_judges(services.checks, check):
        return False
    is_claimed = check.claimed_until_utc > services.clock.now()
    return is_claimed or services.checks.verdict(check.id) is not None
