"""A sweep's picture: the selected configuration, day after day, the same bytes each time."""

from __future__ import annotations

from engine.sweep.leaderboard import summarise
from engine.sweep.rows import SweepRow
from engine.values import Mode
from tests.fakes.sweeps import row
from worker.sweep_plot import sweep_plots

FIRST = tuple((f"2026-01-{day:02d}", 0.01) for day in range(5, 20))
THEN = tuple((f"2026-02-{day:02d}", -0.002) for day in range(2, 20))


def drawn(*rows: SweepRow) -> dict[str, bytes]:
    return sweep_plots(rows, summarise(rows, "sharpe", Mode.MAX), "strategies/a.py:A")


def test_the_folds_of_the_selected_configuration_are_drawn_in_a_row() -> None:
    rows = (
        row("a", 1.5, 1.2, fold=0, returns=FIRST),
        row("a", 1.4, 1.1, fold=1, returns=THEN),
        row("b", 1.0, 0.9, fold=0),
        row("b", 1.0, 0.9, fold=1),
    )

    found = drawn(*rows)

    assert found["equity.png"].startswith(b"\x89PNG")
    assert found == drawn(*reversed(rows))
    assert found != drawn(*rows[:1], *rows[2:3])


def test_without_returns_there_is_no_picture() -> None:
    assert drawn(row("a")) == {}


def test_two_returns_for_one_day_make_no_curve() -> None:
    rows = (row("a", seed=1, returns=FIRST), row("a", seed=2, returns=FIRST))

    assert drawn(*rows) == {}
