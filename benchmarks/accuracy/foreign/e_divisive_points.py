"""MongoDB's E-divisive change points of histories: a line of values in, a line of indices out.

Runs in the environment of requirements/e-divisive.txt, with that package's defaults.
"""

from __future__ import annotations

import json
import sys

import numpy as np
from signal_processing_algorithms.energy_statistics.energy_statistics import e_divisive

SEED = 20_261_120


def main() -> None:
    """Answer every line of standard input, its permutations drawn from one seed."""
    np.random.seed(SEED)  # noqa: NPY002 - the package draws from this generator
    for line in sys.stdin:
        found = e_divisive(json.loads(line))
        print(json.dumps(sorted(int(index) for index in found)))


if __name__ == "__main__":
    main()
