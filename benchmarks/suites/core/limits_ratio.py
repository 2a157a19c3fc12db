"""How near the core suite is to what this machine can do: one JSON line of ratios.

Each limit is a loop that moves the same data, or computes the same exponentials, and does nothing
else; it is measured in the same process, in turns with its case:

- vector_similarity: a dot product that reads each candidate once
- spreading_activation (100 iterations): the loads of each edge's source, activation and weight
- decay: the exponentials alone

A ratio is the case's time over its limit's, from the tenth percentiles of their batches; its bar
is what it is to stay below.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# isort: on
from decay import Decay

# isort: off - run comes first, as it sets numpy's threads
from run import SEED, verified
from spreading_activation import ITERATIONS, Synchronous
from timing import Case, sampled
from vector_similarity import VectorSimilarity

BATCHES = 60
BARS = {
    "vector_similarity_768d_1000c": 2.0,
    "spreading_activation_1000n_100i": 3.0,
    "decay_calculation_10000m": 4.0,
}


@dataclass(frozen=True, slots=True)
class Limit:
    """The bare loop below a case."""

    name: str
    arrays: tuple[Any, ...]

    def verify(self) -> None:
        """Nothing is computed that could be wrong."""


class Reading(Limit):
    """Read a long array once."""

    def iterate(self, number: int) -> None:
        """Take the dot product of the array with itself."""
        del number
        np.dot(self.arrays[0], self.arrays[0])


class Edges(Limit):
    """Load what each edge needs, as often as the case does."""

    def iterate(self, number: int) -> None:
        """Gather the sources' activations, and multiply by the weights."""
        del number
        activation, sources, weights, gathered = self.arrays
        for _ in range(ITERATIONS):
            np.take(activation, sources, out=gathered, mode="clip")
            np.dot(gathered, weights)


class Exponentials(Limit):
    """Exponentiate an array."""

    def iterate(self, number: int) -> None:
        """Write the exponentials of the one array to the other."""
        del number
        np.exp(self.arrays[0], out=self.arrays[1])


def limits() -> list[Case]:
    """Give the limit of each case that has a bar, over data of the same shape."""
    vectors = VectorSimilarity.seeded(SEED)
    spreading = Synchronous.seeded(SEED)
    decay = Decay.seeded(SEED)
    exponents = decay.ages[0] * np.float32(-1e-6)
    graph = spreading.graph
    edges = (spreading.starts[0], graph.indices, graph.data, np.empty(graph.nnz))
    return [
        Reading("reading", (vectors.candidates.ravel(),)),
        Edges("edges", edges),
        Exponentials("exponentials", (exponents, decay.decayed)),
    ]


def ratio(case: Case, limit: Case) -> float:
    """Measure a case and its limit in turns."""
    samples = sampled([case, limit], BATCHES)
    return tenth_percentile(samples[case.name]) / tenth_percentile(samples[limit.name])


def tenth_percentile(samples: Sequence[float]) -> float:
    """Give the sample a tenth of the way up."""
    return sorted(samples)[len(samples) // 10]


def main() -> None:
    """Measure, and print the ratio of each case and the worst of them over its bar."""
    pairs = zip(verified([*BARS]), limits(), strict=True)
    ratios = {case.name: round(ratio(case, limit), 3) for case, limit in pairs}
    worst = max(value / BARS[name] for name, value in ratios.items())
    found = {"benchmark": "core_limits", "ratio_to_bar": round(worst, 3)}
    print(json.dumps({**found, "ratios": ratios, "bars": BARS}))


if __name__ == "__main__":
    main()
