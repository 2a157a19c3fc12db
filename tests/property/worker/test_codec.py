"""Whatever a runner sends, the codec answers with a value or with its own error."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from engine.errors import IntegrityError
from tests.fakes.reports import ORDER, REPORT
from worker.queue.codec import decode_order, decode_report, encode_report

KNOWN = decode_order(json.dumps(ORDER))
VALID = json.dumps(REPORT).encode()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*REPORT, "type"]), inner),
    max_leaves=20,
)


def answered(data: bytes) -> None:
    try:
        report = decode_report(data, KNOWN)
    except IntegrityError:
        return
    assert decode_report(encode_report(report), KNOWN) == report


@given(st.binary())
def test_any_bytes_are_answered(data: bytes) -> None:
    answered(data)


@given(JSON)
def test_any_json_is_answered(document: object) -> None:
    answered(json.dumps(document).encode())


@given(st.integers(0, len(VALID) - 1), st.integers(0, 255))
def test_any_changed_byte_of_a_report_is_answered(place: int, value: int) -> None:
    answered(VALID[:place] + bytes([value]) + VALID[place + 1 :])


@given(st.text())
def test_any_text_is_answered_as_an_order(text: str) -> None:
    try:
        decode_order(text)
    except IntegrityError:
        return
