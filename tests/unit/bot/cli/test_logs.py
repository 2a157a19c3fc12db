from __future__ import annotations

import json
import logging
import sys

from bot.cli.logs import KeyFormatter


def line(message: str, **keys: object) -> str:
    record = logging.makeLogRecord(
        {"msg": message, "levelname": "INFO", "name": "bot.checks", "created": 0.25, "msecs": 250.0}
    )
    vars(record).update(keys)
    return KeyFormatter().format(record)


def test_an_event_is_one_line_with_its_keys_in_utc() -> None:
    assert line("check_concluded", check="c-1", pairs=12) == (
        "1970-01-01T00:00:00.250Z INFO bot.checks check_concluded check=c-1 pairs=12"
    )


def test_a_value_cannot_forge_a_line() -> None:
    forged = line("x", title='a\n1970-01-01 INFO bot.checks "fine"')
    assert "\n" not in forged
    assert json.loads(forged.partition("title=")[2]) == 'a\n1970-01-01 INFO bot.checks "fine"'


def test_a_message_cannot_forge_a_line() -> None:
    assert "\n" not in line("a\nb")


def test_a_value_with_a_space_is_quoted() -> None:
    assert line("x", title="two words").endswith(' title="two words"')


def test_an_empty_value_is_seen() -> None:
    assert line("x", title="").endswith(' title=""')


def test_a_traceback_follows_its_line() -> None:
    try:
        raise KeyError("k")  # noqa: EM101, TRY301 - an exception to log
    except KeyError:
        shown = line("x", exc_info=sys.exc_info()).splitlines()
    assert shown[0].endswith(" x")
    assert shown[1] == "Traceback (most recent call last):"
