"""What the process of a strategy answered, looked at with suspicion, as results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from engine.backtest.bars import Bars
from engine.backtest.column_bytes import Lengths, backtest_of, returns_from, size_of
from engine.backtest.kernels.layout import ROWS_A_BAR
from engine.backtest.leaks import Canary
from engine.backtest.results import Backtest, Dropped, Reason
from engine.errors import UserError
from engine.identity import content_hash
from engine.sweep.grid import Point
from worker.engine_protocol import (
    MAX_ERROR_CHARACTERS,
    EngineJob,
    FoldAnswer,
    FoldWindows,
    PointAnswer,
    Shares,
    WindowAnswer,
)
from worker.executors.channel import ChannelClosedError
from worker.executors.points import CLOCK_SLACK_S
from worker.files import read_untrusted

MAX_COLUMN_BYTES = 2**31
_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError, UserError)
_ANSWER = msgspec.json.Decoder(PointAnswer)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowResult:
    """One window: figures by name (null ones have a reason), and its behaviour's signature."""

    metrics: Mapping[str, float | None]
    reasons: Mapping[str, str]
    signature: str
    shares: Shares | None = None
    backtest: Backtest | None = None  # where the job gives "backtests"; its bars are the window's


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldResult:
    """One fold; *signature* is over those of its windows.

    *returns*, where the job gives them, are the T - 1 ones of the out-of-sample window's T bars,
    from close to close: ``returns[i]`` is of bar ``oos start + 1 + i``. None where an equity was
    not positive too.
    """

    fold: int
    is_: WindowResult | None
    oos: WindowResult
    signature: str
    returns: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluated:
    """What became of a point: its folds in the job's order, or the error that it ended with."""

    point: Point
    status: Literal["ok", "error", "timeout"]
    elapsed_s: float
    folds: tuple[FoldResult, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)  # in force, where the job gives runs
    canary: Canary | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What answers are held against: the job, its bars, and the folder of its columns."""

    job: EngineJob
    bars: Bars
    out: Path


def failed(point: Point, error: str, elapsed_s: float, *, out_of_time: bool = False) -> Evaluated:
    """Make the result of a point that failed, or that there was no time for."""
    status: Literal["error", "timeout"] = "timeout" if out_of_time else "error"
    text = error[-MAX_ERROR_CHARACTERS:]
    return Evaluated(point=point, status=status, elapsed_s=elapsed_s, error=text)


class RefusedAnswerError(ChannelClosedError):
    """The answer is none that the harness gives: nothing that comes after it can be believed."""


def evaluated(
    asked: Asked, point: Point, line: bytes, waited_s: float, *, canary: bool = False
) -> Evaluated:
    """Turn a process's line, which took *waited_s* here, into the result of *point*.

    *canary*: the point was to be tried for look-ahead, not to be evaluated.

    Raises:
        RefusedAnswerError: it is malformed, of another point, or claims more time than passed.
    """
    try:
        answer = _ANSWER.decode(line)
        if answer.index != point.index or not answer.elapsed_s <= waited_s + CLOCK_SLACK_S:
            message = "the process's answer claims another point, or more time than has passed"
            raise RefusedAnswerError(message)
        if answer.error is not None:
            return failed(point, answer.error or "no message", answer.elapsed_s)
        if (answer.canary is None) is canary:
            message = "the process's answer is not of the kind that was asked for"
            raise RefusedAnswerError(message)
        folds = () if canary else _folds(asked, point, answer)
    except _MALFORMED as error:
        message = f"the process's answer is malformed: {error}"
        raise RefusedAnswerError(message) from error
    return Evaluated(
        point=point,
        status="ok",
        elapsed_s=answer.elapsed_s,
        folds=folds,
        params=answer.params,
        canary=answer.canary,
    )


def _folds(asked: Asked, point: Point, answer: PointAnswer) -> tuple[FoldResult, ...]:
    pairs = list(zip(asked.job.folds, answer.folds, strict=True))
    if any((one.fold, one.is_ is None) != (got.fold, got.is_ is None) for one, got in pairs):
        message = "its folds are not those of the job"
        raise ValueError(message)
    return tuple(_fold(asked, point, windows, fold) for windows, fold in pairs)


def _fold(asked: Asked, point: Point, windows: FoldWindows, fold: FoldAnswer) -> FoldResult:
    answers = [one for one in (fold.is_, fold.oos) if one is not None]
    runs: list[Backtest | None] = [None] * len(answers)
    returns = None
    if asked.job.give == "returns":
        start, stop = windows.oos
        data = _columns(asked, point, fold, (stop - start) * 8)
        returns = returns_from(data, stop - start)
    elif asked.job.give == "backtests":
        runs = [*_backtests(asked, point, windows, fold)]
    *inside, outside = [_window(one, run) for one, run in zip(answers, runs, strict=True)]
    return FoldResult(
        fold=fold.fold,
        is_=inside[0] if inside else None,
        oos=outside,
        signature=content_hash([one.signature for one in answers]),
        returns=returns,
    )


def _window(answer: WindowAnswer, run: Backtest | None) -> WindowResult:
    unexplained = [
        name
        for name, value in answer.metrics.items()
        if value is None and name not in answer.reasons
    ]
    if unexplained:
        message = f"{unexplained[0]} is null without a reason"
        raise ValueError(message)
    return WindowResult(
        metrics=answer.metrics,
        reasons=answer.reasons,
        signature=answer.signature,
        shares=answer.shares,
        backtest=run,
    )


def _columns(asked: Asked, point: Point, fold: FoldAnswer, most: int) -> bytes:
    """Read the columns of a fold, and remove their file."""
    expected = f"{point.index}-{fold.fold}.columns"
    if fold.columns != expected:
        message = f"its columns are in {fold.columns!r}, not in {expected!r}"
        raise ValueError(message)
    path = asked.out / expected
    data = read_untrusted(path, min(most, MAX_COLUMN_BYTES), expected)
    try:
        path.unlink()
    except OSError as error:  # it is the process's folder, too
        message = f"{expected} cannot be removed: {error.strerror}"
        raise ValueError(message) from error
    return data


def _backtests(
    asked: Asked, point: Point, windows: FoldWindows, fold: FoldAnswer
) -> list[Backtest]:
    spans = [span for span in (windows.is_, windows.oos) if span is not None]
    answers = [one for one in (fold.is_, fold.oos) if one is not None]
    parts = [_part(asked, *pair) for pair in zip(spans, answers, strict=True)]
    sizes = [size_of(bars.length, lengths) for bars, lengths, _ in parts]
    data = memoryview(_columns(asked, point, fold, sum(sizes)))
    runs = []
    for (bars, lengths, cash), size in zip(parts, sizes, strict=True):
        runs.append(_checked(backtest_of(data[:size], bars, lengths, cash)))
        data = data[size:]
    if data:
        message = f"{len(data)} bytes of columns are left over"
        raise ValueError(message)
    return runs


def _part(
    asked: Asked, span: tuple[int, int], answer: WindowAnswer
) -> tuple[Bars, Lengths, tuple[float, float]]:
    if answer.lengths is None or answer.cash_end is None:
        message = "it has no lengths of its columns, or no cash"
        raise ValueError(message)
    bars = asked.bars.window(*span)
    lengths = Lengths(**msgspec.structs.asdict(answer.lengths))
    most = bars.width + ROWS_A_BAR * bars.width * (bars.length + 1)  # those of the end first
    if lengths.open > bars.width or max(lengths) > most:
        message = "its columns are longer than these bars can make them"
        raise ValueError(message)
    return bars, lengths, (asked.job.account.cash, answer.cash_end)


def _checked(run: Backtest) -> Backtest:
    """Give back a backtest whose numbers point to its own bars and assets, and are finite."""
    length, width = run.bars.length, run.bars.width
    if not bool(np.isfinite(run.equity).all()):
        message = "equity is not finite"
        raise ValueError(message)
    bounds = {"asset": width, "bar": length, "entry_bar": length, "exit_bar": length}
    for table in (run.trades, run.open, run.dropped, run.fills):
        for name in table.__dataclass_fields__:
            column = getattr(table, name)
            if name in bounds and bool(((column < 0) | (column >= bounds[name])).any()):
                message = f"{name} is out of bounds"
                raise ValueError(message)
            if column.dtype.kind == "f" and not bool(np.isfinite(column).all()):
                message = f"{name} is not finite"
                raise ValueError(message)
    _check_kinds(run)
    return run


def _check_kinds(run: Backtest) -> None:
    known = (
        bool((run.trades.reason <= max(Reason)).all()),
        bool((run.dropped.reason <= max(Dropped)).all()),
        bool((np.abs(run.trades.side) == 1).all()),
    )
    if not all(known):
        message = "a reason or side is unknown"
        raise ValueError(message)
