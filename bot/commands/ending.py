"""``cancel``: end the running checks of a pull request, and free their runners."""

from __future__ import annotations

from bot.checks.cancel import cancel_check
from bot.checks.results import only_judges
from bot.commands.command import Command
from bot.commands.permissions import role_of
from bot.ports import Role
from bot.services import Services
from bot.store.checks import CheckRecord
from engine.errors import UserError
from engine.reports import replies


def cancel(services: Services, command: Command) -> str:
    """End every running check of the pull request that the author may end.

    Raises:
        UserError: there are only other people's, and the author may not write.
        TransientError: one is being concluded at this moment, or the forge is away.
    """
    checks = services.checks
    known = checks.running_checks(command.repository.name, command.number)
    running = [check for check in known if not only_judges(checks, check)]
    may_all = role_of(services, command) >= Role.WRITE
    mine = [check for check in running if may_all or _is_own(services, command, check)]
    if running and not mine:
        problem = "the running check was asked for by somebody else."
        raise UserError(problem, None, "Ending it needs the role write in this repository.")
    for check in mine:
        cancel_check(services, check, command.author)
    return replies.cancelled(len(mine))


def _is_own(services: Services, command: Command, check: CheckRecord) -> bool:
    """Whether the author asked for the check; of one that began by itself, the pull request's."""
    owner = check.requested_by
    if owner is None:
        owner = services.forge.pull_request(command.repository, command.number).author
    return owner.casefold() == command.author.casefold()
