"""The rows of the accuracy table: which bar is met by which lines of the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Wanted = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says, and the lines that it is taken from: GUARD's, and those of each rival.

    ``ours`` is with a stored history and, where there is a second line, without one.

    ``field`` is the count that the bar is about, ``bar`` its share (a number, of launches);
    ``most``: the bar is an upper one.
    """

    what: str
    bar: float
    field: str
    ours: tuple[Wanted, ...]
    theirs: Wanted | None = None
    most: bool = True


def _recorded(effect: float, subset: str = "all") -> tuple[Wanted, ...]:
    return _histories(
        {
            "experiment": "recorded, 36 resampled pairs",
            "subset": subset,
            "budget": 0.03,
            "effect": effect,
        }
    )


def _histories(about: Wanted) -> tuple[Wanted, ...]:
    return tuple({**about, "history": one} for one in ("certificate", "none"))


def _fresh(effect: float, subset: str = "all") -> Wanted:
    return {"experiment": "recorded, fresh pairs", "subset": subset, "effect": effect}


def _simulated(effect: float, noise: str, pair_sd: float) -> Wanted:
    return {"experiment": "simulated", "noise": noise, "pair_sd": pair_sd, "effect": effect}


def _guard(about: Wanted) -> tuple[Wanted, ...]:
    return tuple({**about, "budget": 0.03, "history": one} for one in ("true", "none"))


def _loaded(effect: float) -> Wanted:
    return _simulated(effect, "drifting", 0.03)


UNCHANGED_PULL_REQUEST = {"experiment": "recorded, 36 resampled pairs", "cases": 40}
THEIR_PULL_REQUEST = {"experiment": "recorded, fresh pairs", "cases": 40}
QUIET = "pair sd <= 1.5 %"
SMALL = _simulated(0.02, "normal", 0.01)
RERUN = {
    "experiment": "re-run",
    "noise": "normal",
    "pair_sd": 0.03,
    "history": "true",
    "path": "continued",
    "budget": 0.03,
}

ROWS = (
    Row(
        "unchanged: called slower or faster",
        0.001,
        "called",
        _recorded(0.0),
        _fresh(0.0),
    ),
    Row(
        "unchanged, of 40 cases: any red",
        0.01,
        "red",
        _histories({**UNCHANGED_PULL_REQUEST, "budget": 0.03}),
        THEIR_PULL_REQUEST,
    ),
    Row(
        "quiet, 4 % slower: red",
        0.99,
        "red",
        _recorded(0.04, QUIET),
        _fresh(0.04, QUIET),
        most=False,
    ),
    Row(
        "quiet, 5 % slower: red",
        0.999,
        "red",
        _recorded(0.05, QUIET),
        _fresh(0.05, QUIET),
        most=False,
    ),
    Row(
        "all, 5 % slower: red",
        0.999,
        "red",
        _recorded(0.05),
        _fresh(0.05),
        most=False,
    ),
    Row(
        "all, 4 % slower: pass",
        0.01,
        "passed",
        _recorded(0.04),
        _fresh(0.04),
    ),
    Row(
        "quiet, unchanged: pass",
        0.99,
        "passed",
        _recorded(0.0, QUIET),
        _fresh(0.0, QUIET),
        most=False,
    ),
    Row(
        "all, unchanged: pass",
        0.99,
        "passed",
        _recorded(0.0),
        _fresh(0.0),
        most=False,
    ),
    Row(
        "all, unchanged: launches",
        15.0,
        "launches",
        _recorded(0.0),
        _fresh(0.0),
    ),
    Row(
        "95 % interval holds the truth",
        0.95,
        "covered95",
        _recorded(0.0),
        most=False,
    ),
    Row(
        "99 % interval holds the truth",
        0.99,
        "covered99",
        _recorded(0.0),
        most=False,
    ),
    Row(
        "drifting, 4 % slower: red",
        0.9,
        "red",
        _guard(_loaded(0.04)),
        _loaded(0.04),
        most=False,
    ),
    Row(
        "drifting, 5 % slower: red",
        0.98,
        "red",
        _guard(_loaded(0.05)),
        _loaded(0.05),
        most=False,
    ),
    Row(
        "drifting, unchanged: pass",
        0.95,
        "passed",
        _guard(_loaded(0.0)),
        _loaded(0.0),
        most=False,
    ),
    Row(
        "drifting, unchanged: launches",
        35.0,
        "launches",
        _guard(_loaded(0.0)),
        _loaded(0.0),
    ),
    Row(
        "sd 1 %, 2 % slower: red",
        0.01,
        "red",
        _guard(SMALL),
        SMALL,
    ),
    Row(
        "3 % slower: red, interval under 3 %",
        0.0,
        "contradictions",
        _guard(_simulated(0.03, "normal", 0.03)),
    ),
    Row(
        "4 % slower: red, re-run green",
        0.0,
        "red_turned_green",
        ({**RERUN, "effect": 0.04},),
    ),
    Row(
        "unchanged: red after a re-run",
        0.001,
        "red",
        ({**RERUN, "effect": 0.0},),
    ),
)
