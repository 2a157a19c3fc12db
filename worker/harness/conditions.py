"""What the guard does to measure a command alike each time, and what it sees of the machine.

A stand-alone file of the standard library, imported by ``guard.py``. All that is set here is
inherited by the command; whatever the kernel refuses, or does not tell, is said to be so.
"""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path
from typing import Any, NamedTuple

ADDR_NO_RANDOMIZE = 0x0040000
ASK_PERSONALITY = 0xFFFFFFFF
STAT = Path("/proc/stat")
PRESSURE = Path("/proc/pressure/cpu")
STEAL = 7  # its place in a line of /proc/stat, after the line's name
GUEST = 8  # from here on, time that is part of the user's already
REFERENCE_WARM_UP = 3
REFERENCE_RUNS = 7
REFERENCE_ITEMS = 6000


class Seen(NamedTuple):
    """Counters of the machine at one moment; None: it does not tell."""

    steal: tuple[int, int] | None  # stolen, and all; ticks of the CPUs that are looked at
    pressure_us: int | None
    at: float


def control(wanted: dict[str, Any], libc: ctypes.CDLL) -> dict[str, Any]:
    """Pin, prioritise and place as *wanted* and say what took; then run the reference kernel."""
    cpus = _pinned(wanted["cpus"])
    return {
        "cpus": cpus,
        "raised_priority": _raised(wanted["nice"]),
        "fixed_addresses": bool(wanted["fixed_addresses"]) and _fixed_addresses(libc),
        "reference_s": reference_s(),
    }


def raise_group(nice: int) -> None:
    """Raise the whole session where the kernel divides time among sessions first."""
    try:
        Path("/proc/self/autogroup").write_text(str(nice), encoding="ascii")
    except OSError:  # no such kernel, or not permitted: the process's own priority is told
        return


def seen(cpus: list[int] | None) -> Seen:
    """Read the machine's counters; *cpus* None: of all CPUs."""
    return Seen(_stolen(_text(STAT), cpus), _pressure_us(_text(PRESSURE)), time.monotonic())


def between(before: Seen, after: Seen) -> dict[str, float | None]:
    """Give the shares of steal and of pressure from *before* to *after*."""
    steal = pressure = None
    if before.steal is not None and after.steal is not None:
        stolen, ticks = (now - then for then, now in zip(before.steal, after.steal, strict=True))
        steal = _share(stolen, ticks)
    if before.pressure_us is not None and after.pressure_us is not None:
        waited_us = after.pressure_us - before.pressure_us
        pressure = _share(waited_us, (after.at - before.at) * 1e6)
    return {"steal": steal, "pressure": pressure}


def reference_s() -> float:
    """Time the reference kernel: the least process CPU time of a few runs, in seconds."""
    times = []
    for _ in range(REFERENCE_WARM_UP + REFERENCE_RUNS):
        started = time.process_time_ns()
        reference_kernel()
        times.append(time.process_time_ns() - started)
    return min(times[REFERENCE_WARM_UP:]) / 1e9


def reference_kernel() -> int:
    """Do a fixed piece of work as interpreters do it: numbers, a table, a list, its order.

    Stored levels are held against its time, so it must never change.
    """
    state = 12345
    table: dict[int, int] = {}
    items: list[int] = []
    for index in range(REFERENCE_ITEMS):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        table[state & 1023] = table.get(state & 1023, 0) + index
        items.append(state >> 3)
    items.sort()
    return sum(items[::7]) + sum(table.values())


def _pinned(cpus: list[int]) -> list[int] | None:
    try:
        os.sched_setaffinity(0, cpus)
    except OSError:
        return None
    return sorted(os.sched_getaffinity(0))


def _raised(nice: int) -> bool:
    try:
        if os.getpriority(os.PRIO_PROCESS, 0) > nice:
            os.setpriority(os.PRIO_PROCESS, 0, nice)
    except OSError:
        return False
    return True


def _fixed_addresses(libc: ctypes.CDLL) -> bool:
    """Turn address space randomisation off for what is executed from now on."""
    libc.personality.argtypes = [ctypes.c_ulong]
    now = libc.personality(ASK_PERSONALITY)
    if now < 0 or libc.personality(now | ADDR_NO_RANDOMIZE) < 0:
        return False
    return bool(libc.personality(ASK_PERSONALITY) & ADDR_NO_RANDOMIZE)


def _stolen(text: str | None, cpus: list[int] | None) -> tuple[int, int] | None:
    names = {"cpu"} if cpus is None else {f"cpu{number}" for number in cpus}
    lines = [line.split() for line in (text or "").splitlines()]
    rows = [[int(ticks) for ticks in line[1:]] for line in lines if line and line[0] in names]
    if not rows or any(len(row) <= STEAL for row in rows):
        return None
    return sum(row[STEAL] for row in rows), sum(sum(row[:GUEST]) for row in rows)


def _pressure_us(text: str | None) -> int | None:
    """Read the total of the line ``some avg10=… avg60=… avg300=… total=…``."""
    for line in (text or "").splitlines():
        if line.startswith("some "):
            return int(line.rpartition("total=")[2])
    return None


def _share(part: float, whole: float) -> float | None:
    return min(1.0, max(0.0, part / whole)) if whole > 0 else None


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return None
