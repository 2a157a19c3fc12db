"""Otava's change points of histories: a line of values in, a line of indices out.

Runs in the environment of requirements/otava.txt. Its argument is the smallest magnitude.
"""

from __future__ import annotations

import json
import sys

from otava.analysis import compute_change_points


def main() -> None:
    """Answer every line of standard input with Otava's defaults and the given magnitude."""
    magnitude = float(sys.argv[1])
    for line in sys.stdin:
        found, _ = compute_change_points(json.loads(line), min_magnitude=magnitude)
        print(json.dumps(sorted(int(one.index) for one in found)))


if __name__ == "__main__":
    main()
