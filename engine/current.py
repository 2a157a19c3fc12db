"""What a finished sweep reached: the side of a comparison that is being judged."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

import msgspec

from engine.determinism import Determinism
from engine.values import Mode

Rate = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Seconds = Annotated[float, msgspec.Meta(ge=0.0)]
Sample = Literal["oos", "is"]  # out of sample, or in-sample where a sweep has nothing else


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds that a run took: median and 90th centile."""

    p50: Seconds
    p90: Seconds

    def __post_init__(self) -> None:
        """Refuse what no clock can give."""
        require_finite({"p50": self.p50, "p90": self.p90})


class CurrentSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Best metric (None: no run has a value), share of runs that succeeded, number of runs.

    ``sample`` says what the best metric was computed on, None where that is not known.
    """

    best_metric: float | None
    success_rate: Rate
    total_runs: Annotated[int, msgspec.Meta(ge=1)]
    sample: Sample | None = None

    def __post_init__(self) -> None:
        """Refuse NaN, infinities and a value of no run: they must not be compared."""
        require_finite({"success_rate": self.success_rate})
        if self.total_runs < 1:
            message = "total_runs is 0: nothing was measured"
            raise ValueError(message)
        if self.best_metric is None:
            return
        require_finite({"best_metric": self.best_metric})
        if self.success_rate <= 0:
            message = "best_metric has a value, though success_rate says that no run succeeded"
            raise ValueError(message)


class CurrentData(msgspec.Struct, frozen=True, kw_only=True):
    """A finished sweep as ``compare_results`` takes it; ``timing`` None: no run succeeded."""

    metric: str
    mode: Mode
    summary: CurrentSummary
    timing: Timing | None
    leaderboard: tuple[dict[str, Any], ...] = ()
    determinism: Determinism | None = None


def require_finite(numbers: dict[str, float]) -> None:
    """Accept finite numbers alone.

    Raises:
        ValueError: one of them is NaN or infinite; the message names it.
    """
    for name, number in numbers.items():
        if not math.isfinite(number):
            message = f"{name} must be a finite number, found {number!r}"
            raise ValueError(message)
