"""What is thrown away, and when: the disk does not fill up with what nobody will read again.

Verdicts, samples and what identifies a delivery stay for good. An order's files go once its check
has ended, a delivery's body a week after its coming, and a mirror is repacked once a day without
the commits that no running check needs.
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.services import Services
from bot.store.checks import CheckStatus
from engine.errors import TransientError
from engine.values import RepositoryName, RunId

log = logging.getLogger(__name__)

_STAMP = "highwater.tidied"  # in a mirror: its time is when it was tidied last


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """How long things are kept."""

    orders: timedelta = timedelta(hours=1)  # after the last change of the folder
    bodies: timedelta = timedelta(days=7)
    mirrors: timedelta = timedelta(days=1)  # from one tidying to the next


@dataclass(frozen=True, slots=True)
class Retention:
    """Throws away what has been kept long enough; doing so twice, or in two places, is harmless."""

    services: Services
    keeping: Keeping = Keeping()

    def tidy(self, stop: threading.Event) -> None:
        """Look at everything once; ends early, between two things, when *stop* is set.

        Raises:
            sqlalchemy.exc.OperationalError: the database is away.
        """
        now = self.services.clock.now()
        for folder in sorted((self.services.state_dir / "orders").glob("*/")):
            if not stop.is_set():
                self._look_at_order(folder, now)
        cleared = self.services.deliveries.clear_bodies(now - self.keeping.bodies)
        if cleared:
            log.info("bodies_cleared", extra={"count": cleared})
        for name in self.services.mirrors.names():
            if not stop.is_set():
                self._look_at_mirror(name, now)

    def _look_at_order(self, folder: Path, now: datetime) -> None:
        try:
            if now - _changed(folder) >= self.keeping.orders and self._has_ended(folder.name):
                shutil.rmtree(folder)
                log.info("order_removed", extra={"run": folder.name})
        except OSError as error:
            log.warning("order_kept", extra={"run": folder.name, "problem": str(error)})

    def _has_ended(self, run: str) -> bool:
        check = self.services.checks.check_of_run(RunId(run))
        return check is None or check.status is not CheckStatus.RUNNING

    def _look_at_mirror(self, name: RepositoryName, now: datetime) -> None:
        stamp = self.services.mirrors.root / f"{name}.git" / _STAMP
        try:
            if not stamp.exists():
                _set_time(stamp, now)  # made today: its day begins
            elif now - _changed(stamp) >= self.keeping.mirrors:
                _set_time(stamp, now)
                dropped = self.services.mirrors.tidy(name, self._needed(name))
                log.info("mirror_tidied", extra={"repository": name, "dropped": dropped})
        except (OSError, TransientError) as error:
            log.warning("mirror_kept", extra={"repository": name, "problem": str(error)})

    def _needed(self, name: RepositoryName) -> frozenset[str]:
        running = self.services.checks.running_checks(name)
        return frozenset(
            commit
            for check in running
            for commit in (check.head, check.base, check.target, check.policy_commit)
            if commit is not None
        )


def _changed(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _set_time(stamp: Path, now: datetime) -> None:
    stamp.touch()
    os.utime(stamp, (now.timestamp(), now.timestamp()))
