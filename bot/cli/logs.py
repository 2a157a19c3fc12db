"""Logging of the services: one event a line, a constant name and keys, on standard error."""

from __future__ import annotations

import json
import logging
import logging.config
import time
from pathlib import Path
from typing import Any

import msgspec

from engine.errors import UserError, Where

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_REMEDY = "It must be a JSON object for logging.config.dictConfig, such as config/logging.json."


class KeyFormatter(logging.Formatter):
    """Writes ``TIME LEVEL LOGGER event key=value …`` in UTC, always one line an event.

    Keys are what was given as ``extra``; values and odd characters are written as JSON has them,
    so no text of a pull request can forge a line.
    """

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """Render one record; a traceback follows on lines of its own."""
        extras = {name: value for name, value in vars(record).items() if _is_given(name)}
        keys = "".join(f" {name}={_value(value)}" for name, value in extras.items())
        event = _one_line(record.getMessage())
        line = f"{self.formatTime(record)} {record.levelname} {record.name} {event}{keys}"
        return line if not record.exc_info else f"{line}\n{self.formatException(record.exc_info)}"


def _is_given(name: str) -> bool:
    """Whether an attribute of a record is an ``extra``; libraries that log add private ones."""
    return name not in _STANDARD and not name.startswith("_")


def configure_logging(level: str, config: Path | None = None) -> None:
    """Set up the process's logging: from *config*, a dictConfig JSON file, else built in.

    Raises:
        UserError: *config* cannot be read or is not such a file.
    """
    if config is None:
        logging.config.dictConfig(_built_in(level))
    else:
        _configure_from(config)


def _built_in(level: str) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"keys": {"()": f"{__name__}.{KeyFormatter.__name__}"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "keys"}},
        # A migration's steps are told by the command that makes it.
        "loggers": {"alembic": {"level": "WARNING"}},
        "root": {"level": level, "handlers": ["stderr"]},
    }


def _configure_from(file: Path) -> None:
    try:
        logging.config.dictConfig(msgspec.json.decode(file.read_bytes(), type=dict[str, Any]))
    except (OSError, ValueError, TypeError, AttributeError, ImportError) as error:
        problem = f"Logging cannot be set up from this file: {error}."
        raise UserError(problem, Where(str(file)), _REMEDY) from error


def _value(value: object) -> str:
    if isinstance(value, bool | int | float) or value is None:
        return json.dumps(value)
    text = str(value)
    return text if text.isascii() and _plain(text) else json.dumps(text)


def _plain(text: str) -> bool:
    return bool(text) and all(character.isalnum() or character in "_-.:/+@" for character in text)


def _one_line(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)[1:-1]
