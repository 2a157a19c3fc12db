"""Orders and reports are read strictly; what is wrong is named by its field."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import IntegrityError
from engine.orders import RunOrder
from tests.fakes.reports import ORDER, REPORT, bent
from worker.queue import codec
from worker.queue.codec import decode_order, decode_report, encode_order, encode_report


def order() -> RunOrder:
    return decode_order(json.dumps(ORDER))


def refused(document: Any) -> str:
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(IntegrityError) as caught:
        decode_report(text.encode(), order())
    return str(caught.value)


def test_an_order_survives_its_text() -> None:
    assert decode_order(encode_order(order())) == order()


def test_a_report_survives_its_bytes() -> None:
    report = decode_report(json.dumps(REPORT).encode(), order())
    assert decode_report(encode_report(report), order()) == report


@pytest.mark.parametrize(
    "path, value, named",
    [
        (("evidence", "launches", 0, "wall_s"), "fast", "evidence.launches[0].wall_s"),
        (("evidence", "launches", 0, "measured", 0, "samples"), [], "measured[0]"),
        (("evidence", "launches", 0, "pair"), -1, "launches[0].pair"),
        (("evidence", "launches", 0, "surprise"), 1, "launches[0]"),
        (("evidence", "type"), "profile", "evidence"),
        (("machine", "hardware", "cpu_count"), "2", "machine.hardware.cpu_count"),
        (("schema_version",), 2, "schema_version"),
        (("failure",), {"blame": "nobody", "step": "s"}, "failure.blame"),
    ],
)
def test_a_wrong_field_is_named(path: tuple[str | int, ...], value: object, named: str) -> None:
    assert named in refused(bent(REPORT, *path, to=value))


@pytest.mark.parametrize("field", ["run", "nonce"])
def test_a_report_of_another_order_is_refused(field: str) -> None:
    assert f"report: {field}: expected" in refused(bent(REPORT, field, to="other"))


def test_a_report_with_neither_evidence_nor_failure_is_refused() -> None:
    assert "evidence or a failure" in refused(bent(REPORT, "evidence", to=None))


def test_evidence_of_another_kind_than_the_suites_is_refused() -> None:
    sweep = {"type": "sweep", "metric": "sharpe", "mode": "max", "base": [], "head": []}
    assert "expected benchmark, found sweep" in refused(bent(REPORT, "evidence", to=sweep))


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_samples_that_are_no_finite_numbers_are_refused(token: str) -> None:
    refused(json.dumps(REPORT).replace("1.5", token))


@pytest.mark.parametrize("text", ["", "{", "[1", "\ufeff{}", "nonsense", "[" * 100_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    refused(text)


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(IntegrityError):
        decode_report(b'{"run": "\xff\xfe"}', order())


def test_a_report_above_the_limit_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "MAX_REPORT_BYTES", 100)
    assert "size of the report: expected at most 100 bytes" in refused(REPORT)


def test_an_order_above_the_limit_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    known = order()
    monkeypatch.setattr(codec, "MAX_ORDER_BYTES", 100)
    with pytest.raises(IntegrityError, match="size of the order"):
        encode_order(known)


@pytest.mark.parametrize("field, value", [("run", "../x"), ("base", "main"), ("suite", {})])
def test_a_broken_order_is_refused_by_its_field(field: str, value: object) -> None:
    with pytest.raises(IntegrityError, match=f"order: {field}"):
        decode_order(json.dumps(bent(ORDER, field, to=value)))


def test_an_order_with_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(IntegrityError):
        decode_order("\ud800")


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "\x1b[2J", "", "n" * 501, "a\n"])
@pytest.mark.parametrize("field", ["case", "metric", "unit"])
def test_a_measured_name_that_is_none_is_refused(field: str, name: str) -> None:
    path = ("evidence", "launches", 0, "measured", 0, field)
    assert f"launches[0].measured[0].{field}" in refused(bent(REPORT, *path, to=name))


@pytest.mark.parametrize("name", ["a\0b", "n" * 200_000])
@pytest.mark.parametrize("field", ["listed_base", "listed_head"])
def test_a_listed_name_that_is_none_is_refused(field: str, name: str) -> None:
    assert f"evidence.{field}[1]" in refused(bent(REPORT, "evidence", field, to=["fine", name]))
