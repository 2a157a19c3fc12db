from __future__ import annotations

from typing import Any

import pytest

from engine.history import Bracket, series
from engine.reports.history import level_rows, series_title, step_text
from engine.settling import Settlement, StepState, standing
from engine.values import Better
from tests.fakes.histories import commit, hypothesis, point, points_of_levels, settlement

LEVELS = [0.010] * 10 + [0.011] * 10
(FOUND,) = series(points_of_levels(LEVELS), [commit(number) for number in range(20)])
WHERE = f"between {commit(9)[:10]} and {commit(10)[:10]}"


def text(*known: Settlement, **fields: Any) -> str:
    return step_text(FOUND, standing(hypothesis(**{"wide": None, **fields}), known))


def test_a_series_is_named_with_its_hardware() -> None:
    assert series_title(FOUND.key) == "core · parse (wall), on hardware ffffffff"


def test_a_level_is_shown_in_a_readable_unit_with_what_it_is_made_of() -> None:
    assert next(level_rows(FOUND)) == (
        commit(0)[:10],
        "10 ms",
        "1 run, 12 launches",
        "2026-11-20T12:00:00Z",
    )


def test_what_is_not_settled_only_seems_and_has_no_percentage() -> None:
    shown = text()
    assert shown.startswith("? core")
    assert shown.endswith(f"seems to step {WHERE}, from 9.99 ms to 11.01 ms; not settled yet")
    assert "%" not in shown


def test_only_what_pairs_confirmed_is_called_a_step() -> None:
    assert text(settlement()).endswith(
        f"steps {WHERE}: +9.0 % (+8.0 to +10.0 %), 8 pairs on bench-a"
    )


@pytest.mark.parametrize("better,sign", [(Better.LOWER, "❌"), (Better.HIGHER, "✅")])
def test_the_mark_says_whether_the_step_is_a_worsening(better: Better, sign: str) -> None:
    assert text(settlement(), better=better).startswith(sign)


def test_a_refuted_step_was_not_confirmed_by_pairing() -> None:
    refuted = settlement(StepState.REFUTED, change=0.001, low=-0.004, high=0.006)
    assert text(refuted).endswith(
        f"seemed to step {WHERE}; not confirmed by pairing: +0.1 % (−0.4 to +0.6 %), 8 pairs"  # noqa: RUF001 - reports write the sign of minus
        " on bench-a"
    )


def test_pairs_that_cannot_tell_are_shown_with_their_interval() -> None:
    assert "the pairs cannot tell: +9.0 % (+8.0 to" in text(settlement(StepState.UNCLEAR))


def test_what_nobody_tried_to_measure_has_its_reason() -> None:
    bare = settlement(StepState.UNCLEAR, change=None, low=None, high=None, problem="no `core`")
    assert text(bare).endswith("not measured in pairs: no `core`")


def test_what_could_not_be_measured_has_no_number() -> None:
    bare = settlement(StepState.UNCLEAR, change=None, low=None, high=None, pairs=None)
    assert text(bare).endswith("it could not be measured in pairs")


def test_a_step_that_the_wide_bracket_confirmed_is_placed_there() -> None:
    wide = Bracket(before=commit(6), after=commit(13))
    narrow = settlement(StepState.REFUTED)
    shown = text(narrow, settlement(before=wide.before, after=wide.after), wide=wide)
    assert f"steps between {commit(6)[:10]} and {commit(13)[:10]}" in shown


def test_names_of_a_repositorys_making_stay_on_one_line() -> None:
    evil = point(0, 1.0, case="a\n\x1b[2J\u202eb")
    (found,) = series([evil], [commit(0)])
    assert series_title(found.key) == "core · a b (wall), on hardware ffffffff"
