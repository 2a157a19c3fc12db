"""Command-line flags of settings: the strongest of their sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, TypeVar

import click

from bot.setting_table import SETTINGS
from engine.precedence import Setting
from worker.settings import RUNNER_SETTINGS

Function = TypeVar("Function", bound=Callable[..., Any])

DECLARED = {setting.field: setting for setting in (*SETTINGS, *RUNNER_SETTINGS)}


def setting_options(*names: str, **flags: str) -> Callable[[Function], Callable[..., Any]]:
    """Add a flag for each setting, and give the command their texts as one dict *flags*.

    *names* are fields, whose flags are named after them (``state_dir`` → ``--state-dir``);
    *flags* maps fields to flags of another name (``runner_tags="--tags"``). What the command
    gets goes to ``bot.settings.read_settings`` or ``worker.settings.read_runner_settings``.

    Raises:
        KeyError: a name that is no setting, or one that is secret and so has no flag.
    """
    spelled = {**{name: "--" + name.replace("_", "-") for name in names}, **flags}

    def decorate(command: Function) -> Callable[..., Any]:
        @wraps(command)
        def with_flags(*args: Any, **kwargs: Any) -> Any:
            given = {name: kwargs.pop(name) for name in spelled}
            return command(*args, flags=given, **kwargs)

        decorated: Callable[..., Any] = with_flags
        for name, flag in reversed(spelled.items()):
            decorated = _option(name, flag)(decorated)
        return decorated

    return decorate


def _option(name: str, flag: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    setting = DECLARED[name]
    if setting.secret:
        message = f"{name} is secret: a flag would show it to everyone on this machine"
        raise KeyError(message)
    again = " May be given several times." if setting.repeatable else ""
    text = f"{setting.meaning}{again} Default: {setting.default}.".replace("`", "")
    return click.option(
        flag,
        name,
        default=None,
        metavar="TEXT",
        help=text,
        multiple=setting.repeatable,
        callback=_allowed(setting),
    )


def _allowed(
    setting: Setting[object],
) -> Callable[[click.Context, click.Parameter, str | Sequence[str] | None], str | None]:
    """Make what refuses a text that the setting cannot have, as wrong usage of its flag."""

    def check(
        _context: click.Context, _parameter: click.Parameter, given: str | Sequence[str] | None
    ) -> str | None:
        text = given if given is None or isinstance(given, str) else ",".join(given) or None
        try:
            if text:
                setting.parse(text)
        except ValueError:
            allowed = setting.allowed.replace("`", "")
            message = f"{text!r} is not allowed; allowed: {allowed}."
            raise click.BadParameter(message) from None
        return text

    return check
