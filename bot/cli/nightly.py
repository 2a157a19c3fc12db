"""``highwater nightly``: begin repositories' nights now; find the baselines that come of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from sqlalchemy.exc import DatabaseError

from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Result, emit, format_option, message
from bot.clock import utc_now
from bot.nightly.candidates import candidates_folder
from bot.nightly.timetable import delivery_of, is_measuring
from bot.settings import Settings, read_settings
from bot.store.deliveries import Delivery, DeliveryStatus
from bot.store.migrate import open_existing
from bot.store.repositories import RepositoryRecord
from bot.stores import Stores, stores_over
from engine.errors import UserError, Where
from engine.values import ExitCode, RepositoryName

WAIT = timedelta(hours=24)  # an order that nobody has carried out by then is lost
_LOOK_EVERY_S = 1.0
_OPEN = frozenset({DeliveryStatus.WAITING, DeliveryStatus.CLAIMED})


@click.command()
@click.option(
    "--repo", metavar="OWNER/NAME", help="This repository alone; else all that are served."
)
@click.option(
    "--candidate",
    is_flag=True,
    help="Wait for the end, and name the baseline files that may be accepted.",
)
@setting_options("state_dir")
@format_option
def nightly(
    flags: Mapping[str, str | None],
    *,
    repo: str | None,
    candidate: bool,
    output_format: OutputFormat,
) -> int:
    """Begin a night now, as the schedule would: the bot's `jobs` process and runners carry it out.

    What is done is declared under `nightly` in the repository's .highwater.yml. With --candidate
    the command waits until the runs have ended, and names the files below STATE_DIR/candidates;
    they are copied by hand, or accepted through /promote-baseline. Ends with 4 when there is none.

    \b
    Example:
      highwater nightly --repo ada/strategies
      highwater nightly --repo ada/strategies --candidate
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    settings = read_settings(flags)
    stores = _stores(settings)
    chosen = _chosen(stores, repo)
    begun = utc_now()
    deliveries = [_begin(stores, record, begun) for record in chosen]
    if not candidate:
        emit(_begun(chosen), output_format)
        return ExitCode.WITHIN_BUDGET
    _wait(stores, chosen, deliveries)
    files = [file for record in chosen for file in _files(settings, record.name, begun)]
    emit(_found(files), output_format)
    return ExitCode.WITHIN_BUDGET if files else ExitCode.NO_VERDICT


def _stores(settings: Settings) -> Stores:
    try:
        return stores_over(open_existing(settings.database_url))
    except DatabaseError as error:
        problem = f"The database cannot be read: {error.orig or error}."
        where = Where("environment", field="DATABASE_URL")
        raise UserError(problem, where, "Name the bot's database, or its --state-dir.") from error


def _chosen(stores: Stores, repo: str | None) -> tuple[RepositoryRecord, ...]:
    served = stores["repositories"].active()
    chosen = tuple(each for each in served if repo in (None, each.name))
    if chosen:
        return chosen
    known = ", ".join(each.name for each in served) or "none"
    problem = f"{repo!r} is no repository that is served here." if repo else "Nothing is served."
    raise UserError(problem, Where("--repo"), f"Served are: {known}.")


def _begin(stores: Stores, record: RepositoryRecord, now: datetime) -> Delivery:
    """Deliver a night that is due this minute; one that goes on already is waited for."""
    delivery = delivery_of(record.repository, now)
    if is_measuring(stores["checks"], record.name):
        message(f"A night of {record.name} goes on already.")
    elif not stores["deliveries"].add(delivery, now):
        message(f"A night of {record.name} was begun this very minute.")
    return delivery


def _wait(
    stores: Stores, chosen: Sequence[RepositoryRecord], deliveries: Sequence[Delivery]
) -> None:
    message("Waiting for the night to end; Ctrl-C leaves it to the bot.")
    end = time.monotonic() + WAIT.total_seconds()
    while time.monotonic() < end:
        waiting = any(_is_open(stores, delivery) for delivery in deliveries)
        if not waiting and not any(is_measuring(stores["checks"], each.name) for each in chosen):
            return
        time.sleep(_LOOK_EVERY_S)


def _is_open(stores: Stores, delivery: Delivery) -> bool:
    state = stores["deliveries"].state(delivery.id)
    return state is not None and state.status in _OPEN


def _files(settings: Settings, name: RepositoryName, begun: datetime) -> list[Path]:
    """List the candidates that were written since the night began."""
    folder = candidates_folder(settings.state_dir, name)
    found = sorted(path for path in folder.rglob("*.json") if path.is_file())
    return [path for path in found if _written(path) >= begun.replace(microsecond=0)]


def _written(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def _begun(chosen: Sequence[RepositoryRecord]) -> Result:
    names = [each.name for each in chosen]
    return Result(human=f"Begun: {', '.join(names)}.", document={"begun": names})


def _found(files: Sequence[Path]) -> Result:
    listed = [str(file) for file in files]
    human = "\n".join(listed) or "No candidate: no run of the night counts as evidence."
    return Result(human=human, document={"candidates": listed})
