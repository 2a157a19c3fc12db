"""Whatever is done to a ledger's bytes shows, whatever stands in it."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.audit.canonical import canonical, number
from engine.audit.chain import Head, Stamp, sealed
from engine.audit.expectation import Expectation
from engine.audit.records import Entry
from engine.audit.verify import examine

names = st.text(min_size=1, max_size=8)
scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats() | st.text()
finite = scalars.filter(lambda one: not isinstance(one, float) or math.isfinite(one))
trees = st.recursive(
    finite, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)
)
values = st.dictionaries(names, scalars, max_size=3)


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[bytes, Head]:
    """Chain a few intents with their outcomes."""
    lines, head, stamp = [], Head(), Stamp("host:1:2", "2026-11-20T12:00:00.000000Z")
    for index in range(draw(st.integers(1, 4))):
        fields: dict[str, Any] = {"run_id": "r", "step": "select", "ctx": draw(values)}
        intent = Entry(**fields, kind="intent", id=f"i{index}", inputs=draw(values))
        done = Entry(
            **fields, kind="outcome", ref=f"i{index}", status="success", outputs=draw(values)
        )
        for entry in (intent, done):
            line, head = sealed(entry, head, stamp)
            lines.append(line)
    return b"".join(lines), head


@given(ledgers())
def test_what_was_written_is_sound(ledger: tuple[bytes, Head]) -> None:
    data, head = ledger

    assert examine(_split(data), Expectation(head=head)).flaws == ()


@given(ledgers(), st.data())
def test_any_edited_byte_is_found(ledger: tuple[bytes, Head], draws: st.DataObject) -> None:
    data, _ = ledger
    at = draws.draw(st.integers(0, len(data) - 1))
    other = draws.draw(st.integers(0, 255).filter(lambda byte: byte != data[at]))
    edited = data[:at] + bytes([other]) + data[at + 1 :]

    assert examine(_split(edited)).flaws  # the chain by itself shows it


@given(ledgers(), st.data())
def test_any_cut_is_found(ledger: tuple[bytes, Head], draws: st.DataObject) -> None:
    data, head = ledger
    start = draws.draw(st.integers(0, len(data) - 1))
    end = draws.draw(st.integers(start + 1, len(data)))

    assert examine(_split(data[:start] + data[end:]), Expectation(head=head)).flaws


@given(ledgers(), st.binary(min_size=1, max_size=40), st.data())
def test_anything_put_in_between_is_found(
    ledger: tuple[bytes, Head], added: bytes, draws: st.DataObject
) -> None:
    data, head = ledger
    at = draws.draw(st.integers(0, len(data)))

    assert examine(_split(data[:at] + added + data[at:]), Expectation(head=head)).flaws


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_reads_back_as_itself(value: float) -> None:
    assert float(number(value)) == value


@given(trees)
def test_the_canonical_form_is_json_of_the_same_value_and_its_own_form(value: Any) -> None:
    written = canonical(value)

    assert json.loads(written, parse_int=float) == value
    assert canonical(json.loads(written)) == written


def _split(data: bytes) -> list[bytes]:
    """Split at line feeds alone, as a file's lines are."""
    *lines, rest = data.split(b"\n")
    return [line + b"\n" for line in lines] + ([rest] if rest else [])
