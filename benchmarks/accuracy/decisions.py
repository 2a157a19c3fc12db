"""How often the decision is right: on recorded launches and on simulated noise, beside others.

``python -m benchmarks.accuracy.decisions [--data FOLDER] [--quick] [--results FILE]`` prints one
JSON line per condition; README.md beside this file says what each field means.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import pull_requests, real, reruns, synthetic
from benchmarks.accuracy.recordings import recorded
from benchmarks.accuracy.tallies import Line

SEED = 20_261_120


def lines(folder: Path | None, *, quick: bool) -> Iterator[Line]:
    """Run every experiment; those on recordings only where *folder* has some."""
    scale = 20 if quick else 1
    rng = np.random.default_rng(SEED)
    nights = recorded(folder, rng) if folder else None
    if nights is not None:
        yield from real.lines(nights, rng, scale)
        yield from pull_requests.recorded_lines(nights, rng, scale)
    yield from synthetic.lines(rng, scale)
    yield from pull_requests.simulated_lines(rng, scale)
    yield from reruns.lines(rng, scale)


def main() -> None:
    """Print the lines, and write them to the file of --results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with the recordings")
    parser.add_argument("--quick", action="store_true", help="a twentieth of the rows")
    parser.add_argument("--results", type=Path, help="file to write all lines to")
    given = parser.parse_args()
    kept = []
    for line in lines(given.data, quick=given.quick):
        print(json.dumps(line), flush=True)
        kept.append(json.dumps(compact(line), separators=(",", ":")))
    if given.results:
        head = f'{{"seed": {SEED}, "quick": {json.dumps(given.quick)}, "lines": [\n'
        given.results.write_text(head + ",\n".join(kept) + "\n]}\n")


def compact(line: Line) -> Line:
    """Keep the counts, and once, as ``rows``, of how many; limits follow from them.

    A count of fewer rows (few had a look, and so an interval) is kept as [count, of].
    """
    rows = line["red"]["of"]

    def short(field: Any) -> Any:
        if not isinstance(field, dict):
            return field
        return field["count"] if field["of"] == rows else [field["count"], field["of"]]

    return {"rows": rows, **{name: short(field) for name, field in line.items()}}


if __name__ == "__main__":
    main()
