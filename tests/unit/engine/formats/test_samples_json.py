from __future__ import annotations

import json
from typing import Any

import pytest

from engine.errors import UserError
from engine.formats import NoBenchmarks
from engine.formats.samples_json import encode, parse, parse_document
from engine.samples import Launch
from engine.values import Better, CaseName, MetricName


def entry(**changed: Any) -> dict[str, Any]:
    plain = {"case": "a", "metric": "wall", "unit": "ms", "better": "lower", "samples": [1.0, 2]}
    return {**plain, **changed}


def document(*launches: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"schema_version": 1, "launches": launches, **more}).encode()


def refusal(data: bytes) -> UserError:
    with pytest.raises(UserError) as caught:
        parse(data, "samples.json")
    return caught.value


def test_times_are_brought_to_seconds() -> None:
    (launch,) = parse(document(entry()), "samples.json")
    assert (launch.unit, launch.samples) == ("s", (0.001, 0.002))


def test_a_unit_of_another_kind_is_kept() -> None:
    (launch,) = parse(document(entry(unit="1/s", better="higher")), "samples.json")
    assert (launch.unit, launch.better, launch.samples) == ("1/s", Better.HIGHER, (1.0, 2.0))


def test_one_case_may_have_several_launches() -> None:
    assert len(parse(document(entry(), entry()), "samples.json")) == 2


def test_what_is_written_is_read_back() -> None:
    launch = Launch(
        CaseName("é"), MetricName("wall"), "s", Better.LOWER, (1e-9, 0.1), result_hash="ab"
    )
    read = parse_document(encode([launch, launch], "f00d"), "samples.json")
    assert (read.launches, read.fingerprint) == ((launch, launch), "f00d")


def test_a_missing_field_names_its_path() -> None:
    broken = entry()
    del broken["unit"]
    error = refusal(document(entry(), broken))
    assert "missing required field `unit`" in error.problem
    assert str(error.where) == "samples.json: launches[1]"


def test_an_unknown_field_is_refused() -> None:
    assert "unknown field `smaples`" in refusal(document(entry(smaples=[1.0]))).problem


def test_a_launch_without_samples_is_refused() -> None:
    assert "a: wall has no samples" in refusal(document(entry(samples=[]))).problem


def test_samples_that_overflow_in_seconds_name_their_launch() -> None:
    error = refusal(document(entry(), entry(unit="min", samples=[1e308])))
    assert str(error.where) == "samples.json: launches[1]"


@pytest.mark.parametrize(
    "changed",
    [
        {"better": "faster"},
        {"samples": [float("nan")]},
        {"samples": [float("inf")]},
        {"samples": ["1"]},
        {"case": ""},
        {"case": "a\nb"},
        {"case": "x" * 501},
        {"unit": ""},
    ],
)
def test_values_that_mean_nothing_are_refused(changed: dict[str, Any]) -> None:
    assert refusal(document(entry(**changed))).remedy


def test_another_version_is_refused() -> None:
    assert "schema_version" in str(refusal(document(entry(), schema_version=2)))


def test_more_launches_than_are_allowed_are_refused() -> None:
    assert "10000 are allowed" in refusal(document(*[entry()] * 10_001)).problem


def test_a_document_without_launches_says_so() -> None:
    with pytest.raises(NoBenchmarks):
        parse(document(), "samples.json")


def test_very_many_tiny_samples_are_refused_before_they_are_read() -> None:
    with pytest.raises(UserError, match="holds more than 2000000 values"):
        parse(b'{"launches": [{"samples": [' + b"1," * 2_000_001, "out.json")
