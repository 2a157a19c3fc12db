"""Files of sweeps on disk: budgets, baselines, rows, and the directory of a finished sweep."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from engine.backtest.bar_checks import DataReport
from engine.backtest.leaks import Canary
from engine.baseline_files import encode_baseline, parse_baseline
from engine.baselines import BaselineData
from engine.comparison import CurrentData, PerfBudget
from engine.current import CurrentSummary, Rate, Sample, Timing
from engine.decoding import decode
from engine.determinism import Determinism
from engine.document import Document
from engine.errors import UserError, Where
from engine.json_text import parse_json, write_json
from engine.mounts import Fingerprints
from engine.perf_budgets import decode_perf_budget
from engine.sweep.leaderboard import SweepSummary
from engine.sweep.row_files import encode_rows, parse_rows, rows_of_table
from engine.sweep.rows import SweepRow
from engine.sweep.walk_forward import WalkForward, walk_forward
from engine.values import Mode
from engine.yaml12 import parse_yaml
from worker.files import read_untrusted, save
from worker.parquet_rows import parquet_records

RESULTS_JSONL = "results.jsonl"
RESULTS_PARQUET = "results.parquet"
MANIFEST = "manifest.json"
LEADERBOARD = "leaderboard.json"
SUMMARY = "summary.json"
TIMINGS = "timings.json"
ERRORS = "errors.jsonl"
DETERMINISM = "determinism.json"
LOOK_AHEAD = "look_ahead.json"
PLOTS = ("equity.svg", "equity.png")
DERIVED = (
    SUMMARY,  # first to go and last to come: without it, nothing reads the directory as a result
    TIMINGS,
    LEADERBOARD,
    ERRORS,
    DETERMINISM,
    LOOK_AHEAD,
    *PLOTS,
    MANIFEST,
    "regression_report.md",
    "baseline_diff.json",
)
MAX_FILE_BYTES = 64 * 1024 * 1024
MAX_ROWS_BYTES = 128 * 1024 * 1024


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``manifest.json``: what was run, where and when; times are UTC in ISO 8601.

    ``git_sha`` is None outside git, and when the files were no commit's: ``dirty``. ``data_hash``
    is the fingerprint of the data that the spec names.
    """

    spec_hash: str
    git_sha: str | None
    platform: str
    versions: dict[str, str]
    seed: int
    started_utc: str
    finished_utc: str
    dirty: bool = False
    data: Fingerprints | None = None  # of the data mounts that it ran on
    data_hash: str | None = None
    data_report: DataReport | None = None  # of a class: how its bars were read, and mended


class _SummaryFile(msgspec.Struct, frozen=True, kw_only=True):
    metric: str
    mode: Mode
    best_metric: float | None
    success_rate: Rate
    total_runs: int
    sample: Sample | None = None
    walk_forward: WalkForward | msgspec.UnsetType = msgspec.UNSET


class _TimingsFile(msgspec.Struct, frozen=True, kw_only=True):
    p50: float | None
    p90: float | None


def load_perf_budget(path: Path | str) -> PerfBudget:
    """Read a budget file.

    Raises:
        UserError: missing, or no budget: see ``parse_perf_budget``.
    """
    return decode_perf_budget(load_budget_document(path))


def load_budget_document(path: Path | str) -> Document:
    """Read a budget file once, its lines kept: for ``decode_perf_budget`` and for annotations.

    Raises:
        UserError: missing, or no YAML.
    """
    return parse_yaml(_read(Path(path)), str(path))


def load_baseline(path: Path | str) -> BaselineData:
    """Read ``baseline.json``.

    Raises:
        UserError: missing, or no baseline that can be compared with: see ``parse_baseline``.
    """
    return parse_baseline(_read(Path(path)), str(path))


def load_current_data(directory: Path | str) -> CurrentData:
    """Read a sweep's directory: summary, timings, and leaderboard and determinism if present.

    Raises:
        UserError: the summary or the timings are missing, or a file is not what it must be.
    """
    folder = Path(directory)
    document = _json(folder / SUMMARY)
    summary = decode(document, _SummaryFile)
    leaderboard = _optional(folder / LEADERBOARD)
    determinism = _optional(folder / DETERMINISM)
    return CurrentData(
        metric=summary.metric,
        mode=summary.mode,
        summary=decode(document, CurrentSummary),
        timing=_timing(_json(folder / TIMINGS)),
        leaderboard=() if leaderboard is None else decode(leaderboard, _Leaderboard),
        determinism=None if determinism is None else decode(determinism, Determinism),
    )


def load_manifest(directory: Path) -> Manifest | None:
    """Read ``manifest.json``; None: the directory has none (another engine's need not).

    Raises:
        UserError: it is there and is no manifest.
    """
    document = _optional(directory / MANIFEST)
    return None if document is None else decode(document, Manifest)


def load_canary(directory: Path) -> Canary | None:
    """Read ``look_ahead.json``; None: the sweep was not tried for look-ahead.

    Raises:
        UserError: it is there and says something else.
    """
    document = _optional(directory / LOOK_AHEAD)
    return None if document is None else decode(document, Canary)


def read_rows(directory: Path) -> tuple[SweepRow, ...]:
    """Read the rows that a sweep wrote, hostile until read.

    Raises:
        UserError: no results file, two of them, or one that holds anything but rows.
    """
    present = [name for name in (RESULTS_JSONL, RESULTS_PARQUET) if _exists(directory / name)]
    if len(present) != 1:
        found = "both" if present else "neither"
        problem = f"expected either {RESULTS_JSONL} or {RESULTS_PARQUET}, found {found}."
        remedy = "Have the sweep write its rows to one of them."
        raise UserError(problem, Where(str(directory)), remedy)
    path = directory / present[0]
    data = read_untrusted(path, MAX_ROWS_BYTES)
    if present[0] == RESULTS_JSONL:
        return parse_rows(data, str(path))
    return rows_of_table(parquet_records(data, str(path), RESULTS_JSONL), str(path))


def write_sweep_directory(
    directory: Path,
    rows: Sequence[SweepRow],
    summary: SweepSummary,
    manifest: Manifest,
    *tests: Determinism | Canary,
) -> None:
    """Write rows and everything derived from them; what an earlier sweep left there goes first.

    *tests* are what it was put to: whether it is deterministic, whether it looks ahead.
    An interruption leaves a directory without ``summary.json``, which nothing takes for a result.

    Raises:
        UserError: the directory cannot be written to.
    """
    clear_sweep_directory(directory)
    save(directory / RESULTS_JSONL, encode_rows(rows))
    files: dict[str, bytes] = {
        MANIFEST: write_json(manifest),
        LEADERBOARD: write_json(summary.leaderboard),
        ERRORS: b"".join(msgspec.json.encode(error) + b"\n" for error in summary.errors),
        TIMINGS: write_json(summary.timing or _TimingsFile(p50=None, p90=None)),
    }
    for test in tests:
        name = DETERMINISM if isinstance(test, Determinism) else LOOK_AHEAD
        files[name] = write_json(test)
    files[SUMMARY] = write_json(_summary_file(summary, rows))
    for name, data in files.items():
        save(directory / name, data)


def clear_sweep_directory(directory: Path) -> None:
    """Remove what an earlier sweep left, its summary first; without it, nothing is a result.

    Raises:
        UserError: the directory is not ours to change.
    """
    try:
        for name in (*DERIVED, RESULTS_PARQUET, RESULTS_JSONL):
            (directory / name).unlink(missing_ok=True)
    except OSError as error:
        problem = f"the directory cannot be cleared of an earlier sweep: {error.strerror or error}."
        raise UserError(problem, Where(str(directory)), "Name another folder.") from error


def save_baseline(path: Path, baseline: BaselineData) -> None:
    """Write ``baseline.json`` whole.

    Raises:
        UserError: the place cannot be written to.
    """
    save(path, encode_baseline(baseline))


_Leaderboard = tuple[dict[str, Any], ...]


def _summary_file(summary: SweepSummary, rows: Sequence[SweepRow]) -> _SummaryFile:
    return _SummaryFile(
        metric=summary.metric,
        mode=summary.mode,
        best_metric=summary.summary.best_metric,
        success_rate=summary.summary.success_rate,
        total_runs=summary.summary.total_runs,
        sample=summary.summary.sample,
        walk_forward=walk_forward(rows, summary.metric, summary.mode) or msgspec.UNSET,
    )


def _timing(document: Document) -> Timing | None:
    """Read p50 and p90; both null means that no run succeeded."""
    found = decode(document, _TimingsFile)
    if found.p50 is None and found.p90 is None:
        return None
    return decode(document, Timing)


def _json(path: Path) -> Document:
    return parse_json(_read(path), str(path))


def _optional(path: Path) -> Document | None:
    return _json(path) if _exists(path) else None


def _exists(path: Path) -> bool:
    """Whether anything stands there, a dangling link included: that is an error, not absence."""
    return path.is_symlink() or path.exists()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        problem = "the file is missing."
        raise UserError(problem, Where(str(path)), "Check the path.") from error
    except OSError as error:
        problem = f"the file cannot be read: {error.strerror or error}."
        raise UserError(problem, Where(str(path)), "Name a readable file.") from error
    if len(data) > MAX_FILE_BYTES:
        problem = f"the file is larger than {MAX_FILE_BYTES} bytes."
        raise UserError(problem, Where(str(path)), "Name the right file.")
    return data
