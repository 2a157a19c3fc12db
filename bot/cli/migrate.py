"""``highwater migrate``: the database's tables, brought to this version."""

from __future__ import annotations

from collections.abc import Mapping

import click

from bot.cli.options import setting_options
from bot.cli.output import OutputFormat, Result, emit, format_option
from bot.settings import read_settings
from bot.store.migrate import migrate as migrate_database
from engine.precedence import Source
from worker.queue.private_folders import private_folder
from worker.queue.settings import STATE_DIR


@click.command()
@setting_options("state_dir")
@format_option
def migrate(flags: Mapping[str, str | None], output_format: OutputFormat) -> None:
    """Bring the database to this version's schema; nothing happens when it is there already.

    \b
    Example:
      highwater migrate
      DATABASE_URL=sqlite:////var/lib/highwater/highwater.db highwater migrate
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    settings = read_settings(flags)
    if settings.sources["database_url"] is Source.CODE:  # it lies in the state directory
        private_folder(settings.state_dir, STATE_DIR.variable)
    before = migrate_database(settings.database_url)
    document: Mapping[str, str | None] = {"from": before.current, "to": before.wanted}
    if before.up_to_date:
        human = f"The database is at revision {before.wanted} already."
    else:
        human = f"Migrated the database from {before.current or 'nothing'} to {before.wanted}."
    emit(Result(human=human, document=document), output_format)
