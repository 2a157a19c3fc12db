from __future__ import annotations

from typing import Any

from engine.sweep.grid import points
from engine.sweep.spec import SweepSpec
from engine.values import Mode


def spec(**changes: Any) -> SweepSpec:
    fields: dict[str, Any] = {
        "strategy": "a.py:f",
        "grid": {"slow": (50, 100), "fast": (5, 10)},
        "metric": "sharpe",
        "mode": Mode.MAX,
        "seed": 7,
    }
    return SweepSpec(**{**fields, **changes})


def test_every_combination_is_one_point_in_the_order_of_its_keys() -> None:
    assert [(point.index, point.params) for point in points(spec())] == [
        (0, {"fast": 5, "slow": 50}),
        (1, {"fast": 5, "slow": 100}),
        (2, {"fast": 10, "slow": 50}),
        (3, {"fast": 10, "slow": 100}),
    ]


def test_moving_a_line_of_the_grid_changes_no_point() -> None:
    assert points(spec()) == points(spec(grid={"fast": (5, 10), "slow": (50, 100)}))


def test_every_point_has_its_own_id_and_seed() -> None:
    found = points(spec())
    assert len({point.id for point in found}) == len({point.seed for point in found}) == 4


def test_another_seed_keeps_the_ids_and_changes_the_points_seeds() -> None:
    one, other = points(spec()), points(spec(seed=8))
    assert [point.id for point in one] == [point.id for point in other]
    assert not {point.seed for point in one} & {point.seed for point in other}


def test_the_ids_and_seeds_of_a_grid_never_change() -> None:
    first = points(spec())[0]
    assert (first.id, first.seed) == ("d6cf3bb66f86", 593393411)
