from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from engine.errors import UserError
from engine.sweep.grid import points
from engine.sweep.random_search import Parameter, distinct_points, space_size
from engine.sweep.spec import RandomSearch, SweepSpec
from engine.values import Mode


def space(**given: Any) -> dict[str, Parameter]:
    found: dict[str, Parameter] = msgspec.convert(given, dict[str, Parameter])
    return found


def drawn(count: int, seed: int = 7, **given: Any) -> list[dict[str, Any]]:
    return list(distinct_points(space(**given), count, seed))


MIXED = {"a": [1, "x", None], "b": {"int": [-5, 5]}, "c": {"float": [0.5, 2.0]}}


def test_every_value_is_one_of_the_space() -> None:
    for point in drawn(500, **MIXED):
        assert point["a"] in (1, "x", None)
        assert point["b"] in range(-5, 6)
        assert 0.5 <= point["c"] <= 2.0


def test_integers_and_floats_keep_their_kind() -> None:
    kinds = {(type(point["b"]), type(point["c"])) for point in drawn(50, **MIXED)}
    assert kinds == {(int, float)}


@pytest.mark.parametrize("given", [MIXED, {"a": [1, 2, 3], "b": {"int": [0, 99]}}])
def test_points_are_distinct(given: dict[str, Any]) -> None:
    found = [msgspec.json.encode(point) for point in drawn(300, **given)]
    assert len(set(found)) == 300


def test_a_whole_space_is_drawn_without_a_gap() -> None:
    found = drawn(12, a=[1, 2, 3], b={"int": [0, 3]})
    assert sorted((p["a"], p["b"]) for p in found) == [(a, b) for a in (1, 2, 3) for b in range(4)]


@pytest.mark.parametrize("given", [MIXED, {"a": [1, 2, 3], "b": {"int": [0, 99]}}])
def test_the_order_of_keys_changes_nothing(given: dict[str, Any]) -> None:
    assert drawn(20, **given) == drawn(20, **dict(reversed(given.items())))


@pytest.mark.parametrize("given", [MIXED, {"a": [1, 2, 3], "b": {"int": [0, 99]}}])
def test_more_points_begin_with_those_of_fewer(given: dict[str, Any]) -> None:
    assert drawn(40, **given)[:15] == drawn(15, **given)


@pytest.mark.parametrize("given", [MIXED, {"a": [1, 2, 3], "b": {"int": [0, 99]}}])
def test_another_seed_draws_other_points(given: dict[str, Any]) -> None:
    assert drawn(10, seed=1, **given) != drawn(10, seed=2, **given)


def test_what_is_drawn_never_changes() -> None:
    assert drawn(2, a={"int": [0, 999]}) == [{"a": 586}, {"a": 133}]
    assert drawn(1, a={"float": [1e-4, 1.0], "log": True}) == [{"a": 0.696235787352}]


def test_logarithmic_draws_are_even_in_their_logarithms() -> None:
    values = [math.log10(p["a"]) for p in drawn(2000, a={"float": [1e-6, 1.0], "log": True})]
    assert sum(values) / len(values) == pytest.approx(-3, abs=0.15)


def test_a_space_of_billions_is_drawn_from_at_once() -> None:
    given = {name: {"int": [0, 10**9]} for name in "abc"}
    assert space_size(space(**given)) == (10**9 + 1) ** 3
    assert len(drawn(100, **given)) == 100


def test_a_range_that_is_too_narrow_to_differ_is_told() -> None:
    with pytest.raises(ValueError, match="only 1 different points"):
        drawn(2, a={"float": [1.0, 1.0]})


def test_a_sweep_over_too_narrow_a_range_is_an_error_of_the_spec() -> None:
    search = RandomSearch(n=5, space=space(a={"float": [1.0, 1.0]}))
    spec = SweepSpec(strategy="s.py:f", random=search, metric="m", mode=Mode.MAX)
    with pytest.raises(UserError, match=r"random\.n: the space has only 1 different points"):
        points(spec)


def test_drawn_points_have_ids_and_seeds_as_those_of_a_grid() -> None:
    search = RandomSearch(n=3, space=space(a=[1, 2, 3]))
    by_draw = points(SweepSpec(strategy="s.py:f", random=search, metric="m", mode=Mode.MAX))
    by_grid = points(SweepSpec(strategy="s.py:f", grid={"a": (1, 2, 3)}, metric="m", mode=Mode.MAX))
    assert {point.id for point in by_draw} == {point.id for point in by_grid}
    assert [point.seed for point in by_draw] == [point.seed for point in by_grid]
