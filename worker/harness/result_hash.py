"""A hash of whatever a case returned: equal for equal results, in every process.

A stand-alone file of the standard library, for any Python from 3.8 on. Numbers, text, bytes,
sequences, sets, mappings, data classes, and arrays and tables of numpy and pandas are walked;
of anything else its ``repr`` counts, unless that holds an address.
"""

from __future__ import annotations

import array
import dataclasses
import enum
import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

MAX_DEPTH = 40
MAX_ITEMS = 1_000_000
DIGEST_BYTES = 16
NAN = float("nan")
OF_NUMPY = {"float": "float", "int": "int", "uint": "int", "str": "str"}  # without their sizes
ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class NotHashableError(Exception):
    """The result holds something that has no stable text, is nested too deep, or is too large."""


def result_hash(value: Any) -> str | None:
    """Hash *value*, which may be None; gives None for what has no stable form."""
    try:
        return Walk().digest(value, 0).hex()
    except BaseException:  # noqa: BLE001 - the value's own methods run; without a hash, no claim
        return None


class Walk:
    """One walk over a result; counts what it has seen."""

    def __init__(self) -> None:
        self.items = 0

    def digest(self, value: Any, depth: int) -> bytes:
        """Hash one value, tagged by its kind."""
        self.items += 1
        if depth > MAX_DEPTH or self.items > MAX_ITEMS:
            raise NotHashableError
        hasher = hashlib.blake2b(digest_size=DIGEST_BYTES)
        for part in self.parts(value, depth):
            hasher.update(len(part).to_bytes(8, "little"))
            hasher.update(part)
        return hasher.digest()

    def parts(self, value: Any, depth: int) -> list[bytes]:
        """Give the tag and the content of a value."""
        plain = plain_parts(value)
        if plain is not None:
            return plain
        if isinstance(value, dict):
            return [b"map", *sorted(self.each(value.items(), depth))]
        if isinstance(value, (set, frozenset)):
            return [b"set", *sorted(self.each(value, depth))]
        if isinstance(value, (list, tuple)):
            return alike_parts(value) or [b"sequence", *self.each(value, depth)]
        package = type(value).__module__.partition(".")[0]
        walks = {"numpy": self.of_numpy, "pandas": self.of_pandas}
        return walks.get(package, self.of_object)(value, depth)

    def each(self, values: Iterable[Any], depth: int) -> list[bytes]:
        """Hash every item of a container."""
        return [self.digest(item, depth + 1) for item in values]

    def of_numpy(self, value: Any, depth: int) -> list[bytes]:
        """Take an array by its buffer, a scalar by its number."""
        if not hasattr(value, "dtype"):
            return self.of_object(value, depth)
        kind = value.dtype
        if kind.hasobject:
            return [b"array", repr(value.shape).encode(), *self.each(value.ravel().tolist(), depth)]
        if value.ndim == 0 and kind.kind in "biufcSU":
            return self.parts(value.item(), depth)
        return [b"array", kind.str.encode(), repr(value.shape).encode(), value.tobytes()]

    def of_pandas(self, value: Any, depth: int) -> list[bytes]:
        """Take a table by its columns, a series or index by its array; all with their labels."""
        if hasattr(value, "columns"):
            columns = [value.iloc[:, place].to_numpy() for place in range(value.shape[1])]
            labels = [value.columns.to_numpy(), value.index.to_numpy()]
            return [b"table", *self.each([*labels, *columns], depth)]
        if hasattr(value, "to_numpy") and hasattr(value, "index"):
            return [b"series", *self.each([value.index.to_numpy(), value.to_numpy()], depth)]
        if hasattr(value, "to_numpy"):
            return [b"index", *self.each([value.to_numpy()], depth)]
        return self.of_object(value, depth)

    def of_object(self, value: Any, depth: int) -> list[bytes]:
        """Take an object by its fields, its buffer, or its text where that is stable."""
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            fields = self.each([getattr(value, name) for name in names], depth)
            return [type(value).__name__.encode(), repr(names).encode(), *fields]
        try:
            view = memoryview(value)
        except TypeError:
            text = repr(value)
            if ADDRESS.search(text):
                raise NotHashableError from None
            return [type(value).__name__.encode(), text.encode(errors="replace")]
        return [b"buffer", view.format.encode(), repr(view.shape).encode(), view.tobytes()]


def alike_parts(values: Sequence[Any]) -> list[bytes] | None:
    """Give a sequence of floats, integers or texts alone at once; None for any other.

    What would be equal one by one is equal here: a number of numpy's is the number that it is.
    """
    kinds = {kind_of(found) for found in set(map(type, values))}
    if kinds == {"float"}:
        numbers = (float(value) + 0.0 for value in values)  # minus zero is zero
        whole = array.array("d", [number if number == number else NAN for number in numbers])  # noqa: PLR0124 - not NaN
        return [b"floats", whole.tobytes()]
    if kinds == {"int"}:
        return [b"integers", ",".join(map(hex, map(int, values))).encode()]
    if kinds == {"str"}:
        lengths = array.array("q", map(len, values))
        return [b"texts", lengths.tobytes(), "".join(values).encode(errors="surrogatepass")]
    return None


def kind_of(found: type) -> str:
    """Name what kind of plain value a type's are; empty for any other."""
    if found in (float, int, str):
        return found.__name__
    of_numpy = found.__module__ == "numpy"
    return OF_NUMPY.get(found.__name__.rstrip("0123456789_"), "") if of_numpy else ""


def plain_parts(value: Any) -> list[bytes] | None:
    """Give the parts of a single thing; None for what holds others."""
    if value is None or isinstance(value, (bool, enum.Enum)):
        return [b"name", str(value).encode()]
    if isinstance(value, int):
        return [b"integer", b"%d" % value]
    if isinstance(value, float):
        return [b"float", (float(value) + 0.0).hex().encode()]  # minus zero is zero
    if isinstance(value, str):
        return [b"text", value.encode(errors="surrogatepass")]
    if isinstance(value, (bytes, bytearray)):
        return [b"bytes", bytes(value)]
    return None
