"""Seeded random search: distinct points of a space, the same ones on every machine.

Every number is drawn from a hash of the seed and its place, so that neither the order of the
spec's keys nor a version of any library has a say in it.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import msgspec

from engine.identity import canonical_json

_DIGITS = 12  # significant ones: the last bits of exp and log differ from machine to machine
_TRIES = 100  # a point, where rounding makes points equal
_UNIT = 2**53
_LARGEST = 2**53  # of a range's ends: every integer up to it is a float


class Range(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, kw_only=True
):
    """Numbers from a first to a last one: all integers, or floats.

    With ``log`` floats are drawn evenly in their logarithms.
    """

    integers: tuple[int, int] | None = msgspec.field(default=None, name="int")
    floats: tuple[float, float] | None = msgspec.field(default=None, name="float")
    log: bool = False

    def __post_init__(self) -> None:
        """Refuse a range of both kinds or none, ends that do not ascend, and logarithms of none."""
        if (self.integers is None) is (self.floats is None):
            _refuse("a range is either {int: [low, high]} or {float: [low, high]}")
        low, high = self.ends
        if not -_LARGEST <= low <= high <= _LARGEST:
            _refuse(f"the ends of a range ascend within ±2**53, found {low!r} and {high!r}")
        if self.log and (self.floats is None or low <= 0):
            _refuse("log is for a range of floats above 0")

    @property
    def ends(self) -> tuple[float, float]:
        """The first and the last number."""
        return self.integers or self.floats or (1, 0)

    @property
    def size(self) -> int | None:
        """How many integers; None for floats."""
        return None if self.integers is None else self.integers[1] - self.integers[0] + 1


Choices = Annotated[tuple[Any, ...], msgspec.Meta(min_length=1)]
Parameter = Choices | Range


def space_size(space: Mapping[str, Parameter]) -> int | None:
    """Count the points of a space; None: a parameter of it is a range of floats."""
    sizes = [_size(one) for one in space.values()]
    known = [size for size in sizes if size is not None]
    return math.prod(known) if len(known) == len(sizes) else None


def distinct_points(
    space: Mapping[str, Parameter], count: int, seed: int
) -> Iterator[dict[str, Any]]:
    """Draw *count* different points of *space*; the first of them are those of a smaller count.

    Raises:
        ValueError: the space has not so many; told when the first one too many is asked for.
    """
    ordered = {name: space[name] for name in sorted(space)}
    size = space_size(ordered)
    if size is None:
        yield from _drawn(ordered, count, seed)
        return
    for place in _shuffled(size, min(count, size), seed):
        yield _point_at(ordered, place)
    if count > size:
        _refuse(_too_few(size))


def _size(one: Parameter) -> int | None:
    return one.size if isinstance(one, Range) else len(one)


def _shuffled(size: int, count: int, seed: int) -> Iterator[int]:
    """Give the first places of a shuffle of all (Fisher and Yates), of which most never exist."""
    moved: dict[int, int] = {}
    for step in range(count):
        other = step + _hashed(seed, "", step) % (size - step)
        yield moved.get(other, other)
        moved[other] = moved.pop(step, step)


def _point_at(space: Mapping[str, Parameter], place: int) -> dict[str, Any]:
    """Give the point with the number *place*; the last name counts fastest."""
    found: dict[str, Any] = {}
    for name, one in reversed([*space.items()]):
        place, digit = divmod(place, _size(one) or 1)
        found[name] = int(one.ends[0]) + digit if isinstance(one, Range) else one[digit]
    return {name: found[name] for name in space}


def _drawn(space: Mapping[str, Parameter], count: int, seed: int) -> Iterator[dict[str, Any]]:
    """Draw until there are *count* points that differ; in a narrow range there may not be."""
    seen: set[bytes] = set()
    for step in range(count * _TRIES):
        point = {name: _value(one, _hashed(seed, name, step)) for name, one in space.items()}
        key = canonical_json(point)
        if key not in seen:
            seen.add(key)
            yield point
        if len(seen) == count:
            return
    _refuse(_too_few(len(seen)))


def _value(one: Parameter, drawn: int) -> Any:
    if not isinstance(one, Range):
        return one[drawn % len(one)]
    if one.integers is not None:
        return one.integers[0] + drawn % (one.integers[1] - one.integers[0] + 1)
    return _between(*one.ends, drawn % _UNIT / _UNIT, log=one.log)


def _between(low: float, high: float, share: float, *, log: bool) -> float:
    if log:
        found = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    else:
        found = low + share * (high - low)
    return min(max(float(f"{found:.{_DIGITS}g}"), low), high)


def _hashed(seed: int, name: str, step: int) -> int:
    """Give 256 bits: their remainder by any size that occurs is even enough."""
    return int(hashlib.sha256(canonical_json(["random", seed, name, step])).hexdigest(), 16)


def _too_few(found: int) -> str:
    return f"the space has only {found} different points"


def _refuse(message: str) -> None:
    raise ValueError(message)
