"""Reports taken apart into rows, every raw sample one, and put together again exactly."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, assert_never

import msgspec
from sqlalchemy import Connection, Table, select

from bot.store.tables import PAIR_LAUNCHES, POINT_RETURNS, REPORTS, SAMPLES, SWEEP_POINTS
from engine.backtest.leaks import Canary
from engine.orders import (
    BenchmarkEvidence,
    CaseFailure,
    CommandEvidence,
    Evidence,
    PointReturns,
    RunReport,
    SweepEvidence,
    TimeCap,
    Trials,
)
from engine.samples import Launch, PairLaunch
from engine.sweep.rows import PointResult
from engine.values import RunId

_REPORT_FIELDS = ("nonce", "runner", "started_utc", "finished_utc", "dedicated", "data")
_LAUNCH_FIELDS = ("pair", "side", "first", "wall_s", "cpu_s", "purpose")
_SAMPLE_FIELDS = ("metric", "unit", "better", "result_hash", "inner", "steady")
_RETURNS_FIELDS = ("side", "id", "seed", "fold")
_RERUN = "rerun"  # in the place of a side: base's selected configuration, a second time
_RERUN_HEAD = "again"  # and what was run a second time on head
_POINT_FIELDS = PointResult.__struct_fields__


class _BenchmarkHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="benchmark"):
    """What benchmark evidence says beside its launches."""

    listed_base: tuple[str, ...] | None
    listed_head: tuple[str, ...] | None
    cut_short: bool = False
    failed: tuple[CaseFailure, ...] = ()
    stopped_by: TimeCap | None = None


class _SweepHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="sweep"):
    """What sweep evidence says beside its points."""

    metric: str
    mode: Literal["max", "min"]
    trials: Trials | None = None
    canary: Canary | None = None
    canary_base: Canary | None = None


# A command's evidence has no rows of its own: what it says is all there is.
_Header = _BenchmarkHeader | _SweepHeader | CommandEvidence


def insert_report(connection: Connection, run: RunId, report: RunReport) -> None:
    """Store *report* as rows under *run*, within the caller's transaction."""
    evidence = report.evidence
    connection.execute(REPORTS.insert(), _report_values(run, report))
    if isinstance(evidence, BenchmarkEvidence):
        launches = list(enumerate(evidence.launches))
        _insert_many(connection, PAIR_LAUNCHES, [_launch_values(run, *each) for each in launches])
        samples = [row for each in launches for row in _sample_values(run, *each)]
        _insert_many(connection, SAMPLES, samples)
    elif isinstance(evidence, SweepEvidence):
        sides = (
            ("base", evidence.base),
            ("head", evidence.head),
            (_RERUN, evidence.rerun),
            (_RERUN_HEAD, evidence.rerun_head),
        )
        points = [row for side, rows in sides for row in _point_values(run, side, rows)]
        _insert_many(connection, SWEEP_POINTS, points)
        returns = [_returns_values(run, *each) for each in enumerate(evidence.returns)]
        _insert_many(connection, POINT_RETURNS, returns)


def select_report(connection: Connection, run: RunId) -> RunReport | None:
    """Put the report of *run* together from its rows; None when it has none.

    Raises:
        msgspec.ValidationError: a stored row was changed into what no report can hold.
    """
    row = connection.execute(select(REPORTS).where(REPORTS.c.run == run)).one_or_none()
    if row is None:
        return None
    values = {name: getattr(row, name) for name in (*_REPORT_FIELDS, "machine", "failure")}
    values |= {"run": run, "caveats": row.caveats, "schema_version": 1}
    return msgspec.convert(
        {**values, "evidence": _evidence(connection, run, row.evidence)}, RunReport
    )


def _insert_many(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        connection.execute(table.insert(), rows)


def _report_values(run: RunId, report: RunReport) -> dict[str, Any]:
    return {
        "run": run,
        **{name: getattr(report, name) for name in _REPORT_FIELDS},
        "machine": msgspec.to_builtins(report.machine),
        "evidence": msgspec.to_builtins(_header(report.evidence)),
        "failure": msgspec.to_builtins(report.failure),
        "caveats": list(report.caveats),
    }


def _header(evidence: Evidence | None) -> _Header | None:
    match evidence:
        case BenchmarkEvidence():
            listed = (evidence.listed_base, evidence.listed_head)
            return _BenchmarkHeader(
                *listed,
                cut_short=evidence.cut_short,
                failed=evidence.failed,
                stopped_by=evidence.stopped_by,
            )
        case SweepEvidence():
            return _SweepHeader(
                evidence.metric,
                evidence.mode,
                evidence.trials,
                canary=evidence.canary,
                canary_base=evidence.canary_base,
            )
        case CommandEvidence() | None:
            return evidence
        case _:
            assert_never(evidence)


def _launch_values(run: RunId, position: int, launch: PairLaunch) -> dict[str, Any]:
    fields = {name: getattr(launch, name) for name in _LAUNCH_FIELDS}
    conditions = msgspec.to_builtins(launch.conditions)
    return {"run": run, "position": position, "conditions": conditions, **fields}


def _sample_values(run: RunId, launch: int, paired: PairLaunch) -> Iterator[dict[str, Any]]:
    for position, measured in enumerate(paired.measured):
        yield {
            "run": run,
            "launch": launch,
            "position": position,
            "case_name": measured.case,
            "samples": list(measured.samples),
            **{name: getattr(measured, name) for name in _SAMPLE_FIELDS},
        }


def _point_values(run: RunId, side: str, rows: Sequence[PointResult]) -> Iterator[dict[str, Any]]:
    for position, point in enumerate(rows):
        fields = {name: getattr(point, name) for name in _POINT_FIELDS}
        yield {"run": run, "side": side, "position": position, **fields}


def _returns_values(run: RunId, position: int, returns: PointReturns) -> dict[str, Any]:
    fields = {name: getattr(returns, name) for name in _RETURNS_FIELDS}
    series = {"dates": list(returns.dates), "returns": list(returns.values)}
    return {"run": run, "position": position, **series, **fields}


def _evidence(connection: Connection, run: RunId, header: Any) -> Evidence | None:
    parsed = msgspec.convert(header, _Header | None)
    if parsed is None or isinstance(parsed, CommandEvidence):
        return parsed
    if isinstance(parsed, _BenchmarkHeader):
        return BenchmarkEvidence(
            launches=_launches(connection, run),
            listed_base=parsed.listed_base,
            listed_head=parsed.listed_head,
            cut_short=parsed.cut_short,
            stopped_by=parsed.stopped_by,
            failed=parsed.failed,
        )
    return SweepEvidence(
        metric=parsed.metric,
        mode=parsed.mode,
        base=_points(connection, run, "base"),
        head=_points(connection, run, "head"),
        returns=_returns(connection, run),
        rerun=_points(connection, run, _RERUN),
        rerun_head=_points(connection, run, _RERUN_HEAD),
        trials=parsed.trials,
        canary=parsed.canary,
        canary_base=parsed.canary_base,
    )


def _launches(connection: Connection, run: RunId) -> tuple[PairLaunch, ...]:
    measured: dict[int, list[Launch]] = {}
    samples = select(SAMPLES).where(SAMPLES.c.run == run)
    for row in connection.execute(samples.order_by(SAMPLES.c.launch, SAMPLES.c.position)):
        fields = {name: getattr(row, name) for name in _SAMPLE_FIELDS}
        launch = {**fields, "case": row.case_name, "samples": row.samples}
        measured.setdefault(row.launch, []).append(msgspec.convert(launch, Launch))
    launches = select(PAIR_LAUNCHES).where(PAIR_LAUNCHES.c.run == run)
    return tuple(
        msgspec.convert(
            {
                **{name: getattr(row, name) for name in _LAUNCH_FIELDS},
                "conditions": row.conditions,
                "measured": tuple(measured.get(row.position, ())),
            },
            PairLaunch,
        )
        for row in connection.execute(launches.order_by(PAIR_LAUNCHES.c.position))
    )


def _points(connection: Connection, run: RunId, side: str) -> tuple[PointResult, ...]:
    wanted = select(SWEEP_POINTS).where(SWEEP_POINTS.c.run == run, SWEEP_POINTS.c.side == side)
    return tuple(
        msgspec.convert({name: getattr(row, name) for name in _POINT_FIELDS}, PointResult)
        for row in connection.execute(wanted.order_by(SWEEP_POINTS.c.position))
    )


def _returns(connection: Connection, run: RunId) -> tuple[PointReturns, ...]:
    wanted = select(POINT_RETURNS).where(POINT_RETURNS.c.run == run)
    return tuple(
        msgspec.convert(
            {
                **{name: getattr(row, name) for name in _RETURNS_FIELDS},
                "dates": row.dates,
                "values": row.returns,
            },
            PointReturns,
        )
        for row in connection.execute(wanted.order_by(POINT_RETURNS.c.position))
    )
