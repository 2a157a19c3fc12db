from __future__ import annotations

import json

import msgspec
import pytest

from engine.errors import IntegrityError
from engine.overrides import Override
from engine.reports.document import parse_document, render_document
from tests.fakes.conversation_situations import conversation_situations
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


@pytest.mark.parametrize("name", sorted(set(situations()) - set(conversation_situations())))
def test_what_says_nothing_is_left_out_so_that_older_documents_keep_their_bytes(name: str) -> None:
    document = json.loads(render_document(situations()[name]))

    findings = [finding for suite in document["suites"] for finding in suite["findings"]]
    assert not {"kind", "overrides"} & set(document)
    assert not any("override" in finding for finding in findings)


def test_a_document_of_before_tells_a_laptops_check_by_its_lack_of_a_pull_request() -> None:
    document = json.loads(render_document(situations()["regression"]))

    kinds = [
        parse_document(json.dumps({**document, "pull_request": number}).encode()).kind
        for number in (7, None)
    ]
    assert kinds == ["pull_request", "laptop"]


def test_the_kind_and_the_overrides_are_kept_where_they_say_something() -> None:
    override = Override(
        kind="mute", suite="core", by="ada", reason="r", created_utc="2026-11-20T12:00:00Z"
    )
    verdict = msgspec.structs.replace(
        situations()["regression"], pull_request=None, kind="nightly", overrides=(override,)
    )

    read = parse_document(render_document(verdict))

    assert (read.kind, read.overrides) == ("nightly", (override,))
