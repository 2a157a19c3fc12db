"""Which use-case carries a command out: one table, a row for each verb."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.commands import ending, starting, status
from bot.commands.command import Command
from bot.overrides import accept, mute
from bot.promotion.request import request_promotion
from bot.services import Services
from engine.commands import Verb
from engine.reports import replies

UseCase = Callable[[Services, Command], str]


def show_help(services: Services, command: Command) -> str:
    """Show every command."""
    del services, command
    return replies.help_table()


USE_CASES: Mapping[Verb, UseCase] = {
    Verb.RUN: starting.run,
    Verb.RERUN: starting.rerun,
    Verb.MORE: starting.more,
    Verb.CANCEL: ending.cancel,
    Verb.STATUS: status.status,
    Verb.ACCEPT: accept,
    Verb.MUTE: mute,
    Verb.PROMOTE: request_promotion,
    Verb.HELP: show_help,
}
