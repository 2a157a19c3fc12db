"""The core suite: three hot loops of retrieval and memory models, each result verified.

python benchmarks/suites/core/run.py --out samples.json            # all cases
python benchmarks/suites/core/run.py --out samples.json decay_calculation_10000m
python benchmarks/suites/core/run.py --list

The samples are seconds of this process's CPU time for one iteration, as another process's load
changes them least.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

for _library in ("OMP", "OPENBLAS", "MKL"):  # before numpy is imported below
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

from decay import Decay  # noqa: E402 - the threads come first
from spreading_activation import FromOneSource, Synchronous  # noqa: E402
from timing import Case, sampled  # noqa: E402
from vector_similarity import VectorSimilarity  # noqa: E402

SEED = 20_000
BATCHES = 30
CASES = {
    "vector_similarity_768d_1000c": VectorSimilarity.seeded,
    "spreading_activation_1000n_100i": Synchronous.seeded,
    "spreading_activation_1000n_depth5": FromOneSource.seeded,
    "decay_calculation_10000m": Decay.seeded,
}


def main() -> None:
    """Read the command line, verify, measure, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--out", type=Path, help="the samples JSON to write")
    parser.add_argument("--list", action="store_true", help="name the cases, one a line")
    parser.add_argument("--batches", type=int, default=BATCHES, help="samples of each case")
    parser.add_argument("case", nargs="*", help="cases to measure; default: all")
    options = parser.parse_args()
    if options.list:
        print("\n".join(CASES))
        return
    unknown = [name for name in options.case if name not in CASES]
    if unknown or options.out is None:
        parser.error(f"no such case: {', '.join(unknown)}" if unknown else "--out is missing")
    cases = verified(options.case or [*CASES])
    options.out.write_bytes(document(sampled(cases, options.batches)))


def verified(names: list[str]) -> list[Case]:
    """Draw the cases' inputs and check their results before any time is taken."""
    cases: list[Case] = [CASES[name](SEED) for name in names]
    for case in cases:
        case.verify()
    return cases


def document(samples: dict[str, tuple[float, ...]]) -> bytes:
    """Write the samples in Highwater's own format."""
    launches = [
        {"case": name, "metric": "cpu", "unit": "s", "better": "lower", "samples": values}
        for name, values in samples.items()
    ]
    return json.dumps({"schema_version": 1, "launches": launches}).encode()


if __name__ == "__main__":
    main()
