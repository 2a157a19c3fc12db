"""How well steps in a history are found: our watch beside others, on recordings and simulation.

``python -m benchmarks.accuracy.change_points [--data FOLDER] [--environments FOLDER [--prepare]]
[--quick]`` prints one JSON line a data set and method: false alarms per 1,000 commits where no
step was put in (some recordings step by themselves), and precision, recall and F1 within three
commits by the size of the steps put in. Without ``--data`` histories are simulated only; without
``--environments`` Otava and E-divisive are left out. ``--prepare`` installs them first.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.accuracy import watchers
from benchmarks.accuracy.histories import KINDS, History, histories

SEED = 20_261_120
WITHIN = 3  # commits
COUNT, QUICK_COUNT = 12, 1

Line = dict[str, Any]


def lines(all_: Sequence[History], watches: dict[str, watchers.Watch]) -> Iterator[Line]:
    """Try every watch on every data set."""
    for data, group in groupby(all_, key=lambda history: history.data):
        tried = list(group)
        for method, watch in watches.items():
            found = watch([history.values for history in tried])
            yield {"data": data, "method": method, **scored(tried, found)}


def scored(tried: Sequence[History], found: Sequence[watchers.Points]) -> Line:
    """Score the points found in histories of one data set, by their kind.

    >>> one = History("x", "3", np.ones(100), (50,))
    >>> scored([one], [(52, 70)])["steps"]["3"]["precision"]
    0.5
    """
    pairs = list(zip(tried, found, strict=True))
    plain = [(history, points) for history, points in pairs if history.kind == "none"]
    commits = sum(history.values.size for history, _ in plain)
    alarms = sum(len(points) for _, points in plain)
    kinds = [kind for kind in KINDS[1:] if any(one.kind == kind for one in tried)]
    return {
        "histories": len(tried),
        "commits_without_steps": commits,
        "false_alarms": alarms,
        "false_alarms_per_1000_commits": round(1000 * alarms / commits, 2) if commits else None,
        "steps": {
            kind: _rates([(one.steps, points) for one, points in pairs if one.kind == kind])
            for kind in kinds
        },
    }


def hits(steps: Sequence[int], points: Sequence[int]) -> int:
    """Count the steps that have a point within three commits, each point for one step.

    >>> hits((50, 60), (52, 53)), hits((50, 54), (52, 55))
    (1, 2)
    """
    left = list(points)
    for step in steps:
        near = [point for point in left if abs(point - step) <= WITHIN]
        if near:
            left.remove(min(near, key=lambda point: abs(point - step)))
    return len(points) - len(left)


def _rates(pairs: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Line:
    hit = sum(hits(steps, points) for steps, points in pairs)
    put_in = sum(len(steps) for steps, _ in pairs)
    named = sum(len(points) for _, points in pairs)
    return {
        "put_in": put_in,
        "named": named,
        "hit": hit,
        "precision": round(hit / named, 3) if named else None,
        "recall": round(hit / put_in, 3) if put_in else None,
        "f1": round(2 * hit / (named + put_in), 3) if named + put_in else None,
    }


def main() -> int:
    """Print the lines; 1 where an environment is missing or could not be made."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with the recordings")
    parser.add_argument("--environments", type=Path, help="folder of Otava's and E-divisive's")
    parser.add_argument("--prepare", action="store_true", help="make those environments first")
    parser.add_argument("--quick", action="store_true", help="few histories")
    given = parser.parse_args()
    watches = watchers.own()
    if given.environments:
        problems = list(_problems(given.environments, prepare=given.prepare))
        if problems:
            print(*problems, sep="\n", file=sys.stderr)
            return 1
        watches |= watchers.rivals(given.environments)
    count = QUICK_COUNT if given.quick else COUNT
    rng = np.random.default_rng(SEED)
    for line in lines(list(histories(given.data, rng, count)), watches):
        print(json.dumps(line), flush=True)
    return 0


def _problems(environments: Path, *, prepare: bool) -> Iterator[str]:
    if prepare:
        yield from watchers.prepare(environments)
        return
    for name in watchers.missing(environments):
        yield f"{environments / name} is not there; make it with --prepare"


if __name__ == "__main__":
    sys.exit(main())
