"""One unit-norm float32 query against 1,000 unit-norm candidates of 768 dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 768
CANDIDATES = 1_000
QUERIES = 8  # taken in turns: no iteration sees the query of the one before

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class VectorSimilarity:
    """Cosine similarities by one matrix-vector product, as all vectors have norm 1."""

    name: str
    queries: Floats
    candidates: Floats
    similarities: Floats

    @classmethod
    def seeded(cls, seed: int) -> VectorSimilarity:
        """Draw the vectors."""
        rng = np.random.default_rng([seed, 1])
        queries = _unit(rng.standard_normal((QUERIES, DIMENSIONS)))
        candidates = _unit(rng.standard_normal((CANDIDATES, DIMENSIONS)))
        name = "vector_similarity_768d_1000c"
        return cls(name, queries, candidates, np.empty(CANDIDATES, np.float32))

    def iterate(self, number: int) -> None:
        """Compare all candidates with one query."""
        np.dot(self.candidates, self.queries[number % QUERIES], out=self.similarities)

    def verify(self) -> None:
        """Compare with an independent sum in double precision, term by term."""
        for number, query in enumerate(self.queries):
            self.iterate(number)
            reference = (self.candidates.astype(float) * query.astype(float)).sum(axis=1)
            np.testing.assert_allclose(self.similarities, reference, rtol=0, atol=1e-6)


def _unit(vectors: NDArray[np.float64]) -> Floats:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.ascontiguousarray(vectors / norms, dtype=np.float32)
