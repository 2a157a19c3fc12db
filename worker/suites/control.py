"""What every launch of a benchmark is given alike, both sides of a pair exactly the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random

from engine.identity import derived_seed
from worker.executors.points import THREAD_VARIABLES
from worker.machine import measuring_cpus
from worker.processes import Measuring

SEED_VARIABLE = "HIGHWATER_SEED"
PADDING_VARIABLE = "HIGHWATER_PADDING"
MAX_PADDING = 4096  # characters: a page, by which the stack's place varies


def variables(seed: int, threads: int) -> Mapping[str, str]:
    """Give the environment variables that a launch of the pair with this *seed* gets.

    The seeds of the pair and of Python's hashes, a padding of the pair's own length, so that
    no one layout of the memory is measured alone, and the size of thread pools.
    """
    return {
        **dict.fromkeys(THREAD_VARIABLES, str(threads)),
        SEED_VARIABLE: str(seed),
        "PYTHONHASHSEED": str(seed % 2**32),
        PADDING_VARIABLE: "x" * (derived_seed(seed, "padding") % MAX_PADDING),
    }


def shuffled(cases: Iterable[str], seed: int) -> tuple[str, ...]:
    """Put cases in the order that *seed* shuffles them to, whatever order they come in.

    >>> shuffled(["a", "b", "c"], 1) == shuffled(["c", "b", "a"], 1)
    True
    """
    ordered = sorted(cases)
    Random(seed).shuffle(ordered)  # noqa: S311 - no secret: both sides of a pair shuffle alike
    return tuple(ordered)


def conditions(threads: int, *, own_harness: bool) -> Measuring:
    """Give the conditions to measure under: one CPU for each of the *threads*.

    Addresses are fixed for our own harness alone. There hash seed and padding move the layout
    from pair to pair; elsewhere one frozen layout would turn its luck into a bias.
    """
    return Measuring(cpus=measuring_cpus(threads), fixed_addresses=own_harness)
