"""The spec of a backtest: what it may say, and which bars it means."""

from __future__ import annotations

import numpy as np
import pytest

from engine.backtest.backtest_spec import BacktestSpec, parse_backtest_spec, traded_bars
from engine.backtest.profiles import ProfileName
from engine.errors import UserError

SHORT = """
strategy: strategies/sma.py:SmaCross
data: data/sp500.csv
"""
LONG = """
strategy: strategies/sma.py:SmaCross
params: {fast: 20, slow: 100}
seed: 7
data: {path: data/sp500.csv, adjusted: true}
from: 2001-01-01
until: 2002-12-31
costs: {fee: 0.0005, fee_fixed: 1, slippage: 2e-4}
account: {cash: 50000, sizing: value, size: 1000, lot: 1, beyond_cash: refuse}
profile: vectorbt
risk: [{stop_loss: {fraction: 0.05}}]
periods_per_year: 252
"""
DAYS = np.arange("2024-01-01", "2024-01-11", dtype="datetime64[D]").astype("datetime64[ns]")


def parse(text: str) -> BacktestSpec:
    return parse_backtest_spec(text.encode(), "a.yaml")


def test_strategy_and_data_are_enough() -> None:
    spec = parse(SHORT)
    assert (spec.strategy_path, spec.strategy_name) == ("strategies/sma.py", "SmaCross")
    assert (spec.data.files, spec.params, spec.seed) == (("data/sp500.csv",), {}, 0)
    assert (spec.profile, spec.account.cash) == (ProfileName.OURS, 100_000)


def test_every_key_can_be_given() -> None:
    spec = parse(LONG)
    assert (spec.params, spec.seed) == ({"fast": 20, "slow": 100}, 7)
    assert (spec.costs.slippage, spec.account.lot) == (0.0002, 1)
    assert (spec.profile, spec.periods_per_year) == (ProfileName.VECTORBT, 252)
    assert spec.risk[0].stop_loss is not None


@pytest.mark.parametrize(
    "line, part",
    [
        ("grid: {fast: [1]}", "unknown key `grid`"),
        ("strategy: strategies/sma.py", "names no class"),
        ("strategy: ../sma.py:Sma", "outside the repository"),
        ("from: 2001-02-30", "2001-02-30"),
        ("from: tomorrow", 'found "tomorrow"'),
        ("periods_per_year: 0", "> 0"),
        ("costs: {fee: 1.5}", "< 1"),
        ("profile: zipline", "one of the choices"),
        ("seed: -1", ">= 0"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(line: str, part: str) -> None:
    key = line.partition(":")[0]
    kept = [one for one in SHORT.splitlines() if not one.startswith(f"{key}:")]
    with pytest.raises(UserError) as raised:
        parse("\n".join([*kept, line]))
    assert part in str(raised.value)
    assert str(raised.value.where).startswith("a.yaml:")


def test_from_is_not_later_than_until() -> None:
    with pytest.raises(UserError, match="from is later than until"):
        parse(f"{SHORT}from: 2002-01-01\nuntil: 2001-01-01\n")


@pytest.mark.parametrize(
    "lines, expected",
    [
        ("", (0, 10)),
        ("from: 2024-01-03", (2, 10)),
        ("until: 2024-01-03", (0, 3)),
        ("until: 2024-01-03 00:00", (0, 3)),
        ("from: 2024-01-03 00:01", (3, 10)),
        ("from: 2024-01-10\nuntil: 2030-01-01", (9, 10)),
    ],
)
def test_both_ends_are_traded_on(lines: str, expected: tuple[int, int]) -> None:
    assert traded_bars(DAYS, parse(f"{SHORT}{lines}\n"), "a.yaml") == expected


def test_a_day_stands_for_all_of_it() -> None:
    spec = parse(f"{SHORT}until: 2024-01-03\n")
    assert traded_bars(DAYS + np.timedelta64(21, "h"), spec, "a.yaml") == (0, 3)


def test_a_stretch_without_a_bar_says_where_there_are_some() -> None:
    with pytest.raises(UserError, match="2024-01-01T00:00:00 to 2024-01-10T00:00:00") as raised:
        traded_bars(DAYS, parse(f"{SHORT}from: 2025-01-01\n"), "a.yaml")
    assert str(raised.value.where) == "a.yaml: from"


def test_the_hash_is_of_what_the_spec_says() -> None:
    assert parse(SHORT).spec_hash == parse(f"{SHORT}seed: 0\n").spec_hash
    assert parse(SHORT).spec_hash != parse(f"{SHORT}seed: 1\n").spec_hash


@pytest.mark.parametrize(
    "rule, remedy",
    [
        ("{stop_loss: 0.05}", "found 0.05. Write {fraction: 0.05}."),
        ("{take_profit: 1}", "found 1. Write {fraction: 1}."),
        ("{time_based_exit: 20}", "found 20. Write {max_bars: 20}."),
        ("{time_based_exit: 0.5}", "Write a value of that kind."),
        ("{stop_loss: far}", "Write a value of that kind."),
        ("{stop_loss: true}", "Write a value of that kind."),
        ("{dynamic_trailing_stop: 0.1}", "Write a value of that kind."),
    ],
)
def test_a_rule_whose_number_stands_alone_is_shown_with_its_key(rule: str, remedy: str) -> None:
    with pytest.raises(UserError) as caught:
        parse(f"{SHORT}risk: [{rule}]\n")
    assert str(caught.value).endswith(remedy)
    assert "a.yaml:4: risk[0]." in str(caught.value)
