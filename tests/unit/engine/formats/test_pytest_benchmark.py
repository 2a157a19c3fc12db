from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.formats import FORMATS, NoBenchmarks
from engine.formats.pytest_benchmark import parse
from engine.samples import Launch
from engine.values import Better, CaseName, MetricName


def output(*benchmarks: dict[str, Any]) -> bytes:
    return json.dumps({"version": "5.3.1", "benchmarks": benchmarks}).encode()


def benchmark(
    name: str = "b.py::test_a", timer: str = "perf_counter", **stats: Any
) -> dict[str, Any]:
    return {
        "fullname": name,
        "options": {"timer": timer},
        "stats": {"min": 0.5, "data": [0.5, 1], **stats},
    }


def refusal(data: bytes) -> UserError:
    with pytest.raises(UserError) as caught:
        parse(data, "out.json")
    return caught.value


def test_each_round_is_a_sample_in_seconds() -> None:
    (launch,) = parse(output(benchmark()), "out.json")
    assert launch == Launch(
        CaseName("b.py::test_a"), MetricName("wall"), "s", Better.LOWER, (0.5, 1.0)
    )


@pytest.mark.parametrize("timer", ["process_time", "time.process_time", "thread_time"])
def test_a_timer_of_cpu_time_measures_cpu_time(timer: str) -> None:
    (launch,) = parse(output(benchmark(timer=timer)), "out.json")
    assert launch.metric == "cpu"


@pytest.mark.parametrize("data", [None, []])
def test_without_rounds_the_minimum_is_the_sample(data: list[float] | None) -> None:
    (launch,) = parse(output(benchmark(data=data)), "out.json")
    assert launch.samples == (0.5,)


def test_malformed_json_names_the_byte() -> None:
    error = refusal(b'{"benchmarks": [}')
    assert "byte 16" in error.problem
    assert str(error.where) == "out.json"


def test_another_form_names_the_path() -> None:
    error = refusal(output(benchmark(), benchmark(min="fast")))
    assert str(error.where) == "out.json: benchmarks[1].stats.min"
    assert "Expected `float`, got `str`" in error.problem


def test_a_negative_time_names_its_benchmark() -> None:
    error = refusal(output(benchmark(), benchmark("b.py::test_b", data=[1.0, -1e-9])))
    assert str(error.where) == "out.json: benchmarks[1]"


def test_a_text_among_the_rounds_is_refused() -> None:
    assert "text among the rounds" in refusal(output(benchmark(data=[1.0, "x", 2.0]))).problem


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"\xff",
        b'{"benchmarks": null}',
        b'{"benchmarks": [{"fullname": "a", "stats": {"min": NaN}}]}',
        b'{"benchmarks": [{"fullname": "a", "stats": {"min": 1e999}}]}',
        b'{"benchmarks": [{"fullname": "", "stats": {"min": 1}}]}',
        b'{"benchmarks": [{"fullname": "a\\u001b[31m", "stats": {"min": 1}}]}',
        b'{"benchmarks": [{"fullname": "a", "stats": {"min": 1, "data": [true]}}]}',
        b'{"x": ' + b"[" * 100_000,
    ],
)
def test_hostile_output_is_a_clear_error(data: bytes) -> None:
    assert refusal(data).remedy


def test_a_file_without_a_benchmark_says_so() -> None:
    with pytest.raises(NoBenchmarks):
        parse(output(), "out.json")


def test_it_is_found_by_the_name_of_the_configuration() -> None:
    assert FORMATS["pytest-benchmark"] is parse


@pytest.mark.needs_shared
def test_a_real_file_with_its_rounds_cut_out_gives_both_benchmarks(shared: Path) -> None:
    data = (shared / "data/formats/python_pytest_two.json").read_bytes()
    launches = parse(data, "two.json")
    assert [(launch.case, launch.samples) for launch in launches] == [
        ("bench.py::test_fib_10", (2.2067000000181025e-05,)),
        ("bench.py::test_fib_20", (0.0027349359999999656,)),
    ]
