from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from engine.stats.screen import HeadLevels, Screened, screen
from tests.fakes.null_sessions import STORED

QUIET = msgspec.structs.replace(STORED, drift=0.001)


def seen(change: float, *, speed: float = 1.0, **stored: Any) -> Screened | None:
    levels = [0.002 * speed * (1 + change)] * 5
    case = msgspec.structs.replace(QUIET, **stored)
    return screen(case, HeadLevels(levels, [0.004 * speed] * 5), max_worsening=0.03)


def unchanged(change: float, *, speed: float = 1.0, **stored: Any) -> bool:
    found = seen(change, speed=speed, **stored)
    assert found is not None
    return found.unchanged


def test_the_error_is_that_of_two_medians_and_the_drift() -> None:
    found = seen(0.0)
    assert found is not None
    assert found.error == pytest.approx(math.sqrt(1.57 * 0.004**2 * (1 / 5 + 1 / 64) + 0.001**2))


@pytest.mark.parametrize("change", [0.0, 0.02, -0.02])
def test_what_lies_well_within_the_budget_is_unchanged(change: float) -> None:
    assert unchanged(change)


@pytest.mark.parametrize("change", [0.027, 0.05, -0.03, -0.5])
def test_what_may_reach_the_budget_in_either_direction_is_a_suspect(change: float) -> None:
    assert not unchanged(change)


def test_the_shift_of_the_machine_is_taken_off() -> None:
    assert unchanged(0.0, speed=1.4)


def test_a_slow_down_does_not_hide_behind_a_fast_machine() -> None:
    assert not unchanged(0.05, speed=1 / 1.05)


def test_one_wild_launch_of_five_changes_nothing() -> None:
    levels = [0.002, 0.002, 0.01, 0.002, 0.002]
    found = screen(QUIET, HeadLevels(levels, [0.004] * 5), max_worsening=0.03)
    assert found is not None
    assert found.effect == pytest.approx(0.0)


def test_memory_is_not_corrected_for_speed() -> None:
    case = msgspec.structs.replace(QUIET, metric="memory", level=1e6)
    head = HeadLevels([1e6] * 5, [None] * 5)
    found = screen(case, head, max_worsening=0.03)
    assert found is not None
    assert found.unchanged


@pytest.mark.parametrize(
    "head",
    [
        HeadLevels([0.002] * 4, [0.004] * 4),
        HeadLevels([0.002] * 5, [0.004] * 4 + [None]),
        HeadLevels([0.002] * 4 + [0.0], [0.004] * 5),
        HeadLevels([0.002] * 4 + [math.inf], [0.004] * 5),
    ],
    ids=["four launches", "no reference in one", "zero", "infinite"],
)
def test_what_cannot_be_held_against_the_level_is_not_screened(head: HeadLevels) -> None:
    assert screen(QUIET, head, max_worsening=0.03) is None


def test_a_case_that_drifts_is_not_screened() -> None:
    assert seen(0.0, drift=0.01) is None
