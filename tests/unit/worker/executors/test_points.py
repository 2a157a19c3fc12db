from __future__ import annotations

import pytest

from engine.sweep.grid import Point
from worker.executors.points import loading_problem, row

POINT = Point(index=3, id="p3", params={"fast": 10}, seed=5)
GOOD = b'{"metrics":{"is":{"sharpe":1},"oos":{"sharpe":0.5}},"returns":[["2020-01-02",0.01]]}'


def line(value: bytes = GOOD, index: int = 3, elapsed: bytes = b"0.25") -> bytes:
    return b'{"index":%d,"elapsed_s":%s,"value":%s}' % (index, elapsed, value)


def test_a_documented_value_is_a_row() -> None:
    found = row(POINT, line(), waited_s=1.0)
    assert (found.id, found.seed, found.status, found.elapsed_s) == ("p3", 5, "ok", 0.25)
    assert found.metrics == {"is": {"sharpe": 1.0}, "oos": {"sharpe": 0.5}}
    assert found.returns == (("2020-01-02", 0.01),)


@pytest.mark.parametrize(
    "value",
    [
        b"null",
        b"[]",
        b"{}",
        b'{"metrics":{"is":{}}}',
        b'{"metrics":{"is":{"m":true},"oos":{}}}',
        b'{"metrics":{"is":{"m":"1"},"oos":{}}}',
        b'{"metrics":{"is":{"m":null},"oos":{}}}',
        b'{"metrics":{"is":{"m":[1]},"oos":{}}}',
        b'{"metrics":{"is":{"":1},"oos":{}}}',
        b'{"metrics":{"is":{},"oos":{}},"extra":1}',
        b'{"metrics":{"is":{},"oos":{}},"returns":[[1,2]]}',
        b'{"metrics":{"is":{},"oos":{}},"returns":[["2020-01-02"]]}',
        b'{"metrics":{"is":{},"oos":{}},"trades":{}}',
        b'{"metrics":{"is":{' + b",".join(b'"m%d":1' % n for n in range(1001)) + b'},"oos":{}}}',
    ],
)
def test_any_other_value_is_a_failure_that_shows_the_form(value: bytes) -> None:
    found = row(POINT, line(value), waited_s=1.0)
    assert found.status == "error"
    assert found.metrics == {}
    assert "the function must return" in (found.error or "")


def test_two_returns_of_one_day_are_a_failure_that_names_it() -> None:
    twice = GOOD.replace(b'[["2020-01-02",0.01]]', b'[["2020-01-02",0.01],["2020-01-02",0.02]]')
    found = row(POINT, line(twice), waited_s=1.0)
    assert found.status == "error"
    assert "two returns of '2020-01-02'" in (found.error or "")


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"index":3,"elapsed_s":0.1,"value":{"metrics":{"is":{"m":NaN},"oos":{}}}}',
        b'{"index":3,"elapsed_s":Infinity,"error":"x"}',
        b'{"index":3,"elapsed_s":0.1,"value":1,"status":"ok"}',
        b'{"index":3,"elapsed_s":0.1,"trades":' + b"[" * 10_000,
    ],
)
def test_a_line_that_is_no_answer_is_a_failure(hostile: bytes) -> None:
    found = row(POINT, hostile, waited_s=1.0)
    assert found.status == "error"
    assert "malformed" in (found.error or "")


@pytest.mark.parametrize("claim", [line(index=4), line(elapsed=b"-0.1"), line(elapsed=b"1.5")])
def test_a_claim_to_another_point_or_more_time_than_passed_is_a_failure(claim: bytes) -> None:
    found = row(POINT, claim, waited_s=1.0)
    assert found.status == "error"
    assert "claims" in (found.error or "")


def test_an_error_keeps_its_text_up_to_a_bound() -> None:
    found = row(POINT, b'{"index":3,"elapsed_s":0.1,"error":"%s"}' % (b"x" * 9000), waited_s=1.0)
    assert found.error == "x" * 4000


def test_an_answer_with_neither_value_nor_error_is_a_failure() -> None:
    assert row(POINT, b'{"index":3,"elapsed_s":0.1}', waited_s=1.0).status == "error"


def test_a_process_that_is_ready_has_no_problem() -> None:
    assert loading_problem(b'{"ready":true}') is None


@pytest.mark.parametrize("first", [b'{"failed":"no such file"}', b"{}", b"hello", b'{"ready":1}'])
def test_any_other_first_line_is_a_problem(first: bytes) -> None:
    assert loading_problem(first)
