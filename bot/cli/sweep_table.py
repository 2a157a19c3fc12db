"""The first rows of a sweep's leaderboard, as a terminal shows them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from engine.sweep.leaderboard import LeaderboardRow, SweepSummary

SHOWN = 5
_MAX_PARAMS = 60
_DIGITS = 4
_LEAST, _VAST = 1e-4, 1e12  # beyond them, figures are written with an exponent


def best_rows(summary: SweepSummary) -> Iterator[str]:
    """Give a head and the first rows: parameters, in-sample and out of sample, aligned.

    Nothing where no configuration is ranked.
    """
    ranked = [row for row in summary.leaderboard if row.rank is not None]
    if not ranked:
        return
    first = ranked[:SHOWN]
    figures = _figures([(row.is_, row.oos) for row in first])
    head = (f"by {summary.metric} in-sample", "in-sample", "out of sample")
    cells = [head, *((_named(row), *pair) for row, pair in zip(first, figures, strict=True))]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for name, inside, outside in cells:
        yield f"{name:<{widths[0]}}   {inside:>{widths[1]}}   {outside:>{widths[2]}}"
    if len(ranked) > SHOWN:
        yield f"and {len(ranked) - SHOWN:,} more in leaderboard.json"


def _named(row: LeaderboardRow) -> str:
    return f"{row.rank}  {_params(row.params)}"


def _params(params: Mapping[str, Any]) -> str:
    text = ", ".join(f"{name} {value}" for name, value in params.items())
    return text if len(text) <= _MAX_PARAMS else f"{text[: _MAX_PARAMS - 1]}…"


def _figures(pairs: Sequence[tuple[float | None, float | None]]) -> list[tuple[str, str]]:
    """Write all with as many decimals as give the largest about four digits."""
    largest = max((abs(one) for pair in pairs for one in pair if one is not None), default=0.0)
    form = _form(largest)
    return [(_written(inside, form), _written(outside, form)) for inside, outside in pairs]


def _form(largest: float) -> str:
    if largest and not _LEAST <= largest < _VAST:
        return f".{_DIGITS - 1}e"
    before = math.floor(math.log10(largest)) + 1 if largest else 0
    return f",.{max(0, _DIGITS - max(before, 0))}f"


def _written(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:{form}}"
