"""Walk-forward folds: what comes first selects, what comes after it only reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import msgspec

from engine.errors import UserError, Where

MAX_FOLDS = 1000
MIN_BARS = 2  # of a window: one return


class Split(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the bars are cut. ``embargo`` bars after each in-sample window are in neither window.

    ``window``: a fold's in-sample window begins with the first bar (``anchored``), or is the one
    block before its out-of-sample window (``rolling``).
    """

    folds: Annotated[int, msgspec.Meta(ge=1, le=MAX_FOLDS)] = 1
    embargo: Annotated[int, msgspec.Meta(ge=0)] = 0
    window: Literal["anchored", "rolling"] = "anchored"


@dataclass(frozen=True, slots=True)
class Window:
    """The bars ``start <= t < stop``."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        """How many bars."""
        return self.stop - self.start


@dataclass(frozen=True, slots=True)
class Fold:
    """One step of the walk: no bar is in both windows."""

    inside: Window
    outside: Window


def folds_of(length: int, split: Split, where: Where | None = None) -> tuple[Fold, ...]:
    """Cut *length* bars into one block more than there are folds, the first ones longer by a bar.

    Fold k is selected on the blocks up to k (``rolling``: on block k alone) and reported on block
    k + 1 without its first ``embargo`` bars.

    >>> folds_of(7, Split(folds=2))[1]
    Fold(inside=Window(start=0, stop=5), outside=Window(start=5, stop=7))

    Raises:
        UserError: a window would hold fewer than two bars; names *where*.
    """
    edges = _edges(length, split.folds + 1)
    folds = tuple(
        Fold(
            inside=Window(0 if split.window == "anchored" else edges[k], edges[k + 1]),
            outside=Window(edges[k + 1] + split.embargo, edges[k + 2]),
        )
        for k in range(split.folds)
    )
    if any(min(fold.inside.length, fold.outside.length) < MIN_BARS for fold in folds):
        raise _too_short(length, split, where)
    return folds


def _edges(length: int, blocks: int) -> tuple[int, ...]:
    usual, longer = divmod(length, blocks)
    return tuple(k * usual + min(k, longer) for k in range(blocks + 1))


def _too_short(length: int, split: Split, where: Where | None) -> UserError:
    needed = (split.folds + 1) * (split.embargo + MIN_BARS)
    problem = (
        f"{length} bars are too few for {split.folds} folds with an embargo of {split.embargo}: "
        f"each window needs {MIN_BARS}."
    )
    remedy = f"Bring {needed} bars, or ask for fewer folds or a shorter embargo."
    return UserError(problem, where, remedy)
