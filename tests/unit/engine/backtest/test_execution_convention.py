"""The execution convention on short runs worked out by hand, by the reference and the kernel."""

from __future__ import annotations

import pytest

from engine.backtest.account_terms import AccountTerms, Sizing
from engine.backtest.costs import Costs
from engine.backtest.profiles import PROFILES, ProfileName
from engine.backtest.results import Dropped, Flag, Reason
from engine.backtest.risk.rules import StopLoss, TakeProfit, TimeBasedExit, TrailingStop
from tests.backtest_reference.by_hand import MISSING, dropped, fills, story, trades
from tests.backtest_reference.engines import Engine, both

STILL = (100.0, 101.0, 99.0, 100.0)
FIVE, TEN = StopLoss(0.05), TakeProfit(0.1)
UNITS = AccountTerms(cash=1_000.0, sizing=Sizing.UNITS, size=10.0)

pytestmark = both


def test_a_signal_is_filled_at_the_next_open(engine: Engine) -> None:
    rows = [STILL, (102, 103, 101, 102.5), (104, 105, 103, 104)]
    assert trades(engine(story(rows, "L l"))) == [(1, 102.0, 2, 104.0, Reason.SIGNAL)]


@pytest.mark.parametrize(
    "word, bar, price",
    [("L", (99, 99.5, 94, 96), 95.0), ("S", (101, 106, 100.5, 104), 105.0)],
)
def test_a_stop_is_filled_at_its_level(
    engine: Engine, word: str, bar: tuple[float, float, float, float], price: float
) -> None:
    found = engine(story([STILL, STILL, bar], word, FIVE))
    assert trades(found) == [(1, 100.0, 2, price, Reason.STOP_LOSS)]
    assert found.trades.flags.tolist() == [0]


def test_a_low_on_the_stop_touches_it(engine: Engine) -> None:
    found = engine(story([STILL, STILL, (99, 99, 95, 98)], "L", FIVE))
    assert trades(found) == [(1, 100.0, 2, 95.0, Reason.STOP_LOSS)]


def test_a_low_above_the_stop_does_not(engine: Engine) -> None:
    assert trades(engine(story([STILL, STILL, (99, 99, 95.01, 98)], "L", FIVE))) == []


def test_a_stop_is_live_on_the_bar_of_the_fill(engine: Engine) -> None:
    found = engine(story([STILL, (100, 101, 90, 96)], "L", FIVE))
    assert trades(found) == [(1, 100.0, 1, 95.0, Reason.STOP_LOSS)]


@pytest.mark.parametrize("word, opened", [("L", 90.0), ("S", 110.0)])
def test_a_gap_beyond_the_stop_is_filled_at_the_open(
    engine: Engine, word: str, opened: float
) -> None:
    bar = (opened, opened + 1, opened - 1, opened)
    found = engine(story([STILL, STILL, bar], word, FIVE))
    assert trades(found) == [(1, 100.0, 2, opened, Reason.STOP_LOSS)]
    assert found.trades.flags.tolist() == [Flag.GAP]


@pytest.mark.parametrize("word, opened", [("L", 95.0), ("S", 105.0)])
def test_an_open_on_the_stop_is_no_gap(engine: Engine, word: str, opened: float) -> None:
    found = engine(story([STILL, STILL, (opened, opened, opened, opened)], word, FIVE))
    assert trades(found) == [(1, 100.0, 2, opened, Reason.STOP_LOSS)]
    assert found.trades.flags.tolist() == [0]


def test_an_open_beyond_the_target_is_taken_before_a_stop_within_the_bar(engine: Engine) -> None:
    found = engine(story([STILL, STILL, (112, 113, 90, 91)], "L", FIVE, TakeProfit(0.0625)))
    assert trades(found) == [(1, 100.0, 2, 112.0, Reason.TAKE_PROFIT)]
    assert found.trades.flags.tolist() == [Flag.GAP]


def test_stop_and_target_in_one_bar_give_the_stop_flagged_ambiguous(engine: Engine) -> None:
    found = engine(story([STILL, STILL, (100, 107, 90, 91)], "L", FIVE, TakeProfit(0.0625)))
    assert trades(found) == [(1, 100.0, 2, 95.0, Reason.STOP_LOSS)]
    assert found.trades.flags.tolist() == [Flag.AMBIGUOUS]


def test_a_target_is_filled_at_its_level_without_slippage(engine: Engine) -> None:
    costs = Costs(slippage=0.01)
    rows = [STILL, (100, 101, 99, 100), (101, 120, 100, 119)]
    found = engine(story(rows, "L", TakeProfit(0.0625), costs=costs))
    assert trades(found) == [(1, 101.0, 2, 101.0 * 1.0625, Reason.TAKE_PROFIT)]


def test_slippage_is_adverse_and_stays_within_the_bar(engine: Engine) -> None:
    rows = [STILL, (100, 103, 99, 100), (100, 103, 99.9, 100)]
    found = engine(story(rows, "L l", costs=Costs(slippage=0.01)))
    assert fills(found) == [(1, 10.0, 101.0), (2, -10.0, 99.9)]


def test_the_time_exit_is_the_open_after_its_last_bar(engine: Engine) -> None:
    found = engine(story([STILL] * 6, "L", TimeBasedExit(2)))
    assert trades(found) == [(1, 100.0, 4, 100.0, Reason.TIME)]
    assert found.trades.bars_held.tolist() == [3]


def test_a_trailing_stop_follows_a_high_from_the_next_bar_on(engine: Engine) -> None:
    rows = [STILL, (100, 128, 100, 127), (126, 127, 121, 123), (123, 124, 119, 119.5)]
    found = engine(story(rows, "L", TrailingStop(0.0625)))
    assert trades(found) == [(1, 100.0, 3, 120.0, Reason.TRAILING_STOP)]


def test_a_trailing_stop_of_a_short_follows_the_low(engine: Engine) -> None:
    rows = [STILL, (100, 100, 64, 65), (65, 67, 64, 66), (66, 69, 65, 68.5)]
    found = engine(story(rows, "S", TrailingStop(0.0625)))
    assert trades(found) == [(1, 100.0, 3, 68.0, Reason.TRAILING_STOP)]


def test_a_reversal_is_one_order_and_two_fills(engine: Engine) -> None:
    found = engine(story([STILL] * 3, "L S"))
    assert fills(found) == [(1, 10.0, 100.0), (2, -10.0, 100.0), (2, -10.0, 100.0)]
    assert trades(found) == [(1, 100.0, 2, 100.0, Reason.REVERSAL)]
    assert found.open.quantity.tolist() == [-10.0]


def test_an_order_waits_for_the_next_bar_there_is(engine: Engine) -> None:
    found = engine(story([STILL, MISSING, MISSING, (103, 104, 102, 103)], "L"))
    assert fills(found) == [(3, 10.0, 103.0)]


def test_a_signal_without_a_bar_is_none(engine: Engine) -> None:
    assert fills(engine(story([STILL, MISSING, STILL], "- L"))) == []


def test_a_position_keeps_its_mark_over_missing_bars(engine: Engine) -> None:
    found = engine(story([STILL, (100, 103, 99, 102), MISSING, MISSING], "L"))
    assert found.equity.tolist() == [100_000.0, 100_020.0, 100_020.0, 100_020.0]


def test_an_order_of_the_last_close_is_never_filled(engine: Engine) -> None:
    found = engine(story([STILL, STILL], "- L"))
    assert dropped(found) == [(1, Dropped.NEVER_FILLED)]


def test_an_open_position_is_marked_and_no_trade(engine: Engine) -> None:
    found = engine(story([STILL, (100, 107, 98, 104)], "L", costs=Costs(fee_fixed=3.0)))
    assert len(found.trades) == 0
    assert found.open.mark.tolist() == [104.0]
    assert found.open.unrealised.tolist() == [37.0]
    assert found.open.mfe.tolist() == [0.07]
    assert found.open.mae.tolist() == [0.02]


def test_excursions_of_a_trade_end_at_its_exit_price(engine: Engine) -> None:
    rows = [STILL, (100, 104, 98, 103), (103, 130, 60, 61)]
    found = engine(story(rows, "L", FIVE))
    assert found.trades.mfe.tolist() == [0.04]
    assert found.trades.mae.tolist() == [0.05]


@pytest.mark.parametrize("word", ["LS", "Ll", "Ss", "LSls"])
def test_signals_that_clash_are_dropped_and_reported(engine: Engine, word: str) -> None:
    found = engine(story([STILL, STILL], word))
    assert dropped(found) == [(0, Dropped.CONFLICT)]
    assert fills(found) == []


def test_an_exit_beats_an_entry_of_the_side_that_is_held(engine: Engine) -> None:
    found = engine(story([STILL] * 3, "L Ll"))
    assert trades(found) == [(1, 100.0, 2, 100.0, Reason.SIGNAL)]
    assert dropped(found) == []


def test_an_exit_beside_clashing_entries_is_honoured(engine: Engine) -> None:
    found = engine(story([STILL] * 3, "L LSl"))
    assert trades(found) == [(1, 100.0, 2, 100.0, Reason.SIGNAL)]
    assert dropped(found) == [(1, Dropped.CONFLICT)]


def test_a_buy_beyond_cash_is_cut_to_whole_lots_that_it_affords(engine: Engine) -> None:
    terms = AccountTerms(cash=1_000.0, sizing=Sizing.UNITS, size=40.0, lot=4.0)
    found = engine(story([STILL] * 2, "L", terms=terms, costs=Costs(fee_fixed=1.0)))
    assert fills(found) == [(1, 8.0, 100.0)]
    assert dropped(found) == [(1, Dropped.CUT)]


def test_a_buy_beyond_cash_is_refused_where_that_is_wanted(engine: Engine) -> None:
    terms = AccountTerms(cash=1_000.0, sizing=Sizing.UNITS, size=11.0, beyond_cash="refuse")
    found = engine(story([STILL] * 2, "L", terms=terms))
    assert fills(found) == []
    assert dropped(found) == [(1, Dropped.REFUSED)]


def test_a_short_locks_its_notional_beside_its_proceeds(engine: Engine) -> None:
    terms = AccountTerms(cash=1_000.0, sizing=Sizing.UNITS, size=11.0)
    found = engine(story([STILL] * 2, "S", terms=terms))
    assert fills(found) == [(1, -10.0, 100.0)]
    assert found.cash_end == 2_000.0
    assert found.equity.tolist() == [1_000.0, 1_000.0]


def test_less_than_a_lot_is_too_small(engine: Engine) -> None:
    terms = AccountTerms(sizing=Sizing.UNITS, size=3.0, lot=4.0)
    assert dropped(engine(story([STILL] * 2, "L", terms=terms))) == [(1, Dropped.TOO_SMALL)]


def test_a_fraction_is_of_the_equity_at_the_signal(engine: Engine) -> None:
    terms = AccountTerms(cash=1_000.0, sizing=Sizing.FRACTION, size=0.5)
    found = engine(story([STILL, (125, 126, 124, 125)], "L", terms=terms))
    assert fills(found) == [(1, 4.0, 125.0)]


def test_a_value_is_divided_by_the_price_after_slippage(engine: Engine) -> None:
    terms = AccountTerms(cash=1_000.0, sizing=Sizing.VALUE, size=525.0)
    rows = [STILL, (100, 110, 99, 100)]
    found = engine(story(rows, "L", terms=terms, costs=Costs(slippage=0.05)))
    assert fills(found) == [(1, 5.0, 105.0)]


def test_a_larger_target_adds_and_averages_the_entry(engine: Engine) -> None:
    rows = [STILL, (100, 101, 99, 100), (104, 105, 103, 104)]
    found = engine(story(rows, "T T", sizes=[10.0, 30.0]))
    assert fills(found) == [(1, 10.0, 100.0), (2, 20.0, 104.0)]
    assert found.open.entry_price.tolist() == [(100.0 * 10 + 104.0 * 20) / 30]
    assert found.open.entry_bar.tolist() == [1]


def test_a_smaller_target_is_a_reduction_with_its_share_of_the_fees(engine: Engine) -> None:
    rows = [STILL, STILL, (104, 105, 103, 104)]
    found = engine(story(rows, "T T", sizes=[8.0, 6.0], costs=Costs(fee_fixed=4.0)))
    assert trades(found) == [(1, 100.0, 2, 104.0, Reason.REDUCTION)]
    assert found.trades.quantity.tolist() == [2.0]
    assert found.trades.fees.tolist() == [5.0]
    assert found.trades.pnl.tolist() == [3.0]
    assert found.open.fees.tolist() == [3.0]


def test_a_target_across_zero_reverses(engine: Engine) -> None:
    found = engine(story([STILL] * 3, "T T", sizes=[10.0, -5.0]))
    assert fills(found) == [(1, 10.0, 100.0), (2, -10.0, 100.0), (2, -5.0, 100.0)]
    assert trades(found) == [(1, 100.0, 2, 100.0, Reason.REVERSAL)]


def test_a_target_of_zero_closes(engine: Engine) -> None:
    found = engine(story([STILL] * 3, "T T", sizes=[-10.0, 0.0]))
    assert trades(found) == [(1, 100.0, 2, 100.0, Reason.SIGNAL)]


def test_a_queued_time_exit_gives_way_to_a_reversal(engine: Engine) -> None:
    found = engine(story([STILL] * 4, "L - S", TimeBasedExit(1)))
    assert trades(found) == [(1, 100.0, 3, 100.0, Reason.REVERSAL)]


def test_a_queued_time_exit_keeps_its_reason_beside_an_exit(engine: Engine) -> None:
    found = engine(story([STILL] * 4, "L - l", TimeBasedExit(1)))
    assert trades(found) == [(1, 100.0, 3, 100.0, Reason.TIME)]


def test_vectorbt_fills_at_the_close_and_tests_from_the_next_bar(engine: Engine) -> None:
    vectorbt = PROFILES[ProfileName.VECTORBT]
    rows = [(100, 101, 50, 100), (100, 101, 94, 96)]
    found = engine(story(rows, "L", FIVE, profile=vectorbt))
    assert trades(found) == [(0, 100.0, 1, 95.0, Reason.STOP_LOSS)]


def test_vectorbt_takes_no_entry_on_the_bar_of_a_stop(engine: Engine) -> None:
    vectorbt = PROFILES[ProfileName.VECTORBT]
    found = engine(story([STILL, (100, 101, 94, 96)], "L L", FIVE, profile=vectorbt))
    assert dropped(found) == [(1, Dropped.EXIT_ON_BAR)]
    assert fills(found) == [(0, 10.0, 100.0), (1, -10.0, 95.0)]


def test_vectorbt_takes_a_stop_within_the_bar_before_a_gap_to_the_target(engine: Engine) -> None:
    vectorbt = PROFILES[ProfileName.VECTORBT]
    found = engine(story([STILL, (112, 113, 90, 91)], "L", FIVE, TEN, profile=vectorbt))
    assert trades(found) == [(0, 100.0, 1, 95.0, Reason.STOP_LOSS)]


def test_backtesting_rests_levels_from_the_close_of_the_signal(engine: Engine) -> None:
    backtesting = PROFILES[ProfileName.BACKTESTING]
    rows = [STILL, (104, 105, 96, 103), (103, 104, 95, 96)]
    found = engine(story(rows, "L", FIVE, profile=backtesting))
    assert trades(found) == [(1, 104.0, 2, 95.0, Reason.STOP_LOSS)]


@pytest.mark.parametrize("name, bar", [("backtesting", 1), ("backtrader", 2)])
def test_backtrader_tests_levels_one_bar_later(engine: Engine, name: str, bar: int) -> None:
    rows = [STILL, (100, 101, 94, 96), (96, 97, 94, 96)]
    found = engine(story(rows, "L", FIVE, profile=PROFILES[ProfileName(name)]))
    assert found.trades.exit_bar.tolist() == [bar]


def test_the_seed_tests_the_close_and_leaves_at_the_next_open(engine: Engine) -> None:
    seed = PROFILES[ProfileName.SEED]
    rows = [STILL, (100, 101, 90, 96), (96, 97, 94, 94.5), (97, 98, 96, 97)]
    found = engine(story(rows, "L", FIVE, profile=seed))
    assert trades(found) == [(1, 100.0, 3, 97.0, Reason.STOP_LOSS)]
