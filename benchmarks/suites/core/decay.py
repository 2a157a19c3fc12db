"""Decay of 10,000 memories: strength * exp(-age / tau), in float32."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MEMORIES = 10_000
SETS = 8  # of inputs, taken in turns: every iteration starts from fresh ones
TAU = 86_400.0  # seconds: a day
MAX_AGE = 30 * TAU

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Decay:
    """Three passes over arrays that stay in the nearest caches."""

    name: str
    strengths: Floats
    ages: Floats
    decayed: Floats

    @classmethod
    def seeded(cls, seed: int) -> Decay:
        """Draw strengths between 0 and 1 and ages up to thirty days."""
        rng = np.random.default_rng([seed, 2])
        strengths = rng.random((SETS, MEMORIES), dtype=np.float32)
        ages = (rng.random((SETS, MEMORIES)) * MAX_AGE).astype(np.float32)
        name = "decay_calculation_10000m"
        return cls(name, strengths, ages, np.empty(MEMORIES, np.float32))

    def iterate(self, number: int) -> None:
        """Decay one set of memories into the result; the inputs stay as they are."""
        chosen = number % SETS
        np.multiply(self.ages[chosen], np.float32(-1.0 / TAU), out=self.decayed)
        np.exp(self.decayed, out=self.decayed)
        np.multiply(self.strengths[chosen], self.decayed, out=self.decayed)

    def verify(self) -> None:
        """Compare with the C library's exponential in double precision, one by one."""
        for number in range(SETS):
            self.iterate(number)
            pairs = zip(self.strengths[number].tolist(), self.ages[number].tolist(), strict=True)
            reference = [strength * math.exp(-age / TAU) for strength, age in pairs]
            np.testing.assert_allclose(self.decayed, reference, rtol=1e-5, atol=1e-12)
