"""Orders and reports are read strictly; what is wrong is named by its field."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from engine.continued import continuing
from engine.errors import IntegrityError
from engine.orders import RunOrder, RunReport, Session
from engine.samples import PairLaunch
from tests.fakes.reports import LAUNCH, ORDER, REPORT, bent
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


def launches(*places: tuple[str, int, str]) -> list[dict[str, Any]]:
    return [
        {**LAUNCH, "purpose": purpose, "pair": pair, "side": side} for purpose, pair, side in places
    ]


def session(fingerprint: str, *places: tuple[str, int, str]) -> Session:
    made = msgspec.convert(launches(*places), tuple[PairLaunch, ...])
    return Session(fingerprint=fingerprint, launches=made)


HERE = session("here", ("screen", 7, "head"), ("pair", 0, "base"), ("pair", 0, "head"))
THERE = session("there", ("pair", 3, "base"), ("pair", 3, "head"))


def told(places: list[tuple[str, int, str]], *earlier: Session) -> RunReport:
    document = bent(REPORT, "evidence", "launches", to=launches(*places))
    return decode_report(json.dumps(document).encode(), continuing(order(), earlier))


@pytest.mark.parametrize("earlier", [(HERE, THERE), (THERE, HERE)])
@pytest.mark.parametrize("pair, fits", [(0, False), (3, False), (4, True), (1004, False)])
def test_pairs_are_numbered_on_from_all_that_were_measured_before(
    earlier: tuple[Session, ...], pair: int, fits: bool
) -> None:
    if fits:
        assert told([("pair", pair, "base"), ("pair", pair, "head")], *earlier).evidence is not None
        return
    with pytest.raises(IntegrityError, match=r"launches\[0\]\.pair: expected one of 4 to 1003"):
        told([("pair", pair, "base")], *earlier)


def test_launches_of_head_alone_are_numbered_by_themselves() -> None:
    report = told([("screen", 0, "head"), ("own_copy", 0, "head"), ("pair", 1, "head")], HERE)
    assert report.evidence is not None


@pytest.mark.parametrize("purpose", ["pair", "screen", "own_copy"])
def test_a_launch_that_is_told_twice_is_refused(purpose: str) -> None:
    with pytest.raises(IntegrityError, match=rf"launches\[2\].*head of {purpose} 1 again"):
        told([(purpose, 1, "head"), (purpose, 2, "head"), (purpose, 1, "head")])


@pytest.mark.parametrize("pair", [1_000_001, 2**63 - 1])
def test_a_pair_number_that_nobody_deals_is_refused(pair: int) -> None:
    screened = launches(("screen", pair, "head"))
    assert "launches[0].pair" in refused(bent(REPORT, "evidence", "launches", to=screened))


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
