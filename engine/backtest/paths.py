"""The ways to run a backtest, which give the same bits, and which one a job takes."""

from __future__ import annotations

from enum import StrEnum

COMPILED_FROM = 2_000_000  # bar evaluations from which a compiler is worth its start
NARROW_BELOW = 16  # assets from which looking at all of them at once pays


class Path(StrEnum):
    """The ways to the same bits."""

    PYTHON = "python"  # one asset after the other, plain Python
    NUMPY = "numpy"  # all assets at once, without a compiler
    NARROW = "narrow"  # one asset after the other, compiled
    WIDE = "wide"  # all assets at once, compiled


COMPILED = frozenset({Path.NARROW, Path.WIDE})


def path_for(evaluations: int, width: int) -> Path:
    """Choose the way for a job of so many bar evaluations over so many assets."""
    if evaluations >= COMPILED_FROM:
        return Path.NARROW if width < NARROW_BELOW else Path.WIDE
    return Path.PYTHON if width < NARROW_BELOW else Path.NUMPY


# Ways into the compiled kernels (``kernels.entries``).
ENTRIES = {Path.NARROW: "enter_narrow", Path.WIDE: "enter_wide"}
