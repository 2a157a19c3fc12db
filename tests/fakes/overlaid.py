"""A port some of whose methods are others: one that notes what is asked, or is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from engine.errors import TransientError
from tests.fakes.bot_stage import Bot


class Overlaid:
    """An object of whose methods some are replaced."""

    def __init__(self, under: object, **over: Callable[..., Any]) -> None:
        self._under, self._over = under, over

    def __getattr__(self, name: str) -> Any:
        return self._over.get(name) or getattr(self._under, name)


def overlay(bot: Bot, port: str, **over: Callable[..., Any]) -> Callable[[], None]:
    """Replace methods of one of the bot's ports; call what is given to put it back."""
    before = bot.services
    ports: Any = {port: Overlaid(getattr(before, port), **over)}
    bot.services = replace(before, **ports)

    def put_back() -> None:
        bot.services = before

    return put_back


def away(*_: object, **__: object) -> NoReturn:
    """Be a service that is away."""
    problem = "it is away"
    raise TransientError(problem, retry_after_s=1.0)
