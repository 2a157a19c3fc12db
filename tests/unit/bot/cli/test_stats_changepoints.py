from __future__ import annotations

import json

import pytest

from bot.cli.stats_changepoints import answer, answer_lines
from bot.cli.stats_lines import LineError

STEPPED = [1.0] * 6 + [2.0] * 6


def refused(line: bytes) -> LineError:
    found = answer(line, 7)
    assert isinstance(found, LineError)
    return found


def test_a_history_is_answered_by_its_steps() -> None:
    line = json.dumps({"id": "a", "values": STEPPED}).encode()
    (found,) = answer_lines([(1, line)])
    assert isinstance(found, bytes)
    assert json.loads(found) == {"id": "a", "points": [{"index": 6, "effect": pytest.approx(1.0)}]}


@pytest.mark.parametrize("known", [None, 0, "x", 1.5, [1], {"a": None}, 10**30])
def test_an_id_comes_back_as_it_was(known: object) -> None:
    found = answer(json.dumps({"id": known, "values": []}).encode(), 1)
    assert isinstance(found, bytes)
    assert json.loads(found) == {"id": known, "points": []}


def test_whole_numbers_are_levels_too() -> None:
    found = answer(b'{"id": 1, "values": [5, 5, 5, 6, 6, 6, 6, 6]}', 1)
    assert isinstance(found, bytes)


@pytest.mark.parametrize(
    "value", ["NaN", "Infinity", "-Infinity", '"1"', "null", "true", "[1]", "1e999", "{}"]
)
def test_what_is_no_number_is_an_error_with_its_line_and_id(value: str) -> None:
    found = refused(f'{{"id": 3, "values": [1, {value}]}}'.encode())
    assert found[:2] == (7, 3)
    assert found.message.startswith("not a history: ")


@pytest.mark.parametrize("value", ["0", "-1", "-0.0"])
def test_a_value_that_is_no_level_is_an_error_with_its_place(value: str) -> None:
    found = refused(f'{{"id": 3, "values": [1, {value}]}}'.encode())
    assert found == (7, 3, f"value 1 is {float(value)!r}: levels are above 0 and finite")


@pytest.mark.parametrize(
    "line",
    [b"x", b"[]", b"{}", b"null", b"\x00", b"\xff", b'{"id":', b"[" * 100_000, b'{"values": 1}'],
)
def test_what_is_no_history_is_an_error(line: bytes) -> None:
    assert refused(line)[:2] == (7, None)


def test_a_history_of_too_many_values_is_an_error() -> None:
    found = refused(b'{"id": 1, "values": [' + b"1," * 60_000 + b"1]}")
    assert "at most 50000 values" in found.message


@pytest.mark.parametrize("number", [b"NaN", b"-Infinity", b"1e999"])
def test_a_value_that_is_no_number_is_named_by_its_place(number: bytes) -> None:
    found = refused(b'{"id": "a", "values": [1.0, ' + number + b"]}")
    assert found.id == "a"
    assert "values[1]: expected a finite number" in found.message
