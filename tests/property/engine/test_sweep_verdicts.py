"""What holds of a sweep's verdict whatever its numbers are."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.findings import SuiteVerdict
from engine.outcomes import severity
from engine.sweep.rows import PointResult
from engine.values import Mode, Outcome
from tests.fakes.evidence import perf_budget, points, swept
from tests.fakes.sweep_verdicts import judged, judged_by, seeded

VALUES = st.floats(-3, 3).map(lambda value: round(value, 3))
ROWS = st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=8)
SEEDED = st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=30)
BUDGETS = st.floats(0, 2).map(lambda value: round(value, 2))


def sides(values: Sequence[tuple[float, float]]) -> tuple[tuple[PointResult, ...], ...]:
    base, head = zip(*values, strict=True)
    return points(base), points(head, returns="other")


def held_to(verdict: SuiteVerdict) -> list[Outcome]:
    return sorted(row.outcome for row in verdict.findings)


@given(ROWS, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_the_order_of_the_rows_is_irrelevant(
    values: list[tuple[float, float]], random: Random
) -> None:
    base, head = sides(values)
    others = [list(base), list(head)]
    for rows in others:
        random.shuffle(rows)
    kept = swept(base, head)
    mixed = msgspec.structs.replace(kept, base=tuple(others[0]), head=tuple(others[1]))

    assert judged_by(mixed).findings == judged_by(kept).findings


@given(ROWS, BUDGETS, BUDGETS)
@settings(deadline=None, max_examples=50)
def test_a_looser_budget_never_worsens(
    values: list[tuple[float, float]], one: float, other: float
) -> None:
    tight, loose = (
        judged(*sides(values), perf_budget=perf_budget(max_drops={"sharpe": drop}))
        for drop in sorted((one, other))
    )

    assert severity(loose) <= severity(tight)


@given(ROWS)
@settings(deadline=None, max_examples=50)
def test_a_metric_turned_round_with_its_mode_is_judged_the_same(
    values: list[tuple[float, float]],
) -> None:
    turned = [(-before, -after) for before, after in values]
    base, head = sides(turned)
    rows = [
        [
            msgspec.structs.replace(
                row, metrics={"is": {"sharpe": row.metrics["oos"]["sharpe"] - 0.2}, **_oos(row)}
            )
            for row in side
        ]
        for side in (base, head)
    ]
    evidence = msgspec.structs.replace(swept(rows[0], rows[1]), mode="min")

    found = judged_by(evidence, {"perf_budget": perf_budget(mode=Mode.MIN)})

    assert held_to(found) == held_to(judged(*sides(values)))


def _oos(row: PointResult) -> dict[str, object]:
    return {"oos": row.metrics["oos"]}


@given(SEEDED, st.floats(0.01, 1))
@settings(deadline=None, max_examples=100)
def test_no_red_and_no_green_contradicts_the_interval_that_is_shown(
    values: list[tuple[float, float]], budget: float
) -> None:
    before, after = zip(*values, strict=True)
    evidence = swept(seeded(0.0, before), seeded(0.0, after))
    terms = {"perf_budget": perf_budget(max_drops={"sharpe": budget}, min_success_rate=None)}

    (row, *_) = judged_by(evidence, terms).findings

    low, high = row.low, row.high
    if low is None or high is None:
        assert row.outcome is not Outcome.REGRESSION
    elif row.outcome is Outcome.REGRESSION:
        assert high < 0
        assert low < -budget
    elif row.outcome is Outcome.PASS:
        assert -budget - 2e-6 < low
        assert high < budget + 2e-6


@given(SEEDED, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_seeds_renumbered_on_both_sides_decide_the_same(
    values: list[tuple[float, float]], random: Random
) -> None:
    mixed = list(values)
    random.shuffle(mixed)
    found = []
    for each in (values, mixed):
        before, after = zip(*each, strict=True)
        found.append(judged_by(swept(seeded(0.0, before), seeded(0.0, after))).outcome)

    assert found[0] is found[1]
