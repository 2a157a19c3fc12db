"""An order carried out: check out, build, measure; a report, whatever happens in between."""

from __future__ import annotations

import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import CandidateError, UserError
from engine.orders import BenchmarkEvidence, Failure, RunOrder, RunReport, SweepEvidence
from engine.values import Side
from worker.build import Environment, Site, build
from worker.checkout import check_out
from worker.machine import this_machine
from worker.queue.rq_queue import measuring_limit_s
from worker.settings import RunnerSettings
from worker.suites import DRIVERS
from worker.suites.task import Progress, SideError, Task, silent

MAX_TAIL = 16_384  # characters of a command's output that travel in a report

Evidence = BenchmarkEvidence | SweepEvidence


def carry_out(
    order: RunOrder, bundle: Path, settings: RunnerSettings, progress: Progress = silent
) -> RunReport:
    """Carry out *order* on the commits in *bundle*, and report.

    What the repository did wrong is in the report, as ``failure``: its code (``candidate``) or
    its files (``input``). Nothing is left behind in ``work_dir``.

    Raises:
        TransientError: this machine's fault, such as a full disk or a damaged bundle: another
            try may help.
        OSError: the work directory cannot be written to.
    """
    started = now_utc()
    with _workplace(settings, order.run) as folder:
        outcome = _blamed(_Site(order, bundle, settings, folder, progress))
    return _report(order, settings, started, outcome)


def failed(
    order: RunOrder, settings: RunnerSettings, started_utc: str, failure: Failure
) -> RunReport:
    """Report that *order* could not be carried out."""
    return _report(order, settings, started_utc, failure)


def runner_folder(settings: RunnerSettings) -> Path:
    """Name the folder that holds the work trees of this one runner, and nothing else."""
    return settings.work_dir / settings.runner_name


def remove_tree(folder: Path) -> None:
    """Remove a folder that a repository wrote into, read-only parts included.

    Raises:
        OSError: something in it cannot be removed.
    """

    def unlock(function: Callable[[str], object], path: str, _error: object) -> None:
        parent = Path(path).parent
        parent.chmod(stat.S_IRWXU)
        if not Path(path).is_symlink() and Path(path).is_dir():
            Path(path).chmod(stat.S_IRWXU)
            shutil.rmtree(path)
        else:
            function(path)

    if folder.exists():
        shutil.rmtree(folder, onerror=unlock)


@contextmanager
def _workplace(settings: RunnerSettings, run: str) -> Iterator[Path]:
    """Give an empty folder for one order; what a killed attempt left there is removed first."""
    folder = runner_folder(settings) / run
    remove_tree(folder)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        remove_tree(folder)


@dataclass(frozen=True, slots=True)
class _Site:
    """Everything that the steps of one order share."""

    order: RunOrder
    bundle: Path
    settings: RunnerSettings
    folder: Path
    progress: Progress


def _blamed(site: _Site) -> Evidence | Failure:
    """Measure, and turn what the repository did wrong into a value."""
    try:
        return _measured(site)
    except SideError as error:
        return _candidate(error, error.side)
    except CandidateError as error:
        return _candidate(error, None)
    except UserError as error:
        step = str(error.where) if error.where else site.order.suite_name
        return Failure(blame="input", step=step, tail=f"{error.problem} {error.remedy}")


def _candidate(error: CandidateError, side: Side | None) -> Failure:
    return Failure(blame="candidate", step=error.step, side=side, tail=error.tail[-MAX_TAIL:])


def _measured(site: _Site) -> Evidence:
    site.progress("checking out", 0, 1)
    trees = check_out(site.bundle, site.order, site.folder)
    environments: dict[Side, Environment] = {}
    for side in Side:
        site.progress("setting up", len(environments), len(Side))
        environments[side] = _built(site, side, trees[side])
    out = site.folder / "out"
    out.mkdir()
    task = Task(
        order=site.order,
        trees=trees,
        environments=environments,
        out=out,
        deadline=time.monotonic() + measuring_limit_s(site.order),
        progress=site.progress,
    )
    return DRIVERS[site.order.suite.kind](task)


def _built(site: _Site, side: Side, tree: Path) -> Environment:
    """Build one side's environment; both sides' paths have one length, to be measured alike."""
    home = site.folder / f"home-{side}"
    home.mkdir()
    place = Site(tree=tree, home=home, own=site.folder / f"environment-{side}")
    try:
        return build(site.order.setup, place, site.settings)
    except CandidateError as error:
        raise SideError(error.step, error.tail, side) from error


def _report(
    order: RunOrder, settings: RunnerSettings, started_utc: str, outcome: Evidence | Failure
) -> RunReport:
    return RunReport(
        run=order.run,
        nonce=order.nonce,
        runner=settings.runner_name,
        machine=this_machine(),
        started_utc=started_utc,
        finished_utc=now_utc(),
        evidence=None if isinstance(outcome, Failure) else outcome,
        failure=outcome if isinstance(outcome, Failure) else None,
    )


def now_utc() -> str:
    """Give the time now as the text that reports carry."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
