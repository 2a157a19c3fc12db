from __future__ import annotations

from typing import Annotated, Any

import msgspec
import pytest

from engine.decoding import decode
from engine.errors import UserError
from engine.values import Mode
from engine.yaml12 import parse_yaml


class Inner(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.5
    mode: Mode | None = None
    texts: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.share == 0.25:
            message = "share must not be a quarter"
            raise ValueError(message)


class Outer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    name: str
    named: dict[Annotated[str, msgspec.Meta(max_length=5)], Inner | str] = {}
    nested: dict[str, dict[str, Inner]] = {}
    listed: list[Inner] = []


def refusal(text: str) -> str:
    with pytest.raises(UserError) as caught:
        decode(parse_yaml(text.encode(), "f"), Outer)
    return str(caught.value)


def test_a_document_that_fits_becomes_its_value() -> None:
    found: Any = decode(parse_yaml(b"name: x\nnamed: {a: {mode: min}, b: text}\n", "f"), Outer)
    assert found == Outer(name="x", named={"a": Inner(mode=Mode.MIN), "b": "text"})


@pytest.mark.parametrize(
    "text,expected",
    [
        ("name: 3", "f:1: name: expected a string, found 3."),
        ("named: {}", "f:1: name: missing key `name`. Add the key name; keys here are name"),
        (
            "name: x\nlisted:\n- {}\n- {shar: 1}",
            "f:4: listed[1].shar: unknown key `shar`. Did you mean share? Allowed here: ",
        ),
        (
            "name: x\nnamed:\n  ok: {}\n  bad:\n    share: 2",
            "f:5: named.bad.share: expected a number <= 1.0, found 2.",
        ),
        (
            "name: x\nnested:\n  a: {b: {}}\n  c:\n    d: {}\n    e: {mode: up}",
            'nested.c.e.mode: expected one of the choices, found "up". Allowed here: max, min.',
        ),
        ("name: x\nnamed: {toolong: {}}", "f:2: named.toolong: expected a string of length <= 5"),
        ("name: x\nnamed: {a: {texts: [a, 1]}}", "named.a.texts[1]: expected a string, found 1."),
        ("name: x\nnamed: {a: 1.5}", "f:2: named.a: expected a string or a mapping, found 1.5."),
        ("name: x\nlisted: [{share: 0.25}]", "f:2: listed[0]: share must not be a quarter."),
        ("[]", "f:1: expected a mapping, found []."),
        ("name: {a: 1}", 'f:1: name: expected a string, found {"a": 1}.'),
    ],
)
def test_a_mismatch_names_line_field_finding_and_what_is_allowed(text: str, expected: str) -> None:
    assert expected in refusal(text)


def test_nothing_is_coerced() -> None:
    assert "expected a number" in refusal("name: x\nlisted: [{share: '0.5'}]")


def test_what_was_found_is_shown_in_short() -> None:
    assert len(refusal("name: [" + "x, " * 500 + "]")) < 200
