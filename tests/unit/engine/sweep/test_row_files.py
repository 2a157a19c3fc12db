from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import pytest

from engine.errors import UserError
from engine.sweep.leaderboard import summarise
from engine.sweep.row_files import encode_rows, parse_rows, rows_of_table
from engine.values import Mode
from tests.fakes.sweeps import failed_row, row

ROW: dict[str, Any] = {
    "id": "a",
    "params": {"fast": 10},
    "seed": 7,
    "metrics": {"is": {"sharpe": 1.0}, "oos": {"sharpe": 0.9}},
    "status": "ok",
    "elapsed_s": 0.5,
}


def line(**changes: Any) -> bytes:
    return json.dumps({**ROW, **changes}).encode()


def refusal(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        parse_rows(data, "results.jsonl")
    return str(caught.value)


def test_rows_survive_writing_and_reading() -> None:
    rows = (
        row("a", returns=(("2026-01-05", 0.01),), trades=({"size": 1},)),
        failed_row("b"),
        row("c", fold=2),
    )
    assert parse_rows(encode_rows(rows), "results.jsonl") == rows


def test_blank_lines_are_no_rows() -> None:
    assert len(parse_rows(b"\n" + line() + b"\n\r\n" + line(id="b"), "f")) == 2


@pytest.mark.parametrize("value", [b"NaN", b"-Infinity", b"1e999", b"null"])
def test_nan_as_another_engine_writes_it_is_a_failed_run_and_not_a_value(value: bytes) -> None:
    rows = parse_rows(line(metrics={"sharpe": 12345}).replace(b"12345", value), "f")
    assert summarise(rows, "sharpe", Mode.MAX).summary.best_metric is None


def test_nan_is_written_as_null() -> None:
    assert b'"is":{"sharpe":null}' in encode_rows([row("a", float("nan"))])


@pytest.mark.parametrize(
    "data,expected",
    [
        (b"", "holds no row: nothing was measured"),
        (b"\n\n", "holds no row: nothing was measured"),
        (line() + b"\n{oops", "results.jsonl:2: not valid JSON"),
        (line() + b"\n[]", "results.jsonl:2: expected a mapping"),
        (line() + b"\n\xff", "results.jsonl:2: not valid JSON"),
        (b"[" * 100_000, "results.jsonl:1: not valid JSON"),
        (line(trades=[json.loads("[" * 80 + "]" * 80)]), "values are nested deeper than 64 levels"),
        (
            line(returns=[["2020-01-02", 0.1], ["2020-01-02", 0.2]]),
            "results.jsonl:1: returns: has two returns of '2020-01-02'",
        ),
        (line(id=""), "results.jsonl:1: id: expected an id of 1 to 200 printable characters"),
        (line(id="a\nb"), "id: expected an id of 1 to 200 printable"),
        (line(id=3), "id: expected a string, found 3"),
        (line(status="fine"), 'status: expected one of the choices, found "fine"'),
        (line(elapsed_s=-1), "elapsed_s: expected seconds, found -1.0"),
        (line(elapsed_s=float("inf")), "elapsed_s: expected a number, found null"),
        (line(elapsed_s="1"), 'elapsed_s: expected a number, found "1"'),
        (line(seed=2**70), "seed: found an integer of more than 64 bits"),
        (line(returns=[["2026-01-05", float("nan")]]), "returns[0][1]: expected a number"),
        (line(params={"a": "\ud800"}), "params.a: found half a character"),
        (line(score=1), "score: unknown key `score`."),
        (b'{"id": "a"}', "params: missing key `params`"),
    ],
)
def test_what_is_no_row_is_refused_with_its_line_and_field(data: bytes, expected: str) -> None:
    assert expected in refusal(data)


def test_a_table_may_hold_json_text_or_values() -> None:
    texts = {**ROW, **{key: json.dumps(ROW[key]) for key in ("params", "metrics")}}
    assert rows_of_table([texts], "t") == rows_of_table([ROW], "t")


def test_a_table_row_loses_fields_that_only_other_rows_have() -> None:
    record = {**ROW, "params": {"fast": 10, "slow": None}, "error": None}
    assert rows_of_table([record], "t")[0].params == {"fast": 10}


def test_dates_of_a_table_become_text() -> None:
    returns = [(date(2026, 1, 5), 0.01), (datetime(2026, 1, 6, 9), 0.02)]  # noqa: DTZ001 - as is
    found = rows_of_table([{**ROW, "returns": returns}], "t")[0].returns
    assert found == (("2026-01-05", 0.01), ("2026-01-06T09:00:00", 0.02))


@pytest.mark.parametrize(
    "change,expected",
    [
        ({"params": b"x"}, "t: [1]: this is no row: holds a bytes"),
        ({"params": "{"}, "t: [1]: this is no row"),
        ({"elapsed_s": float("nan")}, "t: [1].elapsed_s: expected a number, found null"),
        ({"id": None}, "t: [1].id: missing key `id`"),
    ],
)
def test_what_is_no_row_of_a_table_is_refused_by_its_number(
    change: dict[str, Any], expected: str
) -> None:
    with pytest.raises(UserError) as caught:
        rows_of_table([ROW, {**ROW, **change}], "t")
    assert expected in str(caught.value)


@pytest.mark.parametrize(
    "data", [b'{"returns": [' + b"1," * 10_000_001, b"\n" * 1_000_001], ids=["values", "lines"]
)
def test_a_file_of_very_many_tiny_values_is_refused_before_it_is_read(data: bytes) -> None:
    with pytest.raises(UserError, match="holds more than"):
        parse_rows(data, "results.jsonl")


def test_a_row_may_say_that_the_time_was_up() -> None:
    (found,) = parse_rows(encode_rows([failed_row()]).replace(b"error", b"timeout", 1), "r.jsonl")
    assert found.status == "timeout"
