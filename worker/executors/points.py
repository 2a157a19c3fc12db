"""What an executor is given and gives, and how a function's answer becomes a row of the sweep."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.sweep.grid import Point
from engine.sweep.rows import SweepRow, doubled_date
from worker.engine_protocol import EngineJob

THREAD_VARIABLES = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "RAYON_NUM_THREADS",
    "POLARS_MAX_THREADS",
)
ONE_THREAD = dict.fromkeys(THREAD_VARIABLES, "1")
MAX_ERROR_CHARACTERS = 4000
CLOCK_SLACK_S = 0.001  # between a process's own clock readings and ours


def no_progress(_done: int, _total: int) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True)
class Done:
    """A point that was evaluated: a row a fold, and its *returns* where they were asked for.

    *place* is where the point stands in the work. *returns* are of each out-of-sample bar but the
    first, None for a fold that has none.
    """

    place: int
    rows: tuple[SweepRow, ...]
    returns: tuple[NDArray[np.float64] | None, ...] = ()


def not_kept(_done: Done) -> None:
    """Keep nothing beside the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a class of ours is run on: the job of its process, and the bars.

    *kernel_cache* and *scratch* are folders for its kernels and columns, as ``EngineWork`` has
    them. *metric* is what is ranked by. *split*: the folds were asked for, and rows are numbered.
    """

    job: EngineJob
    bars: Bars
    metric: str
    split: bool
    kernel_cache: Path | None = None
    scratch: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The points to evaluate, and how: *name* of *file* below *root*, run by *python*.

    *terms* are those of a class; None: it is a function. *deadline* is on the clock of
    ``time.monotonic``; points that are not done by then have the status ``timeout``. *finished*
    has what an interrupted sweep had done, by place: that is not evaluated again. *keep* is given
    everything else as soon as it is done, *progress* how many points are done, of how many: both
    in the thread that asked for the work.
    """

    root: Path
    file: str
    name: str
    points: Sequence[Point]
    python: Path
    environ: Mapping[str, str]
    terms: Terms | None = None
    deadline: float = math.inf
    finished: Mapping[int, tuple[SweepRow, ...]] = field(default_factory=dict)
    keep: Callable[[Done], None] = field(default=not_kept)
    progress: Callable[[int, int], None] = field(default=no_progress)


Executor = Callable[[Work], tuple[SweepRow, ...]]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A process's line for one point; hostile until :func:`row` has looked at it."""

    index: int
    elapsed_s: float
    value: msgspec.Raw = msgspec.Raw()  # empty: absent
    error: str | None = None


_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_Sample = Annotated[dict[_Name, float], msgspec.Meta(max_length=1000)]


class _Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    is_: _Sample = msgspec.field(name="is")
    oos: _Sample


class _Returned(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    metrics: _Metrics
    returns: tuple[tuple[str, float], ...] | None = None
    trades: tuple[Any, ...] | None = None


class _Ready(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    ready: bool = False
    failed: str | None = None


_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_READY = msgspec.json.Decoder(_Ready)
_ANSWER = msgspec.json.Decoder(Answer)
_RETURNED = msgspec.json.Decoder(_Returned)


def loading_problem(line: bytes) -> str | None:
    """Read the first line of a process: why it could not load the function, or None."""
    try:
        reply = _READY.decode(line)
    except _MALFORMED as error:
        return f"the process's first answer is malformed: {error}"
    if reply.ready:
        return None
    return (reply.failed or "the function could not be loaded")[-MAX_ERROR_CHARACTERS:]


def row(point: Point, line: bytes, waited_s: float) -> SweepRow:
    """Turn a process's answer, which took *waited_s* here, into the row of its point.

    Whatever is wrong with the answer makes the row a failure that says so.
    """
    try:
        answer = _ANSWER.decode(line)
    except _MALFORMED as error:
        return failure(point, f"the process's answer is malformed: {error}", waited_s)
    if answer.index != point.index or not 0.0 <= answer.elapsed_s <= waited_s + CLOCK_SLACK_S:
        problem = "the process's answer claims another point, or more time than has passed"
        return failure(point, problem, waited_s)
    if answer.error is not None or not bytes(answer.value):
        problem = (answer.error or "failed without a message")[-MAX_ERROR_CHARACTERS:]
        return failure(point, problem, answer.elapsed_s)
    return _success(point, answer.value, answer.elapsed_s)


def failure(
    point: Point,
    error: str,
    elapsed_s: float,
    *,
    out_of_time: bool = False,
    fold: int | None = None,
) -> SweepRow:
    """Make the row of a point that failed, or that the sweep had no time left for."""
    return SweepRow(
        id=point.id,
        params=point.params,
        seed=point.seed,
        fold=fold,
        status="timeout" if out_of_time else "error",
        elapsed_s=elapsed_s,
        error=error,
    )


def _success(point: Point, value: msgspec.Raw, elapsed_s: float) -> SweepRow:
    try:
        returned = _RETURNED.decode(value)
    except _MALFORMED as error:
        form = '{"metrics": {"is": {…}, "oos": {…}}, "returns"?: [[date, r]…], "trades"?: […]}'
        return failure(point, f"{error}: the function must return {form}", elapsed_s)
    found = SweepRow(
        id=point.id,
        params=point.params,
        seed=point.seed,
        metrics={"is": returned.metrics.is_, "oos": returned.metrics.oos},
        status="ok",
        elapsed_s=elapsed_s,
        returns=returned.returns,
        trades=returned.trades,
    )
    doubled = doubled_date(found)
    if doubled is None:
        return found
    return failure(point, f"there are two returns of {doubled!r}: return one a day", elapsed_s)
