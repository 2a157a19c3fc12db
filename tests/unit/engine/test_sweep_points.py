from __future__ import annotations

from typing import Any

import msgspec

from engine.findings import Behaviour
from engine.sweep.rows import PointResult
from engine.sweep_points import SweepPoints, behaviour
from tests.fakes.evidence import points, swept


def compared(base: tuple[PointResult, ...], head: tuple[PointResult, ...]) -> Behaviour:
    found = behaviour(SweepPoints.of(swept(base, head)))
    assert found is not None
    return found


def at(place: int, rows: tuple[PointResult, ...], **fields: Any) -> tuple[PointResult, ...]:
    row = msgspec.structs.replace(rows[place], **fields)
    return (*rows[:place], row, *rows[place + 1 :])


ROWS = points((1.5, 1.2, 0.9))
FOLDS = tuple(msgspec.structs.replace(ROWS[0], fold=fold) for fold in range(3))


def test_each_fold_of_a_point_is_a_place_of_its_own() -> None:
    assert SweepPoints.of(swept(FOLDS, FOLDS)).expected == 3


def test_a_fold_that_differs_is_changed_behaviour() -> None:
    assert compared(FOLDS, at(1, FOLDS, signature="other")).changed == ("p00",)


def test_a_fold_that_head_lacks_was_not_measured() -> None:
    found = SweepPoints.of(swept(FOLDS, FOLDS[:2]))

    assert (found.expected, found.measured) == (3, 2)


def test_signatures_of_other_parts_are_not_compared() -> None:
    found = compared(ROWS, at(0, ROWS, signed="trades"))

    assert (found.points, found.unsigned, found.unchanged) == (2, 1, False)


def test_a_point_that_head_lost_is_not_known_to_be_unchanged() -> None:
    found = compared(ROWS, ROWS[:2])

    assert (found.points, found.unsigned, found.unchanged) == (2, 1, False)


def test_points_without_a_signature_and_lost_ones_add_up() -> None:
    found = compared(ROWS, at(0, ROWS[:2], signature=None))

    assert (found.points, found.unsigned) == (1, 2)
