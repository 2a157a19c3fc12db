"""Launches of base and head as arrays: what the decision and its rivals are tried on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.stats.guard import Comparisons

Floats = NDArray[np.float64]
Generator = np.random.Generator


@dataclass(frozen=True, slots=True)
class Draws:
    """Rows of launch levels, in logs, of two sides that do not differ unless ``effects`` says so.

    ``base`` and ``head`` are (rows, pairs), NaN from a row's last launch on; ``stored`` is the
    pair sd known beforehand, NaN for none, and ``robust`` the same by the median absolute
    deviation; ``earlier`` the level stored in an earlier session; ``spread`` the pair sd that
    these rows truly have; ``group`` the recording (night or session) that a row is of.
    """

    base: Floats
    head: Floats
    stored: Floats
    robust: Floats
    earlier: Floats
    spread: Floats
    group: NDArray[np.int64]

    def slower(self, effect: float) -> Draws:
        """Give the same rows with every launch of head slower by the share *effect*."""
        return replace(self, head=self.head + np.log1p(effect))

    def without_history(self) -> Draws:
        """Give the same rows with nothing stored about their spread."""
        return replace(self, stored=np.full_like(self.stored, np.nan))

    def histories(self) -> dict[str, Draws]:
        """Give the rows with each kind of knowledge about their spread, by its name."""
        return {
            "certificate": self,
            "robust": replace(self, stored=self.robust),
            "none": self.without_history(),
        }

    def of(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Draws:
        """Give some of the rows."""
        return Draws(
            base=self.base[rows],
            head=self.head[rows],
            stored=self.stored[rows],
            robust=self.robust[rows],
            earlier=self.earlier[rows],
            spread=self.spread[rows],
            group=self.group[rows],
        )

    def first(self, rows: int) -> Draws:
        """Give the first of the rows."""
        return self.of(np.arange(min(rows, len(self.stored))))

    def comparisons(self, budget: float) -> Comparisons:
        """Give the rows as what GUARD decides."""
        limits = np.full(len(self.stored), np.log1p(budget))
        return Comparisons(self.head - self.base, limits, self.stored)


HIT = 0.1  # of the launches, by a burst

Noise = Callable[[Generator, int, int], tuple[Floats, Floats]]
"""(generator, rows, pairs) to launch levels of base and head whose pair sd is about 1."""


def normal(rng: Generator, rows: int, pairs: int) -> tuple[Floats, Floats]:
    """Draw independent normal launches."""
    both = rng.standard_normal((2, rows, pairs)) / np.sqrt(2)
    return both[0], both[1]


def student(rng: Generator, rows: int, pairs: int) -> tuple[Floats, Floats]:
    """Draw launches of Student's t with 3 degrees of freedom, whose sd is √3."""
    both = rng.standard_t(3, (2, rows, pairs)) / np.sqrt(6)
    return both[0], both[1]


def drifting(rng: Generator, rows: int, pairs: int) -> tuple[Floats, Floats]:
    """Draw a machine whose level walks by two thirds of a pair sd from launch to launch.

    Both sides ride on one walk, in an order drawn by coin for each pair: pairs cancel most of
    it. Walk and own noise are such that a difference has a variance of 1.
    """
    step = np.sqrt(4 / 9)
    walk = np.cumsum(step * rng.standard_normal((rows, 2 * pairs)), axis=1).reshape(rows, pairs, 2)
    own = rng.standard_normal((2, rows, pairs)) * np.sqrt((1 - step**2) / 2)
    coin = rng.integers(0, 2, (rows, pairs, 1))
    first = np.take_along_axis(walk, coin, axis=2)[:, :, 0]
    second = np.take_along_axis(walk, 1 - coin, axis=2)[:, :, 0]
    return first + own[0], second + own[1]


def bursts(rng: Generator, rows: int, pairs: int) -> tuple[Floats, Floats]:
    """Draw normal launches of which a tenth are hit by a burst.

    In units of a pair sd of 1.5 % a burst of +10 to +40 % is one of 6 to 22.
    """
    both = rng.standard_normal((2, rows, pairs)) / np.sqrt(2)
    hit = rng.random(both.shape) < HIT
    both += hit * np.log1p(rng.uniform(0.10, 0.40, both.shape)) / 0.015
    return both[0], both[1]


NOISES: dict[str, Noise] = {
    "normal": normal,
    "t3": student,
    "drifting": drifting,
    "bursts": bursts,
}


def simulated(
    rng: Generator, noise: str, sizes: tuple[int, int], spread: float, known: float = 1.0
) -> Draws:
    """Draw *sizes* (rows, pairs) of a *noise* with a pair sd of *spread*.

    The stored spread is 1 / *known* of the true one. A session's stored level is off by a
    normal error of twice the pair sd, as much as levels drift between sessions.
    """
    rows, pairs = sizes
    base, head = NOISES[noise](rng, rows, pairs)
    return Draws(
        base=base * spread,
        head=head * spread,
        stored=np.full(rows, spread / known),
        robust=np.full(rows, spread / known),
        earlier=2 * spread * rng.standard_normal(rows),
        spread=np.full(rows, spread),
        group=np.arange(rows),
    )
