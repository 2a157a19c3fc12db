"""Run every ``*_ratio.py`` below benchmarks/: one JSON line each (``make bench``)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run them one after the other, so that none disturbs another; 1 where one failed."""
    scripts = sorted(Path(__file__).resolve().parent.rglob("*_ratio.py"))
    codes = [subprocess.run([sys.executable, script], check=False).returncode for script in scripts]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
