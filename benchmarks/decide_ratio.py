"""How many comparisons a second `highwater stats decide` answers: one JSON line.

Lines of 36 noisy pairs with a stored spread, through the command as a script runs it, its start
included. ``ratio_to_bar`` is the time a line over the bar of 1/20,000 s.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np

LINES = 100_000
DRAWN = 2_000  # different lines, written out again and again
PAIRS = 36
SPREAD = 0.02
BAR_S = 1 / 20_000


def main() -> None:
    """Write the lines, run the command on them, print the ratio."""
    asked = b"".join(lines()) * (LINES // DRAWN)
    command = [sys.executable, "-m", "bot.cli.main", "stats", "decide", "--jsonl"]
    started = time.perf_counter()
    done = subprocess.run(command, input=asked, capture_output=True, check=True)
    each_s = (time.perf_counter() - started) / LINES
    assert done.stdout.count(b"\n") == LINES
    found = {"benchmark": "stats_decide", "ratio_to_bar": round(each_s / BAR_S, 3)}
    print(json.dumps({**found, "lines_a_second": round(1 / each_s)}))


def lines() -> list[bytes]:
    """Draw lines: a tenth each of no change to +9 %."""
    source = np.random.default_rng(7)
    base = 0.01 * np.exp(source.normal(0, SPREAD, (DRAWN, PAIRS)))
    effects = 1 + (np.arange(DRAWN) % 10)[:, None] / 100
    head = base * effects * np.exp(source.normal(0, SPREAD, (DRAWN, PAIRS)))
    return [
        json.dumps(
            {
                "id": n,
                "base": base[n].tolist(),
                "head": head[n].tolist(),
                "mei": 0.03,
                "sd0": SPREAD,
            }
        ).encode()
        + b"\n"
        for n in range(DRAWN)
    ]


if __name__ == "__main__":
    main()
