"""Bars that were not there yet must not change what was done before them."""

from __future__ import annotations

from typing import Any

from engine.sweep.rows import SweepRow
from engine.sweep.truncated import cuts_of, leak_before

DAYS = [f"2020-{1 + day // 28:02d}-{1 + day % 28:02d}" for day in range(200)]
CUT = DAYS[120]


def row(
    returns: list[float], trades: list[Any] | None = None, name: str = "a", **fields: Any
) -> SweepRow:
    return SweepRow(
        **{
            "id": name,
            "params": {},
            "seed": 7,
            "status": "ok",
            "elapsed_s": 0.1,
            "returns": tuple(zip(DAYS, returns, strict=False)),
            "trades": None if trades is None else tuple(trades),
            **fields,
        }
    )


WHOLE = [0.001 * (day % 5) for day in range(200)]


def test_the_same_days_with_the_same_returns_do_not_leak() -> None:
    assert leak_before([row(WHOLE)], [row(WHOLE[:121])], CUT) is None


def test_the_first_day_whose_return_differs_is_named_with_its_configuration() -> None:
    other = [*WHOLE[:50], 0.5, *WHOLE[51:80], 0.7, *WHOLE[81:121]]

    leak = leak_before([row(WHOLE)], [row(other)], CUT)

    assert leak is not None
    assert (leak.date, leak.symbol, leak.unaltered_until) == (DAYS[50], "a", CUT)


def test_a_bit_is_a_difference() -> None:
    other = [WHOLE[0], WHOLE[1] + 1e-18 if WHOLE[1] == 0 else WHOLE[1] * (1 + 2**-52), *WHOLE[2:]]

    assert leak_before([row(WHOLE)], [row(other)], CUT) is not None


def test_days_after_the_cut_may_differ() -> None:
    other = [*WHOLE[:121], 9.0]

    assert leak_before([row(WHOLE)], [row(other)], CUT) is None


def test_a_trade_that_had_ended_before_the_cut_has_to_be_there_again() -> None:
    trade = {"entry": DAYS[10], "exit": DAYS[20], "pnl": 3.5}

    assert leak_before([row(WHOLE, [trade])], [row(WHOLE, [])], CUT) is not None
    assert leak_before([row(WHOLE, [trade])], [row(WHOLE, [trade])], CUT) is None


def test_a_trade_that_was_open_at_the_cut_may_end_otherwise() -> None:
    whole = [[DAYS[110], DAYS[150], 1.0]]
    marked = [[DAYS[110], CUT, 0.5]]

    assert leak_before([row(WHOLE, whole)], [row(WHOLE, marked)], CUT) is None


def test_configurations_that_failed_or_are_missing_say_nothing() -> None:
    failed = row([9.0] * 121, status="error", error="x")

    assert leak_before([row(WHOLE)], [failed, row(WHOLE, name="b")], CUT) is None


def test_cuts_lie_within_the_days_and_follow_from_the_seed() -> None:
    cuts = cuts_of([row(WHOLE)], 3)

    assert cuts == cuts_of([row(WHOLE)], 3)
    assert cuts
    assert all(DAYS[59] < cut < DAYS[191] for cut in cuts)


def test_rows_without_returns_have_no_cut() -> None:
    assert cuts_of([row([])], 3) == ()
