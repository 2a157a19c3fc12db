"""``highwater nightly``: begin repositories' nights now; find the baselines that come of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import click
from sqlalchemy.exc import DatabaseError

from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Result, emit, format_option, message
from bot.clock import utc_now
from bot.nightly.candidates import candidates_folder
from bot.nightly.timetable import NAME, delivery_of, is_measuring
from bot.settings import Settings, read_settings
from bot.store.deliveries import Delivery, DeliveryStatus
from bot.store.migrate import open_existing
from bot.store.repositories import RepositoryRecord
from bot.stores import Stores, stores_over
from engine.configuration import FILE_NAME
from engine.errors import UserError, Where
from engine.values import ExitCode, RepositoryName

WAIT = timedelta(hours=24)  # an order that nobody has carried out by then is lost
_LOOK_EVERY_S = 1.0
_TAKEN_WITHIN_S = 30.0  # by `jobs`, if it runs and has nothing else to do
_OPEN = frozenset({DeliveryStatus.WAITING, DeliveryStatus.CLAIMED})


class _Night(NamedTuple):
    """A night that is waited for; *begun* is None where another had begun it before."""

    name: RepositoryName
    delivery: Delivery
    begun: datetime | None


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
    nights = [_begin(stores, record, begun) for record in chosen]
    if not candidate:
        emit(_begun(chosen), output_format)
        return ExitCode.WITHIN_BUDGET
    files = _candidates(settings, stores, nights, begun)
    emit(_found(files), output_format)
    return ExitCode.WITHIN_BUDGET if files else ExitCode.NO_VERDICT


def _candidates(
    settings: Settings, stores: Stores, nights: Sequence[_Night], begun: datetime
) -> list[Path]:
    """Wait for the nights, and list what they have left; where one left nothing, say why."""
    has_ended = _wait(stores, nights)
    files: list[Path] = []
    for night in nights:
        found = _files(settings, night.name, begun)
        files += found
        if has_ended and not found:
            message(_why_none(stores, night))
    return files


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


def _begin(stores: Stores, record: RepositoryRecord, now: datetime) -> _Night:
    """Deliver a night that is due this minute; one that goes on already is waited for."""
    delivery = delivery_of(record.repository, now)
    if is_measuring(stores["checks"], record.name):
        message(f"A night of {record.name} goes on already.")
        return _Night(record.name, delivery, None)
    if not stores["deliveries"].add(delivery, now):
        message(f"A night of {record.name} was begun this very minute.")
        return _Night(record.name, delivery, None)
    return _Night(record.name, delivery, now)


def _wait(stores: Stores, nights: Sequence[_Night]) -> bool:
    """Wait until all nights have ended; False: they have not within the longest time there is."""
    message("Waiting for the night to end; Ctrl-C leaves it to the bot.")
    start, is_told = time.monotonic(), False
    while time.monotonic() - start < WAIT.total_seconds():
        waiting = [night for night in nights if _is_open(stores, night.delivery)]
        if not waiting and not any(is_measuring(stores["checks"], one.name) for one in nights):
            return True
        late = time.monotonic() - start >= _TAKEN_WITHIN_S
        if late and not is_told and any(_is_untouched(stores, night.delivery) for night in waiting):
            message("Nobody has taken it up yet. Does `highwater up`, or `highwater jobs`, run?")
            is_told = True
        time.sleep(_LOOK_EVERY_S)
    message(f"It has not ended within {WAIT.total_seconds() / 3600:.0f} hours; it goes on.")
    return False


def _is_open(stores: Stores, delivery: Delivery) -> bool:
    state = stores["deliveries"].state(delivery.id)
    return state is not None and state.status in _OPEN


def _is_untouched(stores: Stores, delivery: Delivery) -> bool:
    state = stores["deliveries"].state(delivery.id)
    return state is not None and state.attempts == 0


def _why_none(stores: Stores, night: _Night) -> str:
    """Say why a night has left no candidate, as far as it is stored."""
    state = stores["deliveries"].state(night.delivery.id)
    if state is not None and state.status is DeliveryStatus.FAILED:
        return f"The night of {night.name} failed: {state.problem or 'the log of jobs says why'}."
    started = stores["schedules"].schedule(night.name, NAME).last_started_utc
    if night.begun is not None and (started is None or started < night.begun):
        return (
            f"There was no night of {night.name}: its default branch declares none under "
            f"`nightly` in {FILE_NAME}, or it cannot be read. The log of jobs says which."
        )
    return f"No candidate of {night.name}: no run of the night counts as evidence."


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
    return Result(human="\n".join(listed) or "No candidate.", document={"candidates": listed})
