"""What the parts of the forge share: the clients of the installations, and our own login."""

from __future__ import annotations

from bot.github.client import Clients


class Installed:
    """A part of the forge that speaks through an installation."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def _login(self) -> str:
        return f"{self._clients.identity.slug()}[bot]"
