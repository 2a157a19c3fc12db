"""A sweep from its spec to what came out: prepared, begun or resumed, and its best run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from bot.cli.code_identity import code_identity, digest_of
from bot.cli.output import message, progress
from bot.cli.sweep_keeping import Kept, finished_in, kept
from bot.cli.sweep_refusals import refuse_unknown_metric, refuse_unknown_parameters
from bot.cli.workplace import (
    commit_of,
    is_dirty,
    repository_root,
    user_environ,
    user_python,
    versions_of,
)
from engine.backtest.bar_checks import DataReport
from engine.backtest.leaks import Canary
from engine.determinism import Determinism, judge_determinism
from engine.errors import UserError, Where
from engine.identity import derived_seed
from engine.sweep.grid import points
from engine.sweep.leaderboard import SweepSummary, summarise
from engine.sweep.rows import SweepRow
from engine.sweep.spec import SweepSpec
from worker.data_mounts import mounted
from worker.executors import serial
from worker.executors.points import Executor, Work, no_progress, not_kept
from worker.files import save
from worker.kernel_cache import kernel_cache
from worker.machine import this_machine
from worker.suites.canary import tried
from worker.suites.spec import load_spec
from worker.suites.strategies import is_class
from worker.suites.sweep_returns import with_returns
from worker.suites.sweep_terms import Site, load_terms
from worker.sweep_files import (
    Manifest,
    load_canary,
    load_current_data,
    read_rows,
    write_sweep_directory,
)
from worker.sweep_journal import Identity
from worker.sweep_plot import sweep_plots


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for: which *spec*, written to *place*, by which *executor*.

    *reruns* of the best configuration, None for none. *mounts* are this machine's data by name,
    *cache* is a folder for what can be made again.
    """

    spec: Path
    place: Path
    executor: Callable[[SweepSpec], Executor]
    reruns: int | None = None
    resume: bool = False
    mounts: Mapping[str, Path]
    cache: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A sweep that can begin. *data* is the fingerprint of what it is run on; None: of nothing."""

    wish: Wish
    spec: SweepSpec
    work: Work
    data: str | None
    versions: dict[str, str]
    report: DataReport | None = None


@dataclass(frozen=True, slots=True)
class Completed:
    """What came out of a sweep, all of which is in its directory."""

    rows: tuple[SweepRow, ...]
    summary: SweepSummary
    determinism: Determinism | None
    canary: Canary | None
    manifest: Manifest


def prepared(wish: Wish, folder: Path) -> Prepared:
    """Read the spec and, for a class, the bars, whose arrays are laid into *folder*.

    Raises:
        UserError: spec, strategy or data are missing or wrong.
    """
    shown = str(wish.spec)
    root = repository_root(wish.spec.parent if wish.spec.parent.is_dir() else Path())
    spec = load_spec(root, wish.spec.resolve(), shown)
    if not (root / spec.strategy_path).is_file():
        problem = f"names {spec.strategy_path!r}, and there is no such file."
        remedy = f"Paths are from the repository's root, {root}."
        raise UserError(problem, Where(shown, field="strategy"), remedy)
    python = user_python()
    work = Work(
        root=root,
        file=spec.strategy_path,
        name=spec.strategy_name,
        points=points(spec),
        python=python,
        environ=user_environ(python),
    )
    versions = versions_of(python)
    if not is_class(root, spec, shown):
        data = digest_of([root / path for path in spec.data_paths], root)
        read = data if spec.data_paths else None
        return Prepared(wish=wish, spec=spec, work=work, data=read, versions=versions)
    site = Site(
        root=root,
        shown=shown,
        folder=folder,
        mounts=wish.mounts,
        kernel_cache=kernel_cache(wish.cache / "kernels"),
    )
    refuse_unknown_metric(spec, shown)
    loaded = load_terms(spec, site)
    work = replace(work, terms=loaded.terms)
    return Prepared(
        wish=wish,
        spec=spec,
        work=work,
        data=loaded.fingerprint,
        versions=versions,
        report=loaded.report,
    )


def carried_out(sweep: Prepared) -> Completed:
    """Evaluate what is not done yet, and write the sweep's directory.

    A finished one that is to be resumed is kept as it is.

    Raises:
        UserError: the directory cannot be written to, or what was begun there is another sweep.
    """
    wish, spec, started = sweep.wish, sweep.spec, _now()
    execute = wish.executor(spec)  # before anything is touched
    sha, dirty = _origin(sweep)
    identity = _identity(sweep)
    former = finished_in(wish.place, identity, sha) if wish.resume else None
    if former is not None:
        return _finished(sweep, former)
    refuse = partial(refuse_unknown_parameters, spec, str(wish.spec))
    with kept(wish.place, identity, refuse, resume=wish.resume) as keeping:
        rows = _evaluated(sweep, execute, keeping)
        summary = summarise(rows, spec.metric, spec.mode)
        rows = with_returns(sweep.work, rows, summary.selected)
        determinism = _determinism(sweep, summary, wish.reruns) if wish.reruns else None
        canary = tried(sweep.work, summary.selected, derived_seed(spec.seed, "canary"))
        manifest = Manifest(
            spec_hash=spec.spec_hash,
            git_sha=sha,
            dirty=dirty,
            platform=this_machine().platform,
            versions=sweep.versions,
            seed=spec.seed,
            data=_mounts(sweep) or None,
            data_hash=sweep.data,
            data_report=sweep.report,
            started_utc=started,
            finished_utc=_now(),
        )
        tests = [one for one in (determinism, canary) if one is not None]
        write_sweep_directory(wish.place, rows, summary, manifest, *tests)
        for name, picture in sweep_plots(rows, summary, spec.strategy).items():
            save(wish.place / name, picture)
        keeping.remove()
    return Completed(rows, summary, determinism, canary, manifest)


def _identity(sweep: Prepared) -> Identity:
    return Identity(
        spec=sweep.spec.spec_hash,
        code=code_identity(sweep.work.root, sweep.wish.place),
        data=sweep.data or "",
        versions=sweep.versions,
        points=len(sweep.work.points),
    )


def _finished(sweep: Prepared, manifest: Manifest) -> Completed:
    """Read what is finished already, and say that it is."""
    wish, spec = sweep.wish, sweep.spec
    rows, determinism = read_rows(wish.place), load_current_data(wish.place).determinism
    message(f"The sweep in {wish.place} is finished: it is kept. To run it anew: without --resume.")
    if manifest.git_sha is None:
        message("It was of no commit: whether the code has changed since is not known.")
    if wish.reruns and (determinism is None or determinism.n_reruns != wish.reruns):
        message("Its best configuration was not run again: that takes a sweep without --resume.")
    summary = summarise(rows, spec.metric, spec.mode)
    return Completed(rows, summary, determinism, load_canary(wish.place), manifest)


def _evaluated(sweep: Prepared, execute: Executor, keeping: Kept) -> tuple[SweepRow, ...]:
    with progress("sweep") as advance:
        work = replace(
            sweep.work,
            finished=keeping.finished,
            keep=keeping.keep,
            progress=lambda done, total: advance("points", done, total),
        )
        return execute(work)


def _mounts(sweep: Prepared) -> dict[str, str]:
    """Take the fingerprints of the data mounts that the spec names."""
    found = mounted(sweep.spec.mounts, sweep.wish.mounts, sweep.wish.cache / "mounts")
    return {one.name: one.fingerprint for one in found}


def _origin(sweep: Prepared) -> tuple[str | None, bool]:
    """Give the commit whose files are run, and whether they differ from it."""
    root = sweep.work.root
    if is_dirty(root, sweep.wish.place):
        message("Uncommitted changes: the manifest names no commit, so no baseline can be made.")
        return None, True
    return commit_of(root), False


def _determinism(sweep: Prepared, summary: SweepSummary, reruns: int) -> Determinism | None:
    """Evaluate the best point again, each time in a process of its own, with its seed."""
    best = summary.best
    if best is None or best.metric is None:
        message("No configuration to re-run: no point gave a value.")
        return None
    values = [_again(sweep, best.config_id) for _ in range(reruns)]
    return judge_determinism(summary.metric, best.metric, values)


def _again(sweep: Prepared, name: str) -> float | None:
    point = [one for one in sweep.work.points if one.id == name]
    work = replace(sweep.work, points=point, finished={}, keep=not_kept, progress=no_progress)
    found = summarise(serial.evaluate(work), sweep.spec.metric, sweep.spec.mode)
    return None if found.best is None else found.best.metric


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
