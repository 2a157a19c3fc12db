"""Units: every quantity is normalised to one unit a kind, and shown in a readable one."""

from __future__ import annotations

import re

SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
BYTES = {"B": 1.0, "KiB": 1024.0, "MiB": 1024.0**2, "GiB": 1024.0**3, "KB": 1e3, "MB": 1e6}
_QUANTITY = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)\s*([a-zA-Zµ]+)\s*")
_DURATIONS = (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6), ("ns", 1e-9))
_SIZES = (("GiB", 1024.0**3), ("MiB", 1024.0**2), ("KiB", 1024.0), ("B", 1.0))


def normalise(value: float, unit: str) -> tuple[float, str]:
    """Bring *value* to seconds or bytes; a unit of another kind is kept.

    >>> normalise(70.0, "ms")
    (0.07, 's')
    >>> normalise(3.0, "trades")
    (3.0, 'trades')
    """
    if unit in SECONDS:
        return value * SECONDS[unit], "s"
    if unit in BYTES:
        return value * BYTES[unit], "B"
    return value, unit


def parse_quantity(text: str) -> tuple[float, str]:
    """Read a quantity such as ``70ms`` or ``1.5 GiB``, normalised.

    >>> parse_quantity("70ms")
    (0.07, 's')

    Raises:
        ValueError: no number followed by a known unit.
    """
    found = _QUANTITY.fullmatch(text)
    if found is None or (found[2] not in SECONDS and found[2] not in BYTES):
        known = ", ".join([*SECONDS, *BYTES])
        message = f"{text!r} is not a quantity such as 70ms; units are {known}"
        raise ValueError(message)
    return normalise(float(found[1]), found[2])


def axis_of(metric: str, unit: str) -> str:
    """Name the budget axis of a metric: ``time``, ``memory``, ``instructions`` or its own name.

    >>> axis_of("wall", "s"), axis_of("peak", "B"), axis_of("throughput", "1/s")
    ('time', 'memory', 'throughput')
    """
    if metric == "instructions" or unit == "instructions":
        return "instructions"
    if unit in SECONDS:
        return "time"
    if unit in BYTES:
        return "memory"
    return metric


def readable(value: float, unit: str) -> str:
    """Write a normalised quantity with three significant digits in a fitting unit.

    >>> readable(0.0104, "s"), readable(0.0, "s"), readable(1536.0, "B")
    ('10.4 ms', '0 s', '1.5 KiB')
    """
    steps = {"s": _DURATIONS, "B": _SIZES}.get(unit)
    if steps is None or value == 0:
        return f"{value:.4g} {unit}".strip()
    name, factor = next(((n, f) for n, f in steps if abs(value) >= f), steps[-1])
    return f"{value / factor:.3g} {name}"
