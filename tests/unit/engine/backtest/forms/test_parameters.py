"""Parameters of a strategy are the annotated attributes of its class."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from engine.backtest.forms.parameters import (
    REQUIRED,
    Parameterised,
    Unknown,
    in_force,
    parameters_of,
    unknown_in,
)
from engine.errors import UserError


class Crossing(Parameterised):
    fast: int = 10
    share: float = 0.5
    name: str = "a"
    long_only: bool = True
    window: Any = None
    universe: ClassVar[str] = "all"
    _kept: int = 0
    plain = 3


class Slower(Crossing):
    fast: int = 50
    slow: int


def test_what_is_not_given_keeps_its_default() -> None:
    made = Crossing(fast=20)
    assert (made.fast, made.share) == (20, 0.5)


def test_the_class_is_left_as_it_is() -> None:
    Crossing(fast=20)
    assert Crossing.fast == 10


def test_private_names_class_variables_and_plain_attributes_are_no_parameters() -> None:
    assert list(parameters_of(Crossing)) == ["fast", "share", "name", "long_only", "window"]


def test_a_derived_class_has_those_of_its_base_with_its_own_defaults() -> None:
    found = parameters_of(Slower)
    assert (found["fast"], found["slow"], found["share"]) == (50, REQUIRED, 0.5)


def test_an_unknown_name_is_refused_with_a_list_of_the_known_ones() -> None:
    with pytest.raises(UserError, match=r"no parameter fats.*fast, share, name, long_only, window"):
        Crossing(fats=1)


def test_a_parameter_without_default_must_be_given() -> None:
    with pytest.raises(UserError, match="given no slow"):
        Slower()
    assert Slower(slow=100).slow == 100


@pytest.mark.parametrize(
    "name,value",
    [("fast", 1.5), ("fast", True), ("fast", "1"), ("share", "x"), ("name", 1), ("long_only", 1)],
)
def test_a_value_of_another_kind_than_the_default_is_refused(name: str, value: object) -> None:
    with pytest.raises(UserError, match=f"Crossing.{name} was given"):
        Crossing(**{name: value})


def test_a_whole_number_is_a_number() -> None:
    share = Crossing(share=1).share
    assert (share, type(share)) == (1.0, float)


def test_a_default_of_none_takes_anything() -> None:
    assert Crossing(window=(1, 2)).window == (1, 2)


def test_in_force_is_what_was_given_and_else_the_default() -> None:
    assert in_force(Slower, {"slow": 100, "share": 0.25}) == {
        "fast": 50,
        "share": 0.25,
        "name": "a",
        "long_only": True,
        "window": None,
        "slow": 100,
    }


def test_the_refusal_of_unknown_names_can_be_read_again() -> None:
    with pytest.raises(UserError) as caught:
        Slower(slow=3, quick=1, b=2)
    known = ("fast", "share", "name", "long_only", "window", "slow")
    assert unknown_in(str(caught.value)) == Unknown(("b", "quick"), known)


@pytest.mark.parametrize("params", [{"slow": 3, "fast": "x"}, {}])
def test_other_refusals_are_not_taken_for_it(params: dict[str, Any]) -> None:
    with pytest.raises(UserError) as caught:
        Slower(**params)
    assert unknown_in(str(caught.value)) is None
    assert unknown_in("Traceback: Slower has no parameter x.") is None


def test_a_class_without_parameters_knows_none() -> None:
    with pytest.raises(UserError) as caught:
        Parameterised(x=1)
    assert unknown_in(str(caught.value)) == Unknown(("x",), ())
