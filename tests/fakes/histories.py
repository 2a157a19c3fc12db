"""Histories made up for tests: points of one series along commits that are named by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from engine.history import Bracket, HistoryPoint, StepHypothesis
from engine.settling import Settlement, StepState
from engine.values import Better, Outcome

WIGGLE = (0.0, 0.002, -0.001, 0.001, -0.002, 0.0015, -0.0005)  # far below any step that matters
SERIES = {"suite": "core", "case": "parse", "metric": "wall", "fingerprint": "f" * 16}


def commit(number: int) -> str:
    """Name a commit of a made-up history."""
    return f"{number:08x}".ljust(40, "0")


def point(number: int, level: float, **fields: Any) -> HistoryPoint:
    """Give what a run measured of commit *number*."""
    values: dict[str, Any] = {
        **SERIES,
        "commit": commit(number),
        "level": level,
        "launches": 12,
        "measured_utc": "2026-11-20T12:00:00Z",
        "run": f"c{number}-1",
        "unit": "s",
        "better": Better.LOWER,
    }
    return HistoryPoint(**{**values, **fields})


def points_of_levels(levels: Sequence[float]) -> list[HistoryPoint]:
    """Give one point for each level, wiggled a little, at commits 0, 1, 2."""
    return [
        point(number, level * (1 + WIGGLE[number % len(WIGGLE)]))
        for number, level in enumerate(levels)
    ]


def hypothesis(**fields: Any) -> StepHypothesis:
    """Suspect a step of +10 % between commits 9 and 10."""
    values: dict[str, Any] = {
        **SERIES,
        "before": commit(9),
        "after": commit(10),
        "effect": 0.10,
        "better": Better.LOWER,
        "wide": Bracket(before=commit(6), after=commit(13)),
    }
    return StepHypothesis(**{**values, **fields})


def settlement(state: StepState = StepState.CONFIRMED, **fields: Any) -> Settlement:
    """Say that a run between commits 9 and 10 found +9 %, or what else is said."""
    values: dict[str, Any] = {
        **SERIES,
        "before": commit(9),
        "after": commit(10),
        "state": state,
        "outcome": Outcome.REGRESSION,
        "change": 0.09,
        "low": 0.08,
        "high": 0.10,
        "pairs": 8,
        "runner": "bench-a",
        "settled_utc": "2026-11-20T13:00:00Z",
        "run": "settle-1-1",
    }
    return msgspec.convert({**values, **fields}, Settlement)
