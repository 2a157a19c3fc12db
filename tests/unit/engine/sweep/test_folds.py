from __future__ import annotations

import pytest

from engine.errors import UserError, Where
from engine.sweep.folds import Fold, Split, Window, folds_of


def spans(length: int, split: Split) -> list[tuple[int, int, int, int]]:
    return [
        (fold.inside.start, fold.inside.stop, fold.outside.start, fold.outside.stop)
        for fold in folds_of(length, split)
    ]


def test_one_fold_is_in_halves() -> None:
    assert folds_of(10, Split()) == (Fold(Window(0, 5), Window(5, 10)),)


def test_anchored_folds_select_on_all_that_came_before() -> None:
    assert spans(12, Split(folds=3)) == [(0, 3, 3, 6), (0, 6, 6, 9), (0, 9, 9, 12)]


def test_rolling_folds_select_on_the_block_before() -> None:
    found = spans(12, Split(folds=3, window="rolling"))
    assert found == [(0, 3, 3, 6), (3, 6, 6, 9), (6, 9, 9, 12)]


def test_the_first_blocks_are_longer() -> None:
    assert spans(11, Split(folds=2)) == [(0, 4, 4, 8), (0, 8, 8, 11)]


def test_an_embargo_is_taken_from_the_beginning_of_what_is_reported() -> None:
    found = spans(20, Split(folds=1, embargo=3))
    assert found == [(0, 10, 13, 20)]


@pytest.mark.parametrize("window", ["anchored", "rolling"])
@pytest.mark.parametrize("embargo", [0, 1, 4])
@pytest.mark.parametrize("length", [97, 100, 250])
def test_no_bar_is_in_both_windows_of_a_fold(window: str, embargo: int, length: int) -> None:
    for fold in folds_of(length, Split(folds=6, embargo=embargo, window=window)):  # type: ignore[arg-type]
        assert fold.outside.start - fold.inside.stop == embargo


@pytest.mark.parametrize("length", [97, 100, 250])
def test_without_an_embargo_everything_after_the_first_block_is_reported_once(length: int) -> None:
    folds = folds_of(length, Split(folds=6))
    reported = [bar for fold in folds for bar in range(fold.outside.start, fold.outside.stop)]
    assert reported == list(range(folds[0].inside.stop, length))


@pytest.mark.parametrize(
    "length, split", [(1, Split()), (3, Split()), (20, Split(folds=3, embargo=4)), (0, Split())]
)
def test_data_that_is_too_short_is_refused_with_what_is_needed(length: int, split: Split) -> None:
    with pytest.raises(UserError) as caught:
        folds_of(length, split, Where("s.yaml", 6, "split"))
    needed = (split.folds + 1) * (split.embargo + 2)
    assert f"s.yaml:6: split: {length} bars are too few" in str(caught.value)
    assert f"Bring {needed} bars" in str(caught.value)
    assert folds_of(needed, split)
