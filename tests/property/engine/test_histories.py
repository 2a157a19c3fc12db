"""What holds for every history: its order, its scale, and where its steps may lie."""

from __future__ import annotations

import math
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.debts import Debt, DebtKind, Merged, contributors
from engine.history import series
from engine.history_steps import hypotheses
from engine.settling import SMALLEST, asked_budget
from engine.values import Better
from tests.fakes.histories import commit, point

LEVELS = st.lists(st.floats(0.5, 2.0), min_size=1, max_size=60)
SEGMENTS = st.lists(st.tuples(st.floats(0.5, 2.0), st.integers(1, 30)), min_size=1, max_size=5)
EFFECTS = st.lists(st.floats(0.001, 0.2), min_size=1, max_size=12)
FEW = settings(max_examples=60, deadline=None)


def commits(count: int) -> list[str]:
    return [commit(number) for number in range(count)]


@given(LEVELS, st.randoms())
def test_the_order_in_which_points_come_does_not_matter(
    levels: list[float], random: object
) -> None:
    points = [point(number, level) for number, level in enumerate(levels)]
    shuffled = list(points)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert series(shuffled, commits(len(levels))) == series(points, commits(len(levels)))


@FEW
@given(SEGMENTS)
def test_steps_follow_each_other_and_their_brackets_never_hold_a_second_one(
    segments: list[tuple[float, int]],
) -> None:
    levels = [level for level, length in segments for _ in range(length)]
    (found,) = series([point(*each) for each in enumerate(levels)], commits(len(levels)))
    place = {one.commit: number for number, one in enumerate(found.levels)}
    spans = [
        [(place[one.before], place[one.after]) for one in s.brackets] for s in hypotheses(found)
    ]
    for brackets in spans:
        (before, after), (wide_before, wide_after) = brackets[0], brackets[-1]
        assert wide_before <= before == after - 1
        assert after <= wide_after
    for earlier, later in pairwise(spans):
        assert earlier[-1][1] < later[0][1]
        assert earlier[0][0] < later[-1][0]


@FEW
@given(SEGMENTS, st.sampled_from([1e-9, 1e-3, 1e6]))
def test_a_units_scale_changes_no_step(segments: list[tuple[float, int]], scale: float) -> None:
    levels = [level for level, length in segments for _ in range(length)]
    seen = [
        [(one.before, one.after) for one in hypotheses(found)]
        for factor in (1.0, scale)
        for found in series(
            [point(n, level * factor) for n, level in enumerate(levels)], commits(len(levels))
        )
    ]
    assert seen[0] == seen[1]


@given(st.floats(-0.9, 10.0))
def test_a_step_is_asked_about_with_a_budget_that_it_exceeds(effect: float) -> None:
    assert asked_budget(effect) <= max(SMALLEST, abs(effect) / 2)


def debts(effects: list[float]) -> list[Debt]:
    return [
        Debt(
            suite="core",
            case="parse",
            metric="wall",
            fingerprint="f",
            pull_request=number,
            head=commit(number),
            kind=DebtKind.SMALL,
            change=effect,
            low=effect * 0.5,
            high=effect * 1.5,
            better=Better.LOWER,
            recorded_utc="2026-11-20T12:00:00Z",
            run=f"c{number}-1",
        )
        for number, effect in enumerate(effects)
    ]


@given(EFFECTS, st.randoms())
def test_the_order_of_debts_does_not_matter(effects: list[float], random: object) -> None:
    owed = debts(effects)
    merged = Merged(frozenset(commits(len(effects))), [])
    expected = contributors(owed, merged)
    random.shuffle(owed)  # type: ignore[attr-defined]
    assert contributors(owed, merged) == expected


@given(EFFECTS)
def test_a_sum_lies_in_its_interval_which_is_no_wider_than_the_sum_of_its_parts(
    effects: list[float],
) -> None:
    (loss,) = contributors(debts(effects), Merged(frozenset(commits(len(effects))), []))
    assert loss.low <= loss.change <= loss.high
    assert math.log1p(loss.change) == pytest.approx(math.fsum(map(math.log1p, effects)))
    assert math.log1p(loss.high) <= math.fsum(math.log1p(1.5 * one) for one in effects) + 1e-9


@given(EFFECTS)
def test_slower_and_less_are_summed_alike(effects: list[float]) -> None:
    """A throughput that falls to 1/x is the mirror of a time that rises to x."""
    merged = Merged(frozenset(commits(len(effects))), [])
    slower = debts(effects)
    (time,) = contributors(slower, merged)
    mirrored = [
        msgspec.structs.replace(
            one,
            change=1 / (1 + one.change) - 1,
            low=1 / (1 + one.high) - 1,
            high=1 / (1 + one.low) - 1,
            better=Better.HIGHER,
        )
        for one in slower
    ]
    (rate,) = contributors(mirrored, merged)
    assert math.log1p(rate.change) == pytest.approx(-math.log1p(time.change))
    assert math.log1p(rate.low) == pytest.approx(-math.log1p(time.high))
