from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from engine.sweep.grid import Point
from tests.fakes.sweeps import row
from worker.executors.gathered import Gathered, Places
from worker.executors.points import Done, Work


def work_of(count: int, **changed: Any) -> Work:
    plain: dict[str, Any] = {
        "root": Path(),
        "file": "s.py",
        "name": "f",
        "points": [Point(index=i, id=f"p{i}", params={"i": i}, seed=i) for i in range(count)],
        "python": Path(sys.executable),
        "environ": {},
    }
    return Work(**{**plain, **changed})


def taken(places: Places, wanted: int) -> list[list[int]]:
    found = []
    while chunk := places.take(wanted):
        found.append([place for place, _ in chunk])
    return found


@pytest.mark.parametrize("wanted, takers", [(1, 1), (7, 2), (1000, 3), (0, 2)])
def test_every_place_is_handed_out_once_and_in_order(wanted: int, takers: int) -> None:
    chunks = taken(Places(work_of(50), takers), wanted)
    assert [place for chunk in chunks for place in chunk] == list(range(50))


def test_chunks_get_smaller_towards_the_end() -> None:
    sizes = [len(chunk) for chunk in taken(Places(work_of(64), 2), 1000)]
    assert sizes[0] == 16
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] == 1


def test_what_is_finished_is_not_handed_out() -> None:
    work = work_of(5, finished={1: (row("p1"),), 3: (row("p3"),)})
    assert taken(Places(work, 1), 1) == [[0], [2], [4]]


def test_a_closed_queue_hands_nothing_out() -> None:
    places = Places(work_of(5), 1)
    places.close()
    assert places.take(1) == ()


def test_rows_stand_in_the_order_of_the_points_whoever_was_first() -> None:
    work = work_of(3, finished={1: (row("b"),)})
    gathered = Gathered(work)
    gathered.add([Done(2, (row("c", fold=0), row("c", fold=1)))])
    gathered.add([Done(0, (row("a"),))])
    assert [(one.id, one.fold) for one in gathered.rows()] == [
        ("a", None),
        ("b", None),
        ("c", 0),
        ("c", 1),
    ]


def test_only_what_is_new_is_kept() -> None:
    kept: list[Done] = []
    work = work_of(2, finished={0: (row("a"),)}, keep=kept.append)
    Gathered(work).add([Done(1, (row("b"),))])
    assert [done.place for done in kept] == [1]


def test_progress_begins_with_what_was_finished() -> None:
    told: list[tuple[int, int]] = []
    work = work_of(3, finished={0: (row("a"),)}, progress=lambda *done: told.append(done))
    Gathered(work).add([Done(1, (row("b"),)), Done(2, (row("c"),))])
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_row_that_comes_twice_is_an_error() -> None:
    gathered = Gathered(work_of(2))
    gathered.add([Done(0, (row("a"),))])
    with pytest.raises(ValueError, match="place 0 is done twice"):
        gathered.add([Done(0, (row("a"),))])


def test_a_row_that_is_lost_is_an_error() -> None:
    gathered = Gathered(work_of(2))
    gathered.add([Done(0, (row("a"),))])
    with pytest.raises(ValueError, match="1 of 2 points are done"):
        gathered.rows()
