"""Null sessions of made-up runners, and a case that they certified."""

from __future__ import annotations

from typing import Any

from engine.certificates import CaseCertificate, NullComparison, NullSession
from engine.values import Outcome

STORED = CaseCertificate(
    case="a",
    metric="cpu",
    pair_sd=0.004,
    launch_sd=0.004,
    sessions=4,
    drift=0.005,
    level=0.002,
    level_launches=64,
    reference_s=0.004,
)


def compared(outcome: Outcome = Outcome.PASS, **fields: Any) -> NullComparison:
    """Compare case ``a``, with fields replaced."""
    values: dict[str, Any] = {
        "case": "a",
        "metric": "cpu",
        "pairs": 8,
        "pair_sd": 0.01,
        "launch_sd": 0.02,
        "level": 0.002,
        "launches": 16,
    }
    return NullComparison(outcome=outcome, **{**values, **fields})


def session(day: int, *comparisons: NullComparison, **fields: Any) -> NullSession:
    """Measure ``core`` in the night of day *day* of November 2026; case ``a`` if none is given."""
    values: dict[str, Any] = {
        "session": f"null-{day}",
        "repository": "o/r",
        "suite": "core",
        "runner": "bench-a",
        "fingerprint": "f1",
        "commit": "a" * 40,
        "measured_utc": f"2026-11-{day:02d}T03:00:00Z",
        "reference_s": 0.004,
        "comparisons": comparisons or (compared(),),
    }
    return NullSession(**{**values, **fields})
