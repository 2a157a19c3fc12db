from __future__ import annotations

import pytest

from engine.sweep import kept_returns as kept
from engine.sweep.kept_returns import kept_returns
from engine.sweep.rows import SweepRow
from engine.values import Side
from tests.fakes.sweeps import failed_row, row

DAYS = (("2020-01-03", 0.2), ("2020-01-02", 0.1))


def sides(*rows: SweepRow) -> dict[Side, tuple[SweepRow, ...]]:
    return dict.fromkeys(Side, rows)


def places(rows: dict[Side, tuple[SweepRow, ...]], selected: str, winner: str) -> list[str]:
    return [f"{one.side} {one.id}" for one in kept_returns(rows, selected, winner)]


ROWS = sides(row("a", returns=DAYS), row("b", returns=DAYS), row("c", returns=DAYS))


def test_the_selected_one_of_both_sides_and_the_winner_of_head_are_kept() -> None:
    assert places(ROWS, "a", "b") == ["base a", "head a", "head b"]


def test_a_winner_that_is_the_selected_one_is_kept_once() -> None:
    assert places(ROWS, "a", "a") == ["base a", "head a"]


def test_returns_are_kept_by_ascending_date() -> None:
    found = kept_returns(ROWS, "a", "a")[0]

    assert (found.dates, found.values) == (("2020-01-02", "2020-01-03"), (0.1, 0.2))


def test_all_folds_and_seeds_are_kept() -> None:
    rows = sides(*(row("a", returns=DAYS, fold=fold, seed=9 - fold) for fold in range(3)))

    found = [(one.fold, one.seed) for one in kept_returns(rows, "a", "a")[:3]]

    assert found == [(0, 9), (1, 8), (2, 7)]


def test_rows_without_returns_keep_none() -> None:
    assert places(sides(row("a"), failed_row("b")), "a", "b") == []


def test_of_what_does_not_fit_the_winner_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_BYTES", 250)
    assert places(ROWS, "a", "b") == ["base a", "head a"]


def test_a_side_is_never_kept_without_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_BYTES", 150)
    assert places(ROWS, "a", "b") == ["head b"]
