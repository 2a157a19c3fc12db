from __future__ import annotations

from typing import Any

import pytest

from engine.errors import UserError
from engine.yaml12 import parse_yaml


def value(text: str) -> Any:
    return parse_yaml(f"key: {text}\n".encode(), "file.yaml").value["key"]


def refusal(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        parse_yaml(data, "file.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("1e-6", 1e-6),
        ("1E6", 1e6),
        ("+1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("-0.0", -0.0),
    ],
)
def test_a_number_with_point_or_exponent_is_a_float(text: str, expected: float) -> None:
    found = value(text)
    assert (type(found), found) == (float, expected)


@pytest.mark.parametrize(
    "text,expected", [("12", 12), ("-7", -7), ("+3", 3), ("0o17", 15), ("0xff", 255), ("010", 10)]
)
def test_a_number_without_them_is_an_integer(text: str, expected: int) -> None:
    found = value(text)
    assert (type(found), found) == (int, expected)


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "no",
        "on",
        "off",
        "y",
        "12:30",
        "2026-01-05",
        "1_000",
        "0b11",
        "NaN",
        "inf",
        "=",
        "<<",
    ],
)
def test_what_yaml_1_1_would_interpret_is_a_string(text: str) -> None:
    assert value(text) == text


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_the_words_of_truth_are_booleans(text: str) -> None:
    assert value(text) is True


@pytest.mark.parametrize("text", ["", "~", "null", "Null", "NULL"])
def test_the_words_of_nothing_are_null(text: str) -> None:
    assert value(text) is None


@pytest.mark.parametrize("text", ["'1e-6'", '"1e-6"', "|-\n  1e-6", ">-\n  1e-6"])
def test_a_quoted_or_block_scalar_is_text_whatever_it_looks_like(text: str) -> None:
    assert value(text) == "1e-6"


def test_a_key_that_looks_like_a_boolean_of_yaml_1_1_stays_a_string() -> None:
    assert parse_yaml(b"on: 1\nyes: 2\n", "f").value == {"on": 1, "yes": 2}


def test_an_alias_repeats_its_anchor() -> None:
    assert parse_yaml(b"a: &x [1, 2]\nb: *x\n", "f").value == {"a": [1, 2], "b": [1, 2]}


def test_a_character_escaped_in_two_halves_as_in_json_is_one() -> None:
    assert value(r'"\ud83d\ude00"') == "\U0001f600"


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    "data,expected",
    [
        (b"a: 1\nb: 2\na: 3\n", "file.yaml:3: a: the key `a` is written twice"),
        (b"a:\n  b: 1\n  b: 2\n", "file.yaml:3: a.b: the key `b` is written twice"),
        (b"a: 1\n1: 2\n", "file.yaml:2: found a key that is not a string: '1'"),
        (b"a:\n  ? [x]\n  : 1\n", "a: found a key that is not a string"),
        (b"null: 2\n", "not a string: 'null'"),
        (b"a: .nan\n", "file.yaml:1: a: expected a finite number, found .nan"),
        (b"a: -.INF\n", "expected a finite number, found -.INF"),
        (b"a: 1e999\n", "expected a finite number"),
        (b"a: 99999999999999999999\n", "an integer of more than 64 bits"),
        (b"x:\n - &a [*a]\n", "file.yaml:2: x[0][0]: a value holds itself through an alias"),
        (b"a: *nowhere\n", "undefined alias 'nowhere'"),
        (b"a: !!python/object/apply:os.system [id]\n", "tags are not read"),
        (b"a: !!int '3'\n", "found the tag !!int; tags are not read"),
        (b"a: !mine 3\n", "tags are not read"),
        (b"a: 1\n---\nb: 2\n", "not valid YAML"),
        (b"a: [1\nb: 2\n", "file.yaml:2: not valid YAML"),
        (b"a: 1\nb: \xff\n", "file.yaml:2: not UTF-8: byte 0xff"),
        (b"a: \x01\n", "file.yaml:1: not valid YAML"),
        (b'a: "\\UFFFFFFFF"\n', "not valid YAML"),
        (b'a: "x\\ud83d"\n', "file.yaml:1: a: found half a character"),
        (b'"\\ude00": 1\n', "found half a character"),
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (b"# nothing\n", "the file is empty"),
        (b"[" * 100_000, "values are nested deeper than"),
        (b"a: " + b"[" * 70 + b"]" * 70, "values are nested deeper than 64 levels"),
        (b"a: " + b"x" * 300_000, "the file is too large: 300003 bytes"),
        (BOMB.encode(), "found more than 20000 values, aliases expanded"),
    ],
)
def test_what_hides_something_is_refused_with_its_place(data: bytes, expected: str) -> None:
    assert expected in refusal(data)


DOCUMENT = parse_yaml(b"suites:\n  core:\n    argv:\n      - a\n      - b\n  other: {x: 1}\n", "f")


@pytest.mark.parametrize(
    "path,line",
    [
        ((), 1),
        (("suites",), 1),
        (("suites", "core"), 2),
        (("suites", "core", "argv", 1), 5),
        (("suites", "other", "x"), 6),
        (("suites", "none"), None),
    ],
)
def test_every_value_has_the_line_of_its_key_or_item(path: tuple[Any, ...], line: int) -> None:
    assert DOCUMENT.line(path) == line


def test_something_missing_is_placed_where_it_should_be() -> None:
    assert str(DOCUMENT.where(("suites", "core", "kind"))) == "f:2: suites.core.kind"


def test_a_part_knows_its_place_in_the_whole() -> None:
    part = DOCUMENT.part(("suites", "core"))
    assert str(part.where(("argv", 0))) == "f:4: suites.core.argv[0]"
