"""What each part adds to a run is told from rounds of runs with more and more parts."""

from __future__ import annotations

import pytest

from engine.backtest.overheads import overheads_of

ENGINE = [100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200]
TWICE = [2 * one for one in ENGINE]


def test_a_part_adds_the_difference_of_the_10th_centiles() -> None:
    found = overheads_of(10, 2, {"engine": ENGINE, "hooks": TWICE})
    assert [part.run_ns for part in found.parts] == [110, 220]
    assert [part.added_ns for part in found.parts] == [110, 110]


def test_an_event_is_a_bar_of_an_asset() -> None:
    found = overheads_of(10, 2, {"engine": ENGINE})
    assert (found.bars, found.assets, found.parts[0].event_ns) == (10, 2, 5.5)


def test_the_first_part_is_a_share_of_nothing() -> None:
    first = overheads_of(10, 1, {"engine": ENGINE, "hooks": TWICE}).parts[0]
    assert (first.share, first.low, first.high) == (None, None, None)


def test_a_share_is_of_the_run_before_and_has_the_quartiles_of_the_rounds() -> None:
    hooks = [one * (100 + place) // 100 for place, one in enumerate([100] * 11)]
    found = overheads_of(1, 1, {"engine": [100] * 11, "hooks": hooks, "rules": hooks})
    assert [part.name for part in found.parts] == ["engine", "hooks", "rules"]
    hook, rules = found.parts[1:]
    assert hook.share == pytest.approx(0.01)
    assert (hook.low, hook.high) == (pytest.approx(0.025), pytest.approx(0.075))
    assert (rules.share, rules.low, rules.high) == (0, 0, 0)


def test_a_round_that_was_disturbed_moves_nothing_but_the_quartiles() -> None:
    disturbed = [*TWICE[:-1], 50_000]
    calm, loud = (
        overheads_of(10, 1, {"engine": ENGINE, "hooks": one}).parts[1] for one in (TWICE, disturbed)
    )
    assert calm.added_ns == loud.added_ns


def test_noise_may_make_a_part_cost_less_than_nothing() -> None:
    found = overheads_of(10, 1, {"engine": TWICE, "hooks": ENGINE}).parts[1]
    assert (found.added_ns, found.share) == (-110, -0.5)


def test_rounds_are_counted_and_are_as_many_of_each_part() -> None:
    assert overheads_of(10, 1, {"engine": ENGINE, "hooks": TWICE}).rounds == 11
    with pytest.raises(ValueError, match="zip"):
        overheads_of(10, 1, {"engine": ENGINE, "hooks": TWICE[1:]})
