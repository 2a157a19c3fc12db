"""Deliveries of repositories that have another name by now: handled under that one.

A repository's id stays when it is renamed or transferred, or when its owner is. What is stored of
it goes on under the new name; a delivery from before, which arrives late, is of that one as well.
"""

from __future__ import annotations

import logging

import msgspec

from bot.event_parsing import parse_event, repository_id
from bot.events import Event, Ignored, InstallationChanged, Ping
from bot.ports import Repository
from bot.services import Services
from bot.store.deliveries import Delivery
from engine.values import RepositoryName

log = logging.getLogger(__name__)


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """An event, of the repository by its present name, and the id that the forge gave that."""

    event: Event
    repository_id: int | None = None


def read_event(using: Services, delivery: Delivery) -> Arrived:
    """Read a delivery's event, and move what is stored of a repository that was renamed.

    Raises:
        UserError: the body is not the JSON that GitHub documents.
        TransientError: the forge, which tells the present name, is away.
    """
    event = parse_event(delivery.event, delivery.body)
    if isinstance(event, Ping | Ignored | InstallationChanged):
        return Arrived(event=event)
    told = repository_id(delivery.event, delivery.body)
    name = None if told is None else _present_name(using, event.repository, told)
    if name is not None:
        present = Repository(name=name, installation=event.repository.installation)
        event = msgspec.structs.replace(event, repository=present)
    return Arrived(event=event, repository_id=told)


def _present_name(using: Services, named: Repository, told: int) -> RepositoryName | None:
    """Give the name to handle a delivery under; None: the one that it has."""
    known = using.repositories.with_id(told)
    if known is None or known.name == named.name:
        return None
    # Deliveries come late and out of order: which of two names is the new one, the forge knows.
    name = using.forge.name_of(named, told)
    if name is not None and name != known.name:
        _make_room(using, name, told)
        using.repositories.rename(known.name, name, named.installation)
        extra = {"repository": name, "former": known.name}
        log.info("repository_renamed", extra=extra)
    return name


def _make_room(using: Services, name: RepositoryName, told: int) -> None:
    """Set aside what is stored of another repository that had this name before.

    No repository's name holds a tilde; an event of its own moves it to its present name.
    """
    former = using.repositories.repository(name)
    if former is not None and former.forge_id not in {None, told}:
        aside = RepositoryName(f"{name}~{former.forge_id}")
        using.repositories.rename(name, aside, None)
        using.repositories.lose([aside])
