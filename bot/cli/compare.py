"""``compare``, ``update-baseline`` and ``pack``: a sweep's directory against what was accepted."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import click

from bot.cli.output import OutputFormat, Remark, Result, emit, format_option, message
from bot.cli.workplace import commit_of
from engine.backtest.leaks import Canary
from engine.baselines import create_new_baseline
from engine.comparison import BaselineData, ComparisonVerdict, compare_results
from engine.document import Document
from engine.errors import UserError, Where
from engine.json_text import write_json
from engine.perf_budgets import decode_perf_budget
from engine.reports.regression import generate_baseline_diff, generate_regression_report
from engine.sweep_leaks import told
from engine.values import ExitCode
from worker.archives import pack_directory
from worker.files import save
from worker.sweep_files import (
    LOOK_AHEAD,
    Manifest,
    load_baseline,
    load_budget_document,
    load_canary,
    load_current_data,
    load_manifest,
    save_baseline,
)

_SHA = re.compile(r"[0-9a-f]{7,40}")
_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--current", type=_FILE, required=True, help="Directory of the sweep to judge.")
@click.option("--baseline", type=_FILE, required=True, help="baseline.json to compare with.")
@click.option("--budget", type=_FILE, required=True, help="perf_budget.yaml with the limits.")
@click.option("--out", type=_FILE, help="Write the report here, as Markdown.")
@click.option("--diff", type=_FILE, help="Write the differences here, as JSON.")
@format_option
def compare(
    current: Path,
    baseline: Path,
    budget: Path,
    output_format: OutputFormat,
    **written: Path | None,
) -> int:
    """Compare a finished sweep with a baseline under a budget.

    Exit code 0: every rule of the budget holds. 1: one does not, or something could not be read.

    \b
    Example:
      highwater compare --current runs/sweeps/ci_smoke --baseline benchmarks/baseline.json \\
        --budget sweeps/perf_budget.yaml --out regression_report.md --diff baseline_diff.json
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    document = load_budget_document(budget)
    limits, accepted = decode_perf_budget(document), load_baseline(baseline)
    measured = load_current_data(current)
    verdict = compare_results(measured, accepted, limits)
    report = generate_regression_report(verdict, measured, accepted, limits)
    difference = generate_baseline_diff(verdict)
    _write(written.get("out"), report.encode())
    _write(written.get("diff"), write_json(difference))
    remarks = _remarks(verdict, document)
    emit(Result(human=report, document=difference, remarks=remarks), output_format)
    return ExitCode.WITHIN_BUDGET if verdict.passed else ExitCode.REGRESSION


@click.command("update-baseline")
@click.option("--current", type=_FILE, required=True, help="Directory of the sweep to accept.")
@click.option("--out", type=_FILE, required=True, help="baseline.json to write.")
@click.option("--sha", help="Commit that was measured. Default: as the sweep's manifest says.")
@format_option
def update_baseline(current: Path, out: Path, sha: str | None, output_format: OutputFormat) -> int:
    """Make a baseline of a finished sweep.

    Commit the file together with the reason why this level is accepted.

    \b
    Example:
      highwater update-baseline --current runs/sweeps/ci_smoke --out benchmarks/baseline.json
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    measured, manifest = load_current_data(current), load_manifest(current)
    _refuse_leak(load_canary(current), current)
    origin = _origin(manifest) if sha is None else sha
    baseline = create_new_baseline(
        measured,
        git_sha=_checked_sha(origin, manifest),
        created_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        platform=manifest.platform if manifest else None,
        spec_hash=manifest.spec_hash if manifest else None,
        data=manifest.data if manifest else None,
    )
    save_baseline(out, baseline)
    if measured.determinism is not None and not measured.determinism.is_deterministic:
        message("Warning: this sweep is not deterministic, so its level may not be met again.")
    emit(Result(human=_accepted(baseline, out), document=baseline), output_format)
    return ExitCode.WITHIN_BUDGET


@click.command()
@click.argument("directory", metavar="DIR", type=_FILE)
@click.option("--out", type=_FILE, required=True, help="Archive to write, such as run.tar.gz.")
@format_option
def pack(directory: Path, out: Path, output_format: OutputFormat) -> int:
    """Pack the directory of a run, regression files included: same files, same bytes.

    \b
    Example:
      highwater pack runs/sweeps/ci_smoke --out ci_smoke.tar.gz
    """  # noqa: D301 - \b is click's mark for lines that are not to be refilled
    packed = pack_directory(directory, out)
    human = f"Packed {len(packed.files)} files into {out} (sha256 {packed.sha256})."
    emit(Result(human=human, document=packed), output_format)
    return ExitCode.WITHIN_BUDGET


def _write(path: Path | None, data: bytes) -> None:
    if path is not None:
        save(path, data)


def _remarks(verdict: ComparisonVerdict, budget: Document) -> tuple[Remark, ...]:
    return tuple(
        Remark(
            level="error",
            message=failure.message,
            file=budget.file,
            line=None if failure.key is None else budget.line((failure.key,)),
            title="Over budget",
        )
        for failure in verdict.failures
    )


def _accepted(baseline: BaselineData, out: Path) -> str:
    best = f"{baseline.metric} {baseline.summary.best_metric:.6g}"
    return f"Accepted {best} of commit {baseline.git_sha} in {out}. Commit it with the reason."


def _refuse_leak(canary: Canary | None, current: Path) -> None:
    """Accept no level that was reached by looking ahead."""
    if canary is not None and canary.leak is not None:
        problem = f"the sweep's strategy looks ahead: {told(canary)}."
        raise UserError(problem, Where(str(current / LOOK_AHEAD)), "Mend it and sweep again.")


def _origin(manifest: Manifest | None) -> str | None:
    """Give the commit that the sweep measured; None where its files were no commit's."""
    if manifest is None:
        return commit_of(Path())
    return None if manifest.dirty else manifest.git_sha or commit_of(Path())


def _checked_sha(sha: str | None, manifest: Manifest | None) -> str:
    if sha is not None and _SHA.fullmatch(sha):
        return sha
    remedy = "Name it with --sha. It has 7 to 40 hexadecimal digits in lower case."
    if sha is None and manifest is not None and manifest.dirty:
        problem = "the sweep measured files that were not committed."
        raise UserError(problem, None, f"Commit them and run it again. {remedy}")
    problem = f"the commit that was measured is not known: found {sha!r}."
    raise UserError(problem, None, remedy)


__all__ = ["compare", "pack", "update_baseline"]
