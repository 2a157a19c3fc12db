"""The canonical form of JSON by RFC 8785: equal values have equal bytes, in every language."""

from __future__ import annotations

import math
from json.encoder import encode_basestring
from typing import Any

# The largest whole number up to which a double holds each one: beyond, readers would disagree.
LARGEST_WHOLE = 2**53 - 1
_POSITIONAL = 21  # ECMAScript writes a number without exponent up to so many digits
_WORDS = {None: "null", True: "true", False: "false"}
_ZEROS = -6  # and a fraction down to a millionth


def canonical(value: Any) -> bytes:
    r"""Encode *value*, of dictionaries, lists, tuples, text, numbers, booleans and None.

    >>> canonical({"b": 1e21, "a": [0.000001, -0.0, 100.0, "\u20ac\n"]}).decode()
    '{"a":[0.000001,0,100,"€\\n"],"b":1e+21}'

    Raises:
        ValueError: a number is not finite, or whole and no double; text has half a surrogate.
        TypeError: something has no form in JSON.
    """
    return _text(value).encode()


def number(value: float) -> str:
    """Write a double as ECMAScript does.

    >>> number(1e-7), number(123456789012345680000.0), number(0.1)
    ('1e-7', '123456789012345680000', '0.1')

    Raises:
        ValueError: it is not finite.
    """
    if not math.isfinite(value):
        message = f"not representable in canonical JSON: {value!r}"
        raise ValueError(message)
    if value == 0:
        return "0"  # minus zero, too
    digits, point = _digits(abs(value))
    return ("-" if value < 0 else "") + _placed(digits, point)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or value is True or value is False:
        return _WORDS[value]
    if isinstance(value, dict):
        names = sorted(value) if "".join(value).isascii() else _sorted(value)
        pairs = [f"{encode_basestring(name)}:{_text(value[name])}" for name in names]
        return f"{{{','.join(pairs)}}}"
    if isinstance(value, int):
        return str(int(value)) if -LARGEST_WHOLE <= value <= LARGEST_WHOLE else _whole(value)
    if isinstance(value, float):
        return number(value)
    if isinstance(value, list | tuple):
        return f"[{','.join(map(_text, value))}]"
    message = f"not representable in canonical JSON: {type(value).__name__}"
    raise TypeError(message)


def _sorted(value: dict[Any, Any]) -> list[str]:
    """Sort names by UTF-16 code units, as the standard has it; ASCII sorts so by itself."""
    return sorted(value, key=lambda name: name.encode("utf-16-be"))


def _whole(value: int) -> str:
    """Write a number beyond 2**53: only what a double is written as, which reads back so."""
    try:
        written = number(float(value))
    except OverflowError:
        written = ""
    if written != str(value):
        message = f"not representable in canonical JSON: {value} is no double"
        raise ValueError(message)
    return written


def _digits(value: float) -> tuple[str, int]:
    """Give the shortest digits that read back as *value*, and where among them the point is."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return digits.rstrip("0"), point


def _placed(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= _POSITIONAL:
        return digits + "0" * (point - count)
    if 0 < point <= _POSITIONAL:
        return f"{digits[:point]}.{digits[point:]}"
    if _ZEROS < point <= 0:
        return f"0.{'0' * -point}{digits}"
    exponent = point - 1
    fraction = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{fraction}e{'+' if exponent > 0 else '-'}{abs(exponent)}"
