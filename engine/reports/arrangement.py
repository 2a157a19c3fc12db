"""What is seen at once and what is folded: at most so many characters before the first fold."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.reports.table import Part, Rows, fit, fold
from engine.reports.wording import plural

MAX_SEEN = 1_200  # characters before the first fold, all marks included

Key = Literal["overhead", "behaviour", "noticed", "changed", "undecided", "next"]

# Who may take how many of the lines that it has, in this order, as long as there is room: first
# one row of each kind and what to do about it, then the rest of what decides, then what explains.
_TURNS: tuple[tuple[Key, int], ...] = (
    ("changed", 1),
    ("next", 1),
    ("behaviour", 1),
    ("undecided", 1),
    ("changed", 3),
    ("undecided", 2),
    ("next", 3),
    ("changed", 6),
    ("undecided", 4),
    ("behaviour", 20),
    ("next", 20),
    ("overhead", 1),
    ("noticed", 20),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that are seen, or else folded: from their end on, and none is dropped.

    The fold's title counts them by *noun* and says *about* of them: our own text, both.
    """

    key: Key
    rows: Rows
    noun: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Arranged:
    """What comes before the folds, and the folds."""

    seen: tuple[Part, ...]
    folded: tuple[Part, ...]


def arrange(
    first: Sequence[str], pieces: Sequence[Piece], limit: int, unseen: Collection[Key] = ()
) -> Arranged:
    """Show *first* and as much of *pieces* as *limit* characters hold; fold the rest of them.

    Pieces that are *unseen* are folded in any case.
    """
    by_key = {piece.key: piece for piece in pieces}
    kept = dict.fromkeys(by_key, 0)
    full = set(unseen)
    for key, most in _TURNS:
        piece = by_key.get(key)
        while piece is not None and key not in full and kept[key] < min(most, _size(piece)):
            kept[key] += 1
            if _length(first, pieces, kept) > limit:
                kept[key] -= 1
                full.add(key)  # a later line may be shorter, yet the order is the weight
    shown = tuple(_shown(piece, kept[piece.key]) for piece in pieces if kept[piece.key])
    left = tuple(_left(piece, kept[piece.key]) for piece in pieces if _has_more(piece, kept))
    return Arranged((*first, *shown), left)


def _size(piece: Piece) -> int:
    return len(piece.rows.lines)


def _has_more(piece: Piece, kept: Mapping[Key, int]) -> bool:
    return kept[piece.key] < _size(piece)


def _length(first: Sequence[str], pieces: Sequence[Piece], kept: Mapping[Key, int]) -> int:
    shown = [_shown(piece, kept[piece.key]) for piece in pieces if kept[piece.key]]
    parts: tuple[Part, ...] = (*first, *shown)
    return len(fit(parts, MAX_SEEN**2, None))


def _shown(piece: Piece, kept: int) -> Rows:
    return replace(piece.rows, lines=piece.rows.lines[:kept])


def _left(piece: Piece, kept: int) -> Rows:
    """Fold what has no room; the words above the lines go with them if none is shown."""
    before = "" if kept else piece.rows.before
    rows = replace(piece.rows, lines=piece.rows.lines[kept:], before=before)
    noun = f"more {piece.noun}" if kept else piece.noun
    return fold(f"{plural(len(rows.lines), noun)}{piece.about}", rows)
