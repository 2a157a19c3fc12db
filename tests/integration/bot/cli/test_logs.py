from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.logs import configure_logging
from engine.errors import UserError


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    touched = [
        logging.root,
        logging.getLogger("bot.checks"),
        *map(logging.getLogger, ("urllib3", "alembic")),
    ]
    before = [(one, one.handlers[:], one.level) for one in touched]
    yield
    for logger, handlers, level in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)


def test_events_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("INFO")
    logging.getLogger("bot.checks").info("check_opened", extra={"check": "c-1"})
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.endswith(" INFO bot.checks check_opened check=c-1\n")


def test_less_severe_events_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("WARNING")
    logging.getLogger("bot.checks").info("check_opened")
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("config", [None, "config/logging.json"])
def test_the_steps_of_a_migration_are_left_out(
    root: Path, config: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("INFO", None if config is None else root / config)
    logging.getLogger("alembic.runtime.migration").info("Context impl SQLiteImpl.")
    assert capsys.readouterr().err == ""


def test_the_example_in_config_is_one(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("ERROR", root / "config" / "logging.json")
    logging.getLogger("bot.checks").info("check_opened", extra={"check": "c-1"})
    assert "check_opened check=c-1" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 1, "handlers": 3}'])
def test_a_file_that_configures_no_logging_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "logging.json"
    file.write_text(text)
    with pytest.raises(UserError) as raised:
        configure_logging("INFO", file)
    assert raised.value.where is not None
    assert raised.value.where.file == str(file)
