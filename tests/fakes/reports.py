"""An order and a report of it as plain JSON, for tests that bend them."""

from __future__ import annotations

import copy
from typing import Any

ORDER: dict[str, Any] = {
    "schema_version": 1,
    "run": "check-1",
    "nonce": "n0nce",
    "repository": "ada/strategies",
    "suite_name": "core",
    "suite": {"kind": "benchmark", "command": ["python", "b.py"], "runs_on": ["linux"]},
    "setup": [["pip", "install", "-r", "requirements.txt"]],
    "base": "a" * 40,
    "head": "b" * 40,
    "measuring_from": "a" * 40,
    "seed": 7,
}
LAUNCH: dict[str, Any] = {
    "pair": 0,
    "side": "base",
    "first": True,
    "wall_s": 1.0,
    "cpu_s": 0.5,
    "measured": [
        {"case": "c", "metric": "wall", "unit": "s", "better": "lower", "samples": [1.0, 1.5]}
    ],
}
MACHINE: dict[str, Any] = {
    "platform": "x86_64-linux-gnu",
    "cpu": "EPYC",
    "hardware": {
        "arch": "x86_64",
        "vendor": None,
        "model": None,
        "family": None,
        "stepping": None,
        "flags_hash": None,
        "cache": None,
        "cpu_count": 2,
        "memory_gib": 8,
        "smt": None,
        "hypervisor": None,
        "governor": None,
    },
    "software": {"kernel": "6.1", "libc": None, "python": "3.11.7", "blas": None},
}
REPORT: dict[str, Any] = {
    "schema_version": 1,
    "run": "check-1",
    "nonce": "n0nce",
    "runner": "tester",
    "machine": MACHINE,
    "started_utc": "2026-11-20T12:00:00.000+00:00",
    "finished_utc": "2026-11-20T12:01:00.000+00:00",
    "evidence": {"type": "benchmark", "launches": [LAUNCH]},
}


def bent(document: dict[str, Any], *path: str | int, to: Any) -> dict[str, Any]:
    """Copy *document* with the value at *path* replaced (or added)."""
    result = copy.deepcopy(document)
    place: Any = result
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = to
    return result
