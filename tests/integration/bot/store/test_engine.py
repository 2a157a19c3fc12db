from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, select, text
from sqlalchemy.exc import IntegrityError

from bot.store.engine import open_database, reading, writing
from bot.store.local_tables import LOCAL_PULL_REQUESTS
from bot.store.tables import REPORTS
from engine.errors import UserError
from tests.fakes.database import database, database_url

__all__ = ["database", "database_url"]

ROW = {
    "repository": "o/r",
    "title": "t",
    "head": "a" * 40,
    "head_branch": "b",
    "base_ref": "main",
    "state": "open",
    "from_fork": False,
}


@pytest.mark.parametrize(
    "pragma,value", [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_every_connection_is_durable_and_checks_foreign_keys(
    database: Engine, pragma: str, value: object
) -> None:
    with reading(database) as connection:
        assert connection.execute(text(f"PRAGMA {pragma}")).scalar() == value


def test_a_file_that_is_opened_again_stays_locked_against_other_processes(
    database: Engine,
) -> None:
    with writing(database) as connection:
        connection.execute(insert(LOCAL_PULL_REQUESTS).values(number=1, **ROW))
    again = open_database(database.url.render_as_string())
    again.dispose()
    # Unlocked, the file looks like nobody's to who closes it last, and its journal is removed.
    other = (
        f"import sqlite3; other = sqlite3.connect({database.url.database!r});"
        "other.execute('SELECT * FROM local_pull_requests').fetchall(); other.close()"
    )
    subprocess.run([sys.executable, "-c", other], check=True, timeout=60)
    assert Path(f"{database.url.database}-wal").exists()


def test_a_transaction_that_fails_leaves_nothing(database: Engine) -> None:
    def write_and_fail() -> None:
        with writing(database) as connection:
            connection.execute(insert(LOCAL_PULL_REQUESTS).values(number=1, **ROW))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with reading(database) as connection:
        assert connection.execute(select(LOCAL_PULL_REQUESTS)).first() is None


def test_a_row_without_its_parent_is_refused(database: Engine) -> None:
    orphan = {
        "run": "nobody",
        "nonce": "n",
        "runner": "r",
        "machine": {},
        "started_utc": "",
        "finished_utc": "",
        "caveats": [],
    }
    with pytest.raises(IntegrityError), writing(database) as connection:
        connection.execute(insert(REPORTS).values(orphan))


def test_writers_that_read_first_wait_for_each_other_and_lose_nothing(database: Engine) -> None:
    def add_ten() -> None:
        for _ in range(10):
            with writing(database) as connection:
                taken = connection.execute(select(LOCAL_PULL_REQUESTS.c.number)).scalars().all()
                row = {**ROW, "number": max(taken, default=0) + 1}
                connection.execute(insert(LOCAL_PULL_REQUESTS).values(row))

    threads = [threading.Thread(target=add_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(database) as connection:
        numbers = connection.execute(select(LOCAL_PULL_REQUESTS.c.number)).scalars().all()
    assert sorted(numbers) == list(range(1, 41))


def test_the_folder_of_a_database_is_made(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'a' / 'b' / 'bot.db'}")
    with writing(database) as connection:
        connection.execute(text("CREATE TABLE t (x)"))
    database.dispose()
    assert (tmp_path / "a" / "b" / "bot.db").is_file()


@pytest.mark.parametrize("url", ["nonsense", "", "mysql://h/d", "postgresql://u:secret@h/d"])
def test_a_url_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(UserError) as refused:
        open_database(url)
    assert "secret" not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="folder"):
        open_database(f"sqlite:///{tmp_path / 'file' / 'bot.db'}")


def test_an_error_of_the_database_does_not_tell_what_was_to_be_stored(database: Engine) -> None:
    secret = {**ROW, "state": "a body that nobody may read"}
    with pytest.raises(IntegrityError) as refused, writing(database) as connection:
        connection.execute(insert(LOCAL_PULL_REQUESTS).values(number=1, **secret))
    assert "nobody may read" not in str(refused.value)
