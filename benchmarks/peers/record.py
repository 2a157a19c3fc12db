"""Every measurement of the engine, one after the other (``make peers``): a JSON line each.

    python -m benchmarks.peers.record [--write]

With ``--write`` they are kept in ``results.json``, which the page docs/reference/speed.md is made
from (``python -m benchmarks.peers.table``).
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from worker.machine import this_machine

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("results.json")
SCRIPTS = (
    ("compare", "w1"),
    ("compare", "w2"),
    ("compare", "w3"),
    ("compare", "w4"),
    ("python_forms",),
    ("risk_overhead",),
    ("cold_start",),
)


def main() -> int:
    """Run them; 1 where one failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="keep the lines in results.json")
    write = parser.parse_args().write
    lines = [_line(*script) for script in SCRIPTS]
    kept = [line for line in lines if line is not None]
    if write and len(kept) == len(lines):
        RESULTS.write_text(json.dumps({**_conditions(), "lines": kept}, indent=1) + "\n")
    return int(len(kept) < len(lines))


def _line(name: str, *arguments: str) -> dict[str, Any] | None:
    argv = [sys.executable, "-m", f"benchmarks.peers.{name}", *arguments]
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout, end="", flush=True)
    if done.returncode != 0:
        return None
    line: dict[str, Any] = json.loads(done.stdout)
    return line


def _conditions() -> dict[str, str]:
    machine = this_machine()
    return {
        "measured_utc": datetime.now(UTC).strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "platform": machine.platform,
        "cpu": machine.cpu,
    }


if __name__ == "__main__":
    sys.exit(main())
