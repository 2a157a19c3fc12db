from __future__ import annotations

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from engine import compare_results
from engine.sweep.leaderboard import summarise, to_current
from engine.values import Mode
from tests.fakes.sweeps import baseline, budget, current, row

VALUES = st.decimals(-100, 100, places=4).map(float)
ALLOWED = st.decimals(0, 10, places=4).map(float)


@given(VALUES.filter(bool))
def test_an_identical_sweep_never_regresses(value: float) -> None:
    limits = budget(max_drops={"sharpe": 0.0}, epsilon_abs=0.0)
    assert compare_results(current(value), baseline(value), limits).passed


@given(VALUES.filter(bool), VALUES, ALLOWED)
def test_the_rule_is_that_of_decimal_arithmetic(before: float, now: float, allowed: float) -> None:
    limits = budget(max_drops={"sharpe": allowed})
    drop = Decimal(repr(before)) - Decimal(repr(now))
    expected = drop - Decimal(repr(allowed)) <= Decimal("1e-6")
    assert compare_results(current(now), baseline(before), limits).passed is expected


@given(VALUES.filter(bool), VALUES.filter(bool), ALLOWED)
def test_mode_min_mirrors_mode_max(before: float, now: float, allowed: float) -> None:
    limits = {mode: budget(mode=mode, max_drops={"sharpe": allowed}) for mode in Mode}
    up = compare_results(current(now), baseline(before), limits[Mode.MAX])
    down = compare_results(
        current(-now, mode=Mode.MIN), baseline(-before, mode=Mode.MIN), limits[Mode.MIN]
    )
    assert up.passed is down.passed


@given(VALUES.filter(bool), VALUES, ALLOWED, ALLOWED)
def test_a_looser_budget_never_worsens_a_verdict(
    before: float, now: float, allowed: float, more: float
) -> None:
    tight = compare_results(current(now), baseline(before), budget(max_drops={"sharpe": allowed}))
    assume(tight.passed)
    loose = budget(max_drops={"sharpe": allowed + more})
    assert compare_results(current(now), baseline(before), loose).passed


ROWS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), VALUES, VALUES), min_size=1, unique_by=lambda r: r[0]
).map(lambda rows: [row(name, inside, outside) for name, inside, outside in rows])


@given(ROWS, st.sampled_from(Mode), st.randoms())
def test_the_order_of_the_rows_changes_nothing(rows: list, mode: Mode, random: object) -> None:  # type: ignore[type-arg]
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one = to_current(summarise(rows, "sharpe", mode))
    assert to_current(summarise(shuffled, "sharpe", mode)) == one


@given(ROWS, st.sampled_from(Mode))
def test_the_selected_configuration_is_the_best_in_sample(rows: list, mode: Mode) -> None:  # type: ignore[type-arg]
    inside = [one.metrics["is"]["sharpe"] for one in rows]
    best = summarise(rows, "sharpe", mode).best
    assert best is not None
    assert best.is_ == (max(inside) if mode is Mode.MAX else min(inside))
