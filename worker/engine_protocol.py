"""What the process of a strategy is told and answers: one JSON line each (both sides read this).

First line in:   an :class:`EngineJob`.
First line out:  ``{"ready": true}`` or ``{"failed": "why the strategy could not be loaded"}``.
Then, line in:   a :class:`Chunk`; lines out: one :class:`PointAnswer` a point, in their order.
Columns are not written as JSON: an answer names a file in the job's folder ``out``, which holds
``engine.backtest.column_bytes`` of each window.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from engine.backtest.account_terms import AccountTerms
from engine.backtest.costs import Costs
from engine.backtest.leaks import Canary
from engine.backtest.profiles import ProfileName
from engine.backtest.risk.rule_specs import Readings, RuleSpec, SeriesSource

MAX_ERROR_CHARACTERS = 4000
Bar = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Count = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Span = tuple[Bar, Bar]  # start <= t < stop


class FoldWindows(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The bars of one fold: in-sample (None: there is none) and out-of-sample."""

    fold: int
    is_: Span | None = msgspec.field(name="is", default=None)
    oos: Span


class CarriedSeries(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A series that rules need: int64 nanoseconds of the epoch and float64, little-endian."""

    source: SeriesSource
    times: bytes
    values: bytes


def carried(readings: Mapping[SeriesSource, Readings]) -> tuple[CarriedSeries, ...]:
    """Put loaded series into the form that a job carries them in."""
    return tuple(
        CarriedSeries(
            source=source,
            times=one.times.astype("datetime64[ns]").astype("<i8").tobytes(),
            values=one.values.astype("<f8").tobytes(),
        )
        for source, one in readings.items()
    )


class EngineJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What all points of a process have in common.

    ``bars`` is a folder of ``worker.bar_arrays``. ``risk`` are rules beside the strategy's own,
    ``series`` what they need (``carried``).
    ``give``: metrics alone, or the out-of-sample returns too, or whole backtests. ``attribute``:
    also how the time of each window divides (slower). ``out`` is a folder for columns.
    ``points`` is how many may be asked for: it decides whether compiling pays, and no bit.
    """

    bars: str
    account: AccountTerms = AccountTerms()
    costs: Costs = Costs()
    profile: ProfileName = ProfileName.OURS
    risk: tuple[RuleSpec, ...] = ()
    series: tuple[CarriedSeries, ...] = ()
    folds: tuple[FoldWindows, ...]
    periods_per_year: float
    give: Literal["metrics", "returns", "backtests"] = "metrics"
    attribute: bool = False
    out: str = ""
    points: Count = 1


class AskedPoint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One point to evaluate."""

    index: int
    params: dict[str, Any]
    seed: int


class AskedCanary(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How often later bars are to be altered, and from which seed."""

    seed: int
    cuts: int


class Chunk(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Points to evaluate one after the other; *canary*: look for look-ahead instead."""

    points: tuple[AskedPoint, ...]
    canary: AskedCanary | None = None


Seconds = Annotated[float, msgspec.Meta(ge=0)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Figures = Annotated[dict[Name, float | None], msgspec.Meta(max_length=200)]
Reasons = Annotated[
    dict[Name, Annotated[str, msgspec.Meta(max_length=500)]], msgspec.Meta(max_length=200)
]


class Lengths(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How many rows each table of a backtest has."""

    trades: Count
    open: Count
    dropped: Count
    fills: Count


class Shares(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where the time of one window went: the kernel, the strategy's code, its Python rules."""

    engine_s: Seconds
    hooks_s: Seconds
    rules_s: Seconds
    hook_calls: Count
    rule_calls: Count


class WindowAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One window of one point; ``reasons`` says why figures are null."""

    metrics: Figures
    reasons: Reasons = {}
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    lengths: Lengths | None = None  # of a backtest whose columns were asked for
    cash_end: float | None = None
    shares: Shares | None = None


class FoldAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One fold of one point; ``columns`` is the name of a file in the job's folder."""

    fold: int
    is_: WindowAnswer | None = msgspec.field(name="is", default=None)
    oos: WindowAnswer
    columns: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,10}-[0-9]{1,10}\.columns$")] | None = (
        None
    )


class PointAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A process's line for one point; hostile until ``worker.engine_answers`` has looked at it.

    ``params`` are those in force, defaults included, where the job gives backtests; a default that
    is no plain value is told by its text.
    """

    index: int
    elapsed_s: Seconds
    folds: Annotated[tuple[FoldAnswer, ...], msgspec.Meta(max_length=1000)] = ()
    params: Annotated[dict[Name, Any], msgspec.Meta(max_length=200)] = {}
    canary: Canary | None = None
    error: str | None = None
