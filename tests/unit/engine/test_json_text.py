from __future__ import annotations

from typing import Any

import pytest

from engine.errors import UserError
from engine.json_text import parse_json, write_json


def refusal(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        parse_json(data, "file.json")
    return str(caught.value)


DOCUMENT = parse_json(
    b'\n{"a": [1,\n {"b\\"": "x,:{["}, [], {}],\n "c": {"d":\n 4}, "e": [[2],\n[3]]}', "f"
)


@pytest.mark.parametrize(
    "path,line",
    [
        ((), 2),
        (("a",), 2),
        (("a", 0), 2),
        (("a", 1), 3),
        (("a", 1, 'b"'), 3),
        (("a", 2), 3),
        (("a", 3), 3),
        (("a", 4), None),
        (("c", "d"), 4),
        (("e", 1, 0), 6),
        (("nothing",), None),
    ],
)
def test_every_value_has_the_line_of_its_key_or_item(path: tuple[Any, ...], line: int) -> None:
    assert DOCUMENT.line(path) == line


@pytest.mark.parametrize(
    "data,expected",
    [
        (b'{"a":\n [1, NaN]}', "file.json:2: a[1]: expected a finite number, found nan"),
        (b'{"a": -Infinity}', "expected a finite number, found -inf"),
        (b'{"a": 1e999}', "expected a finite number, found inf"),
        (b'{"a": 1,\n"b": {"a": 1,\n"a": 2}}', "file.json:3: b.a: the key `a` is written twice"),
        (b'{"a": 1, "a": 2, oops', "file.json:1"),
        (b'{"a": 99999999999999999999}', "a: found an integer of more than 64 bits"),
        (b'{"a": ' + b"1" * 5000 + b"}", "found a number that is too large"),
        (b'{"a": "\\ud800"}', "a: found half a character"),
        (b'{"\\ud800": 1}', "found half a character"),
        (b"[" * 100_000, "values are nested deeper than 64 levels"),
        (b"[" * 80 + b"]" * 80, "values are nested deeper than 64 levels"),
        (b"{", "file.json:1: not valid JSON"),
        (b'{"a": 1,\n}', "file.json:2: not valid JSON"),
        (b"{} {}", "Extra data"),
        (b"", "the file is empty"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_what_is_no_plain_json_is_refused_with_its_place(data: bytes, expected: str) -> None:
    assert expected in refusal(data)


def test_a_file_above_the_cap_is_refused() -> None:
    with pytest.raises(UserError, match="too large: 9 bytes, at most 8"):
        parse_json(b'"1234567"', "f", max_bytes=8)


def test_a_byte_order_mark_is_left_out() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1}', "f").value == {"a": 1}


def test_written_json_is_indented_in_the_values_order_and_ends_with_a_newline() -> None:
    assert write_json({"b": 1, "a": "ü"}) == '{\n  "b": 1,\n  "a": "ü"\n}\n'.encode()


def test_nan_is_never_written() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json({"a": float("nan")})
