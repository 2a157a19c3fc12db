from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import CheckConstraint, Engine, inspect, text

from bot.store.engine import open_database, reading, writing
from bot.store.migrate import configuration, migrate, require_up_to_date, revisions
from bot.store.tables import METADATA
from engine.errors import UserError
from tests.fakes.database import database, database_url

__all__ = ["database", "database_url"]


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(database: Engine) -> None:
    with reading(database) as connection:
        command.check(configuration(connection))  # raises when autogenerate would add something


def test_the_checks_of_the_tables_are_migrated_too(database: Engine) -> None:
    """``alembic check`` does not compare CHECK constraints, so they are compared here."""
    inspector = inspect(database)
    for table in METADATA.tables.values():
        checks = [each for each in table.constraints if isinstance(each, CheckConstraint)]
        declared = {str(each.name) for each in checks}
        made = {str(each["name"]) for each in inspector.get_check_constraints(table.name)}
        assert made == declared, table.name


def test_a_fresh_database_comes_from_nothing(tmp_path: Path) -> None:
    assert migrate(f"sqlite:///{tmp_path / 'bot.db'}").current is None


def test_migrating_again_changes_nothing(database_url: str) -> None:
    assert migrate(database_url).up_to_date


def test_processes_that_migrate_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    with ThreadPoolExecutor(4) as pool:
        found = [each.result().current for each in [pool.submit(migrate, url) for _ in range(4)]]
    assert sorted(found, key=str) == [*[migrate(url).wanted] * 3, None]


def test_every_migration_can_be_taken_back(database: Engine) -> None:
    with writing(database) as connection:
        command.downgrade(configuration(connection), "base")
    assert inspect(database).get_table_names() == ["alembic_version"]


def test_a_database_that_was_not_migrated_is_refused_with_the_remedy(tmp_path: Path) -> None:
    empty = open_database(f"sqlite:///{tmp_path / 'bot.db'}")
    with pytest.raises(UserError, match="highwater migrate"):
        require_up_to_date(empty)
    empty.dispose()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(
    database: Engine, database_url: str
) -> None:
    with writing(database) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(UserError, match="9999"):
        migrate(database_url)
    assert revisions(database).current == "9999"


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "bot.db").write_bytes(b"not a database, but long enough to have a header" * 10)
    with pytest.raises(UserError, match="file is not a database"):
        migrate(f"sqlite:///{tmp_path / 'bot.db'}")
