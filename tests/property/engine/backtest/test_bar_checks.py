"""The checker of bars against a slow, obvious one, on whatever rows there can be."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.backtest.bar_checks import checked
from engine.backtest.bar_rows import BarRows, adjusted_rows, fingerprint, panel
from engine.errors import UserError
from tests.fakes.bar_rows import bar_rows

PRICE = st.sampled_from([1.0, 2.0, 2.5, 3.0, 0.0, -1.0, math.nan, math.inf])
ROW = st.tuples(st.integers(0, 4), st.integers(0, 2), st.tuples(PRICE, PRICE, PRICE, PRICE))
FIXED = st.tuples(
    st.integers(0, 4), st.integers(0, 2), st.just((2.0, 3.0, 1.0, 2.0)) | st.just((1.0,) * 4)
)
EVERYTHING = ("sort", "keep_first", "drop_incomplete", "drop_non_positive", "drop_inconsistent")
Row = tuple[int, int, tuple[float, float, float, float]]


def rows_of(rows: list[Row]) -> BarRows:
    return bar_rows([row[2] for row in rows], [row[0] for row in rows], [row[1] for row in rows])


def is_possible(bar: tuple[float, ...]) -> bool:
    first, high, low, last = bar
    if not all(math.isfinite(one) and one > 0 for one in bar):
        return False
    return high >= max(first, last) and low <= min(first, last) and high >= low


def slowly(rows: list[Row]) -> dict[tuple[int, int], tuple[float, ...]]:
    kept: dict[tuple[int, int], tuple[float, ...]] = {}
    for day, asset, bar in rows:
        if is_possible(bar):
            kept.setdefault((asset, day), bar)
    return kept


def as_mapping(rows: BarRows) -> dict[tuple[int, int], tuple[float, ...]]:
    prices = zip(*(getattr(rows, name).tolist() for name in ("open", "high", "low", "close")))  # noqa: B905
    days = (rows.times // (86_400 * 10**9)).tolist()
    return dict(zip(zip(rows.asset.tolist(), days, strict=True), prices, strict=True))


@given(st.lists(ROW | FIXED, max_size=12))
def test_all_repairs_together_leave_the_first_possible_bar_of_each_time(rows: list[Row]) -> None:
    found = checked(rows_of(rows), EVERYTHING).rows

    assert as_mapping(found) == slowly(rows)
    assert len(found) == len(slowly(rows))
    assert as_mapping(found) == dict(sorted(as_mapping(found).items()))


@given(st.lists(ROW | FIXED, max_size=8))
def test_without_repair_rows_pass_just_when_nothing_would_have_to_be_done(rows: list[Row]) -> None:
    repairs = checked(rows_of(rows), EVERYTHING).repairs
    try:
        checked(rows_of(rows), ())
        refused = False
    except UserError:
        refused = True

    assert refused == bool(repairs)


@given(st.lists(FIXED, min_size=1, max_size=10, unique_by=lambda row: row[:2]), st.randoms())
def test_sorted_rows_make_the_same_panel_in_whatever_order_they_stood(
    rows: list[Row], random: object
) -> None:
    ordered = sorted(rows)
    shuffled = list(ordered)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assets = range(3)
    both = [
        panel(checked(_of_all(one, len(assets)), ("sort",)).rows) for one in (ordered, shuffled)
    ]

    assert fingerprint(both[0]) == fingerprint(both[1])


def _of_all(rows: list[Row], count: int) -> BarRows:
    found = rows_of(rows)
    fields = {name: getattr(found, name) for name in BarRows.__slots__}
    return BarRows(**{**fields, "symbols": tuple("ABC"[:count])})


@given(st.floats(1e-3, 1e3), st.tuples(*[st.floats(0.01, 1e5)] * 4))
def test_adjusting_never_makes_a_possible_bar_impossible(
    factor: float, values: tuple[float, ...]
) -> None:
    first, last = values[:2]
    rows = bar_rows([(first, max(values), min(values), last)])
    fields = {name: getattr(rows, name) for name in BarRows.__slots__}
    scaled = adjusted_rows(BarRows(**{**fields, "adjusted": np.array([last * factor])}))

    assert is_possible((scaled.open[0], scaled.high[0], scaled.low[0], scaled.close[0]))
