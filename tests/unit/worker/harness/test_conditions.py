from __future__ import annotations

import pytest

from worker.harness import conditions
from worker.harness.conditions import Seen, between

STAT = """\
cpu  100 0 50 800 10 0 5 35 20 0
cpu0 50 0 25 400 5 0 3 17 20 0
cpu1 50 0 25 400 5 0 2 18 0 0
intr 1 2 3
"""
PRESSURE = "some avg10=0.67 avg60=1.52 avg300=3.66 total=41377814\nfull avg10=0.00 total=7\n"


@pytest.mark.parametrize(
    "cpus, seen", [(None, (35, 1000)), ([1], (18, 500)), ([0, 1], (35, 1000)), ([7], None)]
)
def test_steal_is_that_of_the_cpus_looked_at(
    cpus: list[int] | None, seen: tuple[int, int] | None
) -> None:
    assert conditions._stolen(STAT, cpus) == seen


@pytest.mark.parametrize("text", [None, "", "cpu  1 2 3 4\n"])
def test_a_kernel_that_tells_no_steal_has_none(text: str | None) -> None:
    assert conditions._stolen(text, None) is None


def test_pressure_is_the_total_of_some() -> None:
    assert conditions._pressure_us(PRESSURE) == 41_377_814


def test_shares_are_of_what_passed_in_between() -> None:
    before = Seen(steal=(10, 100), pressure_us=1_000, at=5.0)
    after = Seen(steal=(15, 200), pressure_us=501_000, at=7.0)
    assert between(before, after) == {"steal": 0.05, "pressure": 0.25}


def test_what_the_kernel_does_not_tell_is_none() -> None:
    nothing = Seen(None, None, 1.0)
    assert between(nothing, nothing._replace(at=2.0)) == {"steal": None, "pressure": None}


def test_no_time_has_no_shares() -> None:
    seen = Seen((10, 100), 5, 1.0)
    assert between(seen, seen) == {"steal": None, "pressure": None}


def test_the_reference_kernel_always_does_the_same_work() -> None:
    assert conditions.reference_kernel() == conditions.reference_kernel() == 115_461_040_257


def test_the_reference_kernel_takes_about_a_millisecond() -> None:
    assert 0.0002 < conditions.reference_s() < 0.1
