"""The table of what a run's parts cost."""

from __future__ import annotations

from bot.cli.overhead_table import table
from engine.backtest.overheads import Overheads, Part

ENGINE = Part(name="engine", run_ns=1e6, added_ns=1e6, event_ns=1000.0)


def part(name: str, share: float, low: float, high: float) -> Part:
    return Part(
        name=name,
        run_ns=1e6 * (1 + share),
        added_ns=1e6 * share,
        event_ns=1000 * share,
        share=share,
        low=low,
        high=high,
    )


def shown(*parts: Part) -> list[str]:
    return list(table(Overheads(bars=1000, assets=1, rounds=30, parts=(ENGINE, *parts))))


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    lines = shown(part("hooks", 1.875, 1.565, 1_208.3), part("compiled_rules", 0.051, 0.04, 0.06))
    assert [line[:68].rstrip() for line in lines[2:-1]] == [
        "                     adds   an event   of the run before it",
        "engine               1 ms       1 µs",
        "strategy          1.88 ms    1.88 µs   +188 % (+156 % … +120,830 %)",
        "rules, compiled     51 µs      51 ns   +5.1 % (+4.0 % … +6.0 %)",
        "all of it         1.05 ms",
    ]
    assert [line[70:].strip() for line in lines[2:-2]] == [
        "what it is",
        "carrying out the orders",
        "its code, and handing each event to it",
        "kept as levels",
    ]
    assert lines[-1].startswith("In brackets: the quartiles over the rounds; not measurable where")


def test_what_noise_may_have_made_is_not_told_as_a_cost() -> None:
    line = shown(part("hooks", -0.02, -0.08, 0.03))[4]
    assert "   not measurable   " in line
    assert " ms" not in line
    assert "-2.0 % (-8.0 % … +3.0 %)" in line


def test_a_cost_that_all_rounds_agree_on_is_told() -> None:
    assert "not measurable" not in shown(part("hooks", 0.02, 0.01, 0.03))[4]


def test_nothing_is_said_of_quartiles_where_there_are_none() -> None:
    assert shown()[-1].startswith("all of it")
