"""The files that a suite's spec reads: they measure, so both sides get the merge base's copy."""

from __future__ import annotations

from engine.backtest.backtest_spec import parse_backtest_spec
from engine.backtest.data_spec import DataSpec
from engine.backtest.risk.rule_specs import RuleSpec, series_sources
from engine.sweep.spec import parse_sweep_spec
from engine.values import SuiteKind


def files_of_spec(kind: SuiteKind, data: bytes, file: str) -> tuple[str, ...]:
    """Name the spec *file* itself, and the repository's files that its content *data* names.

    Those are bars, and series that rules need; a benchmark's cases name none.

    Raises:
        UserError: the spec is broken.
    """
    if kind is SuiteKind.SWEEP:
        sweep = parse_sweep_spec(data, file)
        return (file, *_named(sweep.data, sweep.risk or ()))
    if kind is SuiteKind.OVERHEAD:
        backtest = parse_backtest_spec(data, file)
        return (file, *_named(backtest.data, backtest.risk))
    return (file,)


def mounts_of_spec(kind: SuiteKind, data: bytes, file: str) -> tuple[str, ...]:
    """Name the data mounts that the content *data* of the spec *file* names, each once.

    Raises:
        UserError: the spec is broken.
    """
    if kind is SuiteKind.SWEEP:
        return parse_sweep_spec(data, file).mounts
    if kind is SuiteKind.OVERHEAD:
        backtest = parse_backtest_spec(data, file)
        places = (backtest.data.mount, *(one.mount for one in series_sources(backtest.risk)))
        return tuple(dict.fromkeys(name for name in places if name is not None))
    return ()


def _named(data: DataSpec | None, risk: tuple[RuleSpec, ...]) -> tuple[str, ...]:
    bars = () if data is None else data.repository_files
    series = (path for source in series_sources(risk) for path in source.repository_files)
    return tuple(dict.fromkeys((*bars, *series)))
