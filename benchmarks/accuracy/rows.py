"""The rows of the accuracy table: which bar is met by which lines of the results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Wanted = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """What a row says, and the lines it is taken from: GUARD's, and those of each rival.

    ``field`` is the count that the bar is about; ``both`` also counts, for the rivals, calls in
    the other direction. ``most``: the bar is an upper one.
    """

    what: str
    bar: str
    field: str
    ours: tuple[Wanted, ...]
    theirs: Wanted | None
    most: bool = True
    both: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """Give the counts to add up for a rival."""
        return (self.field, "improved") if self.both else (self.field,)


def _recorded(effect: float, subset: str = "all") -> tuple[Wanted, ...]:
    about = {"experiment": "recorded, 36 resampled pairs", "subset": subset, "budget": 0.03}
    return tuple({**about, "effect": effect, "history": one} for one in ("other nights", "none"))


def _fresh(effect: float, subset: str = "all") -> Wanted:
    return {"experiment": "recorded, fresh pairs", "subset": subset, "effect": effect}


def _simulated(effect: float, pair_sd: float, noise: str) -> Wanted:
    return {"experiment": "simulated", "noise": noise, "pair_sd": pair_sd, "effect": effect}


def _loaded(effect: float) -> tuple[Wanted, ...]:
    """Simulated: a drifting machine with a pair sd of 3 %."""
    about = {**_simulated(effect, 0.03, "drifting"), "budget": 0.03}
    return ({**about, "history": "true"}, {**about, "history": "none"})


def _unchanged_pull_request(experiment: str) -> tuple[Wanted, ...]:
    about = {"experiment": experiment, "cases": 40, "budget": 0.03}
    return tuple({**about, "history": one} for one in ("other nights", "none"))


QUIET = "pair sd <= 1.5 %"
ROWS = (
    Row("unchanged called slower or faster, dedicated", "≤ 0.1 %", "called",
        _recorded(0.0), _fresh(0.0)),
)
