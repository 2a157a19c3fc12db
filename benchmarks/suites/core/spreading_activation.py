"""Spreading activation over 1,000 nodes and 5,000 seeded random directed edges."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

NODES = 1_000
EDGES = 5_000
ITERATIONS = 100
DEPTH = 5
THRESHOLD = 0.01
DEPTH_DECAY = 0.3
STARTS = 8  # first activations, taken in turns

Floats = NDArray[np.float64]
Edges = dict[int, dict[int, float]]  # source: {target: weight}


def drawn_edges(seed: int) -> Edges:
    """Draw the graph: no node points to itself, an edge drawn twice keeps its last weight."""
    rng = np.random.default_rng([seed, 3])
    edges: Edges = defaultdict(dict)
    while sum(map(len, edges.values())) < EDGES:
        source, target = rng.integers(NODES, size=2).tolist()
        if source != target:
            edges[source][target] = rng.random()
    return dict(edges)


def incoming(edges: Edges) -> csr_array:
    """Give the graph as rows of incoming edges, sources ascending: a pull reads each once."""
    entries = sorted((t, s, w) for s, targets in edges.items() for t, w in targets.items())
    rows, columns, weights = (np.array(part) for part in zip(*entries, strict=True))
    return csr_array((weights, (rows, columns)), shape=(NODES, NODES))


@dataclass(frozen=True, slots=True)
class Synchronous:
    """A hundred rounds in which every node takes over what its sources had in the last one."""

    name: str
    edges: Edges
    graph: csr_array
    starts: Floats
    result: Floats

    @classmethod
    def seeded(cls, seed: int) -> Synchronous:
        """Draw the graph and the first activations."""
        edges = drawn_edges(seed)
        starts = np.random.default_rng([seed, 4]).random((STARTS, NODES))
        name = "spreading_activation_1000n_100i"
        return cls(name, edges, incoming(edges), starts, np.empty(NODES))

    def iterate(self, number: int) -> None:
        """Spread one of the first activations."""
        self.result[:] = self.spread(self.starts[number % STARTS], ITERATIONS)

    def spread(self, activation: Floats, rounds: int) -> Floats:
        """Pull along all edges at once, *rounds* times."""
        for _ in range(rounds):
            activation = self.graph @ activation
            peak = activation.max()
            if peak > 1.0:
                activation /= peak
        return activation

    def verify(self) -> None:
        """Compare with plain loops over the edges; after many rounds all starts look alike."""
        self.iterate(0)
        reference = self._plain(self.starts[0].tolist(), ITERATIONS)
        np.testing.assert_allclose(self.result, reference, rtol=1e-9)
        for start in self.starts:
            reference = self._plain(start.tolist(), 2)
            np.testing.assert_allclose(self.spread(start, 2), reference, rtol=1e-9)

    def _plain(self, activation: list[float], rounds: int) -> list[float]:
        for _ in range(rounds):
            following = [0.0] * NODES
            for source, targets in self.edges.items():
                for target, weight in targets.items():
                    following[target] += weight * activation[source]
            peak = max(*following, 1.0)
            activation = [value / peak for value in following]
        return activation


@dataclass(frozen=True, slots=True)
class FromOneSource:
    """From one node to depth five: what arrives weaker than the threshold is dropped."""

    name: str
    edges: Edges
    graph: csr_array
    result: Floats

    @classmethod
    def seeded(cls, seed: int) -> FromOneSource:
        """Draw the graph of the synchronous form."""
        edges = drawn_edges(seed)
        name = "spreading_activation_1000n_depth5"
        return cls(name, edges, incoming(edges), np.empty(NODES))

    def iterate(self, number: int) -> None:
        """Spread 1.0 from one node; another one each time."""
        arriving = np.zeros(NODES)
        arriving[number % NODES] = 1.0
        self.result[:] = arriving
        for depth in range(1, DEPTH + 1):
            arriving = self.graph @ arriving
            arriving *= math.exp(-DEPTH_DECAY * depth)
            arriving[arriving < THRESHOLD] = 0.0
            np.add(self.result, arriving, out=self.result)

    def verify(self) -> None:
        """Compare with a walk over the edges of the nodes reached so far."""
        for number in range(0, NODES, NODES // 20):
            self.iterate(number)
            np.testing.assert_allclose(self.result, self._walked(number), rtol=1e-9)

    def _walked(self, source: int) -> list[float]:
        result = [0.0] * NODES
        arriving = {source: 1.0}
        for depth in range(DEPTH + 1):
            following: dict[int, float] = defaultdict(float)
            for node, activation in arriving.items():
                result[node] += activation
                for target, weight in self.edges.get(node, {}).items():
                    following[target] += weight * activation
            decay = math.exp(-DEPTH_DECAY * (depth + 1))
            weakened = {node: value * decay for node, value in following.items()}
            arriving = {n: value for n, value in weakened.items() if value >= THRESHOLD}
        return result
