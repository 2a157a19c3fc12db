"""Bars that cannot be true are refused by row, or repaired by a repair that was asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from engine.backtest.bar_checks import checked
from engine.backtest.bar_rows import BarRows, adjusted_rows, fingerprint, joined, panel
from engine.errors import UserError
from tests.fakes.bar_rows import DAY_NS, bar_rows

NAN, INF = float("nan"), float("inf")
GOOD = (10.0, 12.0, 9.0, 11.0)
OTHER = (10.0, 12.0, 9.0, 10.5)


def refusal(rows: BarRows, *repair: str) -> str:
    with pytest.raises(UserError) as caught:
        checked(rows, repair)
    return str(caught.value)


def repaired(rows: BarRows, *repair: str) -> tuple[list[int], dict[str, int]]:
    """Give the lines that are left, in order, and what was done."""
    found = checked(rows, repair)
    return found.rows.numbers.tolist(), dict(found.repairs)


@pytest.mark.parametrize(
    "bar, said, repair",
    [
        ((10.0, 10.5, 9.0, 11.0), "a high below", "drop_inconsistent"),
        ((10.0, 12.0, 10.5, 11.0), "a low above", "drop_inconsistent"),
        ((10.0, 9.0, 11.0, 10.0), "a high below", "drop_inconsistent"),
        ((NAN, 12.0, 9.0, 11.0), "missing", "drop_incomplete"),
        ((10.0, INF, 9.0, 11.0), "no finite number", "drop_incomplete"),
        ((10.0, 12.0, 0.0, 11.0), "zero or negative", "drop_non_positive"),
        ((-1.0, 12.0, -2.0, 11.0), "zero or negative", "drop_non_positive"),
    ],
)
def test_a_bar_that_cannot_be_is_refused_and_dropped_only_when_asked(
    bar: Sequence[float], said: str, repair: str
) -> None:
    rows = bar_rows([GOOD, bar, GOOD])

    told = refusal(rows)

    assert said in told
    assert "1 bar has" in told
    assert told.startswith("spx.csv:3:")
    assert repair in told
    assert repaired(rows, repair) == ([2, 4], {repair: 1})


def test_a_bar_at_its_own_limits_is_fine() -> None:
    rows = bar_rows([(10.0, 10.0, 9.0, 9.0), (9.0, 11.0, 9.0, 11.0)])
    assert repaired(rows) == ([2, 3], {})


@pytest.mark.parametrize("volume", [-1.0, NAN, INF])
def test_a_volume_that_is_none_is_dropped_or_left_unread(volume: float) -> None:
    rows = bar_rows([GOOD, GOOD], volume=[5.0, volume])

    assert "a volume that is missing" in refusal(rows, "accept_zero_volume")
    assert repaired(rows, "drop_bad_volume") == ([2], {"drop_bad_volume": 1})


def test_a_volume_of_zero_is_refused_accepted_or_dropped() -> None:
    rows = bar_rows([GOOD, GOOD], volume=[5.0, 0.0])

    assert "a volume of zero" in refusal(rows)
    assert repaired(rows, "accept_zero_volume") == ([2, 3], {"accept_zero_volume": 1})
    assert repaired(rows, "drop_bad_volume") == ([2], {"drop_bad_volume": 1})


def test_the_newest_row_first_is_refused_as_that_and_sorted_when_asked() -> None:
    rows = bar_rows([GOOD, GOOD, GOOD], days=[3, 2, 1])

    told = refusal(rows)

    assert "the newest row comes first" in told
    assert "(spx.csv:3, spx.csv:4)" in told
    assert repaired(rows, "sort") == ([4, 3, 2], {"sort": 2})


def test_each_asset_is_sorted_by_itself() -> None:
    rows = bar_rows([GOOD] * 4, days=[2, 1, 1, 2], assets=[0, 1, 0, 1])
    assert repaired(rows, "sort") == ([4, 2, 3, 5], {"sort": 1})


def test_one_row_out_of_order_is_named_by_its_line() -> None:
    told = refusal(bar_rows([GOOD] * 4, days=[1, 3, 2, 4]))
    assert "1 bar has a time earlier than the row before (spx.csv:4)" in told


def test_assets_that_take_turns_are_in_order() -> None:
    rows = bar_rows([GOOD] * 4, days=[1, 1, 2, 2], assets=[0, 1, 0, 1])
    assert repaired(rows) == ([2, 4, 3, 5], {})


def test_equal_rows_of_one_time_are_dropped_by_drop_duplicates_alone() -> None:
    rows = bar_rows([GOOD, GOOD, GOOD], days=[1, 1, 2])

    assert "equal values" in refusal(rows)
    assert repaired(rows, "drop_duplicates") == ([2, 4], {"drop_duplicates": 1})


def test_different_rows_of_one_time_need_a_choice() -> None:
    rows = bar_rows([GOOD, OTHER, GOOD], days=[1, 1, 2])

    assert "other values" in refusal(rows, "drop_duplicates")
    assert repaired(rows, "keep_first") == ([2, 4], {"keep_first": 1})
    assert repaired(rows, "keep_last") == ([3, 4], {"keep_last": 1})


def test_duplicates_apart_in_the_file_are_found_once_they_are_sorted() -> None:
    rows = bar_rows([GOOD, GOOD, GOOD], days=[1, 2, 1])
    assert repaired(rows, "sort", "drop_duplicates") == ([2, 3], {"sort": 1, "drop_duplicates": 1})


def test_one_time_in_two_assets_is_no_duplicate() -> None:
    assert repaired(bar_rows([GOOD, OTHER], days=[1, 1], assets=[0, 1])) == ([2, 3], {})


def test_every_kind_of_fault_is_counted_at_once_and_five_rows_of_each_are_named() -> None:
    bad = (10.0, 10.5, 9.0, 11.0)

    told = refusal(bar_rows([bad] * 7 + [(NAN, 1.0, 1.0, 1.0)], days=[7, 6, 5, 4, 3, 2, 1, 1]))

    assert "7 bars have a high below" in told
    assert "spx.csv:6, …" in told
    assert "1 bar has a price that is missing" in told
    assert "`repair: [drop_incomplete, drop_inconsistent, sort, keep_first]`" in told


def test_flat_bars_and_jumps_are_warnings() -> None:
    flat, doubled = (10.0, 10.0, 10.0, 10.0), (20.0, 21.0, 19.0, 20.0)

    found = checked(bar_rows([flat, doubled, OTHER]), ())

    assert "1 bar has one price" in found.warnings[0]
    assert "1 bar has a close at least 2 times" in found.warnings[1]
    assert "spx.csv:3" in found.warnings[1]


def test_a_jump_from_one_asset_to_the_next_is_none() -> None:
    rows = bar_rows([GOOD, (100.0, 120.0, 90.0, 110.0)], days=[1, 1], assets=[0, 1])
    assert checked(rows, ()).warnings == ()


def test_a_panel_has_nan_where_an_asset_has_no_bar() -> None:
    rows = bar_rows([GOOD, OTHER, GOOD], days=[1, 3, 3], assets=[0, 0, 1], volume=[5, 6, 7])

    bars = panel(rows)

    assert bars.times.astype("M8[D]").astype(int).tolist() == [1, 3]
    assert np.array_equal(bars.close, [[11.0, NAN], [10.5, 11.0]], equal_nan=True)
    assert bars.volume is not None
    assert np.array_equal(bars.volume, [[5, NAN], [6, 7]], equal_nan=True)


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(UserError, match=r"no bar is left"):
        panel(bar_rows([]))


def test_equal_bars_have_one_fingerprint_and_others_another() -> None:
    first = panel(bar_rows([GOOD, OTHER], volume=[0.0, 1.0]))
    same = panel(bar_rows([GOOD, OTHER], volume=[-0.0, 1.0]))

    assert fingerprint(first) == fingerprint(same)
    assert fingerprint(first) != fingerprint(panel(bar_rows([GOOD, GOOD], volume=[0.0, 1.0])))
    assert fingerprint(first) != fingerprint(panel(bar_rows([GOOD, OTHER])))
    assert fingerprint(first) != fingerprint(
        panel(bar_rows([GOOD, OTHER], days=[0, 2], volume=[0.0, 1.0]))
    )


def test_files_with_and_without_volume_are_not_mixed() -> None:
    with pytest.raises(UserError, match=r"has no volume"):
        joined([bar_rows([GOOD], volume=[1.0]), bar_rows([GOOD])])


def test_adjusting_scales_all_prices_by_one_factor_and_keeps_their_order() -> None:
    rows = bar_rows([(10.0, 12.0, 9.0, 12.0)])
    halved = adjusted_rows(_with_adjusted(rows, [6.0]))

    assert [halved.open[0], halved.high[0], halved.low[0], halved.close[0]] == [5.0, 6.0, 4.5, 6.0]


def test_a_missing_adjusted_close_is_a_missing_price() -> None:
    assert "missing" in refusal(_with_adjusted(bar_rows([GOOD]), [NAN]))


def test_a_factor_that_leaves_no_price_is_refused() -> None:
    with pytest.raises(UserError, match=r"no price is left"):
        adjusted_rows(_with_adjusted(bar_rows([(1e-300, 1e300, 1e-300, 1e-300)]), [1e300]))


def _with_adjusted(rows: BarRows, adjusted: list[float]) -> BarRows:
    fields = {name: getattr(rows, name) for name in BarRows.__slots__}
    return BarRows(**{**fields, "adjusted": np.array(adjusted)})


def test_days_are_nanoseconds_in_the_rows() -> None:
    assert bar_rows([GOOD, GOOD]).times.tolist() == [0, DAY_NS]
