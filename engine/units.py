"""Units: every quantity is normalised to one unit a kind, and shown in a readable one."""

from __future__ import annotations

import math
import re
import unicodedata

# Keys are as NFKC writes them: the micro sign becomes the Greek letter, which "µs" stays beside
# because that is how it is shown.
SECONDS = {
    **dict.fromkeys(("ps", "picosecond", "picoseconds"), 1e-12),
    **dict.fromkeys(("ns", "nsec", "nanosecond", "nanoseconds"), 1e-9),
    **dict.fromkeys(("us", "µs", "\u03bcs", "usec", "microsecond", "microseconds"), 1e-6),
    **dict.fromkeys(("ms", "msec", "millisecond", "milliseconds"), 1e-3),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86_400.0),
}
BYTES = {
    **dict.fromkeys(("B", "byte", "bytes", "Byte", "Bytes"), 1.0),
    **dict.fromkeys(("kB", "KB"), 1e3),
    "MB": 1e6,
    "GB": 1e9,
    "TB": 1e12,
    "PB": 1e15,
    "KiB": 1024.0,
    "MiB": 1024.0**2,
    "GiB": 1024.0**3,
    "TiB": 1024.0**4,
    "PiB": 1024.0**5,
}
_KNOWN = "ns, us, µs, ms, s, min, h, B, kB, MB, GB, TB, KiB, MiB, GiB, TiB"
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*([a-zA-Z\u03bc]+)\s*")
_DURATIONS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))
_SIZES = (("GiB", 1024.0**3), ("MiB", 1024.0**2), ("KiB", 1024.0), ("B", 1.0))
# Metrics that are times and sizes by their name: the axis that they belong to, and its unit.
_BY_NAME = {"wall": ("time", "s"), "cpu": ("time", "s"), "memory": ("memory", "B")}
_WHOLE = 1e15  # beyond, a float has no digits left to write out


def normalise(value: float, unit: str) -> tuple[float, str]:
    """Bring *value* to seconds or bytes; a unit of another kind is kept.

    >>> normalise(70.0, "ms"), normalise(2.0, "kB")
    ((0.07, 's'), (2000.0, 'B'))
    >>> normalise(3.0, "trades")
    (3.0, 'trades')
    """
    known = unicodedata.normalize("NFKC", unit).strip()
    if known in SECONDS:
        return value * SECONDS[known], "s"
    if known in BYTES:
        return value * BYTES[known], "B"
    return value, unit


def parse_quantity(text: str) -> tuple[float, str]:
    """Read a quantity such as ``70ms`` or ``1.5 GiB``, normalised.

    >>> parse_quantity("70ms")
    (0.07, 's')

    Raises:
        ValueError: no number followed by a known unit, or a number too large for one.
    """
    found = _QUANTITY.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None or (found[2] not in SECONDS and found[2] not in BYTES):
        message = f"{text!r} is not a quantity such as 70ms; units are {_KNOWN}"
        raise ValueError(message)
    number, unit = normalise(float(found[1]), found[2])
    if not math.isfinite(number):
        message = f"{text!r} is too large a number"
        raise ValueError(message)
    return number, unit


def axis_of(metric: str, unit: str) -> str:
    """Name the budget axis of a metric: ``time``, ``memory``, ``instructions`` or its own name.

    >>> axis_of("wall", "s"), axis_of("peak", "B"), axis_of("throughput", "1/s")
    ('time', 'memory', 'throughput')
    """
    if metric == "instructions" or unit == "instructions":
        return "instructions"
    kind = normalise(1.0, unit)[1]
    return {"s": "time", "B": "memory"}.get(kind, metric)


def unit_of_key(key: str) -> str | None:
    """Give the unit that a budget's key (an axis, or a metric's own name) says by itself.

    >>> unit_of_key("time"), unit_of_key("memory"), unit_of_key("throughput")
    ('s', 'B', None)
    """
    return {"time": "s", **{name: unit for name, (_, unit) in _BY_NAME.items()}}.get(key)


def unknown_unit(metric: str, unit: str) -> str | None:
    """Name the axis that *metric* belongs to by its name, though its unit does not; else None.

    >>> unknown_unit("wall", "fortnights"), unknown_unit("wall", "s"), unknown_unit("rate", "1/s")
    ('time', None, None)
    """
    axis, kind = _BY_NAME.get(metric, (None, ""))
    return None if normalise(1.0, unit)[1] == kind else axis


def readable(value: float, unit: str) -> str:
    """Write a normalised quantity with three significant digits in a fitting unit.

    It is rounded before its unit is chosen, and whole digits are all written.

    >>> readable(0.0104, "s"), readable(0.0, "s"), readable(1536.0, "B")
    ('10.4 ms', '0 s', '1.5 KiB')
    >>> readable(0.9999, "s"), readable(1234.5, "s"), readable(1020.0 * 1024, "B")
    ('1 s', '1234 s', '1020 KiB')
    """
    steps = {"s": _DURATIONS, "B": _SIZES}.get(unit)
    if steps is None or value == 0:
        return f"{_digits(value, 4)} {unit}".strip()
    fitting = ((name, factor) for name, factor in steps if _reaches_one(abs(value) / factor))
    name, factor = next(fitting, steps[-1])
    return f"{_digits(value / factor, 3)} {name}"


def _reaches_one(number: float) -> bool:
    return float(f"{number:.3g}") >= 1


def _digits(number: float, digits: int) -> str:
    """Write *digits* significant ones, in fixed notation unless the number is out of all scale."""
    rounded = f"{number:.{digits}g}"
    whole = 10**digits <= abs(float(rounded)) < _WHOLE
    return f"{number:.0f}" if whole else rounded
