"""``highwater migrate``: the database's tables, brought to this version."""

from __future__ import annotations

from collections.abc import Mapping

import click

from bot.cli.output import OutputFormat, Result, emit, format_option
from bot.settings import read_settings
from bot.store.migrate import migrate as migrate_database


@click.command()
@format_option
def migrate(output_format: OutputFormat) -> None:
    """Bring the database to this version's schema; nothing happens when it is there already.

    \b
    Example:
      highwater migrate
      DATABASE_URL=sqlite:////var/lib/highwater/highwater.db highwater migrate
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    before = migrate_database(read_settings().database_url)
    document: Mapping[str, str | None] = {"from": before.current, "to": before.wanted}
    if before.up_to_date:
        human = f"The database is at revision {before.wanted} already."
    else:
        human = f"Migrated the database from {before.current or 'nothing'} to {before.wanted}."
    emit(Result(human=human, document=document), output_format)
