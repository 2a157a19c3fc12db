"""Which repositories the bot serves: kept by what arrives, and ended where the App is taken off."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from bot.action_values import ChangeRepositories
from bot.checks.cancel import end_of_repository
from bot.events import Event, Ignored, InstallationChanged, NightlyDue, Ping, Pushed
from bot.ports import Repository
from bot.services import Services
from bot.store.deliveries import Delivery
from engine.values import RepositoryName

SEEN_FOR = timedelta(hours=1)  # so long a repository that was seen is not written again

log = logging.getLogger(__name__)


def note_repository(using: Services, event: Event, forge_id: int | None = None) -> None:
    """Note that the repository of *event* is reached; a pushed default branch tells its name.

    *forge_id* is the id that the event told of it.
    """
    if isinstance(event, Ping | Ignored | InstallationChanged | NightlyDue):
        return
    tells = isinstance(event, Pushed) and event.to_default_branch
    branch = event.branch if isinstance(event, Pushed) and tells else None
    if not _is_known(using, event.repository, branch, forge_id):
        using.repositories.see(event.repository, using.clock.now(), branch, forge_id)


def change_repositories(using: Services, action: ChangeRepositories, delivery: Delivery) -> None:
    """Take up which repositories an installation has; may be repeated.

    Raises:
        TransientError: a check of a lost repository is being worked on; call again.
    """
    del delivery
    change, now = action.change, using.clock.now()
    if change.action == "unsuspend":  # GitHub names none of its repositories then
        using.repositories.regain(change.installation)
    for name in change.added:
        using.repositories.see(Repository(name=name, installation=change.installation), now)
    lost = {name for name in change.removed if not _is_elsewhere(using, name, change.installation)}
    if change.gone:
        lost |= set(using.repositories.of_installation(change.installation))
    _end(using, sorted(lost))
    using.repositories.lose(lost, for_now=change.gone)
    if change.gone:
        using.forge.forget_installation(change.installation)
    extra = {
        "installation": change.installation,
        "action": change.action,
        "added": len(change.added),
        "removed": len(lost),
    }
    log.info("installation_changed", extra=extra)


def _end(using: Services, names: Iterable[RepositoryName]) -> None:
    """End what is measured of repositories that are out of reach: nobody can be told there."""
    for name in names:
        end_of_repository(using, name)


def _is_elsewhere(using: Services, name: RepositoryName, installation: int) -> bool:
    """Whether a later installation has it: what comes late or twice must not take it away."""
    known = using.repositories.repository(name)
    return known is not None and known.installation not in {None, installation}


def _is_known(
    using: Services, repository: Repository, branch: str | None, forge_id: int | None
) -> bool:
    known = using.repositories.repository(repository.name)
    return (
        known is not None
        and known.active
        and using.clock.now() - known.seen_utc < SEEN_FOR
        and repository.installation in {None, known.installation}
        and branch in {None, known.default_branch}
        and forge_id in {None, known.forge_id}
    )
