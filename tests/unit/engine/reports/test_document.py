from __future__ import annotations

import json

import pytest

from engine.errors import IntegrityError
from engine.reports.document import parse_document, render_document
from tests.fakes.situations import situations


@pytest.mark.parametrize("name", sorted(situations()))
def test_a_document_reads_back_as_the_same_verdict(name: str) -> None:
    verdict = situations()[name]

    assert parse_document(render_document(verdict)) == verdict


def test_a_document_is_one_line_of_canonical_json() -> None:
    data = render_document(situations()["regression"])

    keys = list(json.loads(data))
    assert keys == sorted(keys)
    assert data.count(b"\n") == 1


@pytest.mark.parametrize("data", [b"", b"{", b"{}", b"\xff", b'{"check": NaN}'])
def test_what_is_no_verdict_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="the verdict's document"):
        parse_document(data)


def test_a_field_of_nobody_is_refused() -> None:
    document = json.loads(render_document(situations()["skipped"]))

    with pytest.raises(IntegrityError, match="extra"):
        parse_document(json.dumps({**document, "extra": 1}).encode())
