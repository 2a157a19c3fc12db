from __future__ import annotations

import math
import random
from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.certificates import Certificate, NullComparison, NullSession
from engine.stats.certificate import certify, pooled_spread
from engine.stats.screen import HeadLevels, screen
from engine.values import Outcome
from tests.fakes.null_sessions import STORED, compared, session

spreads = st.floats(1e-3, 0.5)
levels = st.floats(1e-6, 1e6)
comparisons = st.builds(
    compared,
    st.sampled_from(list(Outcome)),
    case=st.sampled_from("abc"),
    metric=st.sampled_from(["cpu", "wall", "memory"]),
    pairs=st.integers(2, 36),
    pair_sd=spreads | st.none(),
    launch_sd=spreads | st.none(),
    level=levels | st.none(),
    launches=st.integers(4, 72),
)
histories = st.lists(
    st.tuples(st.lists(comparisons, max_size=4), st.floats(1e-3, 1e-2) | st.none()), max_size=28
).map(
    lambda rows: [
        session(day, *found, reference_s=reference)
        for day, (found, reference) in enumerate(rows, 1)
    ]
)


def certified(sessions: Sequence[NullSession]) -> Certificate:
    return certify(sessions, runner="bench-a", fingerprint="f1", now_utc="2026-11-30T12:00:00Z")


@given(histories, st.randoms(use_true_random=False))
def test_the_order_of_sessions_is_irrelevant(
    sessions: list[NullSession], shuffler: random.Random
) -> None:
    mixed = list(sessions)
    shuffler.shuffle(mixed)
    assert certified(mixed) == certified(sessions)


@given(histories)
def test_a_certificate_can_be_sent(sessions: list[NullSession]) -> None:
    found = certified(sessions)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Certificate) == found


def scaled(one: NullComparison, factor: float) -> NullComparison:
    level = None if one.level is None else one.level * factor
    return msgspec.structs.replace(one, level=level)


@given(histories, st.floats(1e-3, 1e3))
def test_another_unit_changes_levels_and_nothing_else(
    sessions: list[NullSession], factor: float
) -> None:
    other = [
        msgspec.structs.replace(
            each, comparisons=tuple(scaled(one, factor) for one in each.comparisons)
        )
        for each in sessions
    ]
    for one, same in zip(certified(sessions).cases, certified(other).cases, strict=True):
        assert (same.pair_sd, same.launch_sd) == (one.pair_sd, one.launch_sd)
        drift = None if one.drift is None else pytest.approx(one.drift, abs=1e-9)
        assert same.drift == drift
        expected = None if one.level is None else pytest.approx(one.level * factor)
        assert same.level == expected


@given(st.lists(st.tuples(st.integers(1, 35), spreads), min_size=1, max_size=20))
def test_a_pooled_spread_lies_among_those_of_the_sessions(seen: list[tuple[int, float]]) -> None:
    values = [spread for _, spread in seen]
    assert min(values) * (1 - 1e-9) <= pooled_spread(seen) <= max(values) * (1 + 1e-9)


@given(st.lists(levels, min_size=5, max_size=5), st.floats(1e-3, 1e3), st.floats(0.5, 2.0))
def test_a_screen_sees_neither_the_unit_nor_the_speed_of_the_machine(
    measured: list[float], factor: float, speed: float
) -> None:
    case = msgspec.structs.replace(STORED, level=1.0)
    other = msgspec.structs.replace(case, level=factor)
    seen = screen(case, HeadLevels(measured, [0.004] * 5), max_worsening=0.03)
    shifted = HeadLevels([one * factor * speed for one in measured], [0.004 * speed] * 5)
    again = screen(other, shifted, max_worsening=0.03)
    assert seen is not None
    assert again is not None
    assert again.effect == pytest.approx(seen.effect, abs=1e-9)
    assert again.error == seen.error


@pytest.mark.parametrize("sd", [0.002, 0.005, 0.01])
@pytest.mark.parametrize("drift", [0.001, 0.005])
def test_a_true_loss_of_four_percent_is_cleared_in_one_of_two_hundred_at_most(
    sd: float, drift: float
) -> None:
    draw = np.random.default_rng(7)
    case = msgspec.structs.replace(STORED, launch_sd=sd, drift=drift, level=1.0)
    cleared = 0
    for _ in range(4000):
        moved = math.log(1.04) + drift * draw.standard_normal()
        stored = sd * draw.standard_normal() / math.sqrt(64)
        head = np.exp(moved - stored + sd * draw.standard_normal(5)).tolist()
        seen = screen(case, HeadLevels(head, [0.004] * 5), max_worsening=0.03)
        cleared += seen is not None and seen.unchanged
    assert cleared <= 20
