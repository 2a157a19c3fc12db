"""Who may give which command: their role in the repository, read live each time it matters."""

from __future__ import annotations

from bot.commands.command import Command
from bot.ports import Role
from bot.services import Services
from engine.commands import Need, Verb, entry_of

ROLES: dict[Need, Role] = {
    "triage": Role.TRIAGE,
    "write": Role.WRITE,
    "maintain": Role.MAINTAIN,
}
HEARD = Role.TRIAGE  # whoever has less gets silence


def role_for(verb: Verb) -> Role:
    """Give the least role that a command needs; some use-cases ask for more."""
    return ROLES[entry_of(verb).needs]


def role_of(services: Services, command: Command) -> Role:
    """Read live what the command's author may do.

    Raises:
        TransientError: the forge is away.
    """
    return services.forge.permission(command.repository, command.author)
