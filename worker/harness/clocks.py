"""The two clocks of a sample, and the loop that they time.

A stand-alone file of the standard library, for any Python from 3.8 on. What the loop needs is
taken before any of the repository's code is imported, and is held by the closure alone: names of
this or of another module that are replaced later change nothing. That keeps mistakes and simple
tricks out, no more: code of the same process can always reach what it wants.
"""

from __future__ import annotations

import itertools
import resource
from collections.abc import Callable, Sequence
from time import perf_counter_ns, process_time_ns
from typing import TYPE_CHECKING, Any, NamedTuple


class Timed(NamedTuple):
    """One sample, in nanoseconds of all its calls."""

    wall: int
    cpu: int


if TYPE_CHECKING:  # no subscript at run time: Python 3.8 has none here
    Timer = Callable[[Callable[..., Any], tuple[Any, ...], int], Timed]


def timer() -> Timer:
    """Make the function that takes one sample of so many calls, with no argument or with one.

    CPU time is that of all threads, and of all child processes that were waited for.
    """
    wall_ns, process_ns, usage, repeat = (
        perf_counter_ns,
        process_time_ns,
        resource.getrusage,
        itertools.repeat,
    )
    children, whole, sample = resource.RUSAGE_CHILDREN, round, Timed

    def cpu_ns() -> int:
        waited = usage(children)
        return process_ns() + whole((waited.ru_utime + waited.ru_stime) * 1e9)

    def timed(call: Callable[..., Any], arguments: tuple[Any, ...], inner: int) -> Timed:
        calls = repeat(None, inner)
        if arguments:
            (argument,) = arguments
            cpu = cpu_ns()
            wall = wall_ns()
            for _ in calls:
                call(argument)
        else:
            cpu = cpu_ns()
            wall = wall_ns()
            for _ in calls:
                call()
        wall = wall_ns() - wall
        return sample(wall, cpu_ns() - cpu)

    return timed


def levels(samples: Sequence[Timed]) -> list[float]:
    """Choose the clock to see a launch's own noise by: CPU time, unless the case waits.

    The fastest samples tell: in others it may have waited for a neighbour.
    """
    fastest = min((one.wall for one in samples), default=0)
    waits = 2 * min((one.cpu for one in samples), default=0) < fastest
    return [float(one.wall if waits else one.cpu) for one in samples]
