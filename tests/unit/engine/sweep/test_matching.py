from __future__ import annotations

from typing import Any

import msgspec

from engine.sweep.matching import matched, placed
from engine.sweep.rows import PointResult
from tests.fakes.evidence import points
from tests.fakes.sweep_verdicts import seeded, two_samples

ROWS = points((1.5, 1.2))


def each(rows: tuple[PointResult, ...], **fields: Any) -> tuple[PointResult, ...]:
    return tuple(msgspec.structs.replace(row, **fields) for row in rows)


def names(base: tuple[PointResult, ...], head: tuple[PointResult, ...]) -> list[str]:
    return [*matched(*placed(base, head), "sharpe")]


def test_a_point_of_one_seed_is_the_same_point_with_another_seed() -> None:
    assert names(ROWS, each(ROWS, seed=99)) == ["p00", "p01"]


def test_of_several_seeds_each_is_a_point() -> None:
    one, other = (tuple(seeded(1.0, (0.1, 0.2, 0.3))) for _ in range(2))

    assert names(one, each(other[:1], seed=99) + other[1:]) == []


def test_a_configuration_that_lacks_a_number_on_a_side_is_not_matched() -> None:
    assert names(ROWS, (ROWS[0], points((1.5, None))[1])) == ["p00"]


def test_folds_are_averaged_over_those_of_base() -> None:
    base = each(ROWS[:1], fold=0) + each(points((1.0,)), fold=1)
    head = (*base, *each(points((9.0,)), fold=2))

    found = matched(*placed(base, head), "sharpe")["p00"]

    assert (found.base_mean, found.head_mean, found.change) == (1.25, 1.25, 0.0)


def test_values_out_of_sample_go_before_those_in_sample() -> None:
    rows = tuple(two_samples((2.0,), (1.0,)))

    assert matched(*placed(rows, rows), "sharpe")["p00"].base_mean == 1.0


def test_samples_of_two_kinds_are_not_matched() -> None:
    bare = each(ROWS, metrics={"is": {"sharpe": 1.0}})

    assert (names(ROWS, bare), names(bare, ROWS), names(bare, bare)) == ([], [], ["p00", "p01"])


def test_folds_and_seeds_are_paired_whatever_their_order() -> None:
    rows = tuple(seeded(1.0, (0.1, 0.2, 0.3)))

    found = matched(*placed(rows, rows[::-1]), "sharpe")["a"]

    assert found.changes == (0.0, 0.0, 0.0)
    assert found.places == matched(*placed(rows[::-1], rows), "sharpe")["a"].places
