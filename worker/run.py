"""An order carried out: check out, build, measure; a report, whatever happens in between."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.errors import CandidateError, UserError
from engine.orders import CommandEvidence, Evidence, Failure, RunOrder, RunReport
from engine.values import Side
from worker.leftovers import remove_tree
from worker.machine import this_machine
from worker.measure import Errand, measure
from worker.missing_mounts import MissingMountError
from worker.settings import RunnerSettings
from worker.shown import redacted, without_places
from worker.suites.task import Progress, SideError, TooSlowError, silent

MAX_TAIL = 16_384  # characters of a command's output that travel in a report

_log = logging.getLogger("highwater.worker")


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
        errand = Errand(order, bundle, settings, folder, progress)
        report = _report(order, settings, started, _blamed(errand))
    return msgspec.structs.replace(report, data=errand.data)


def failed(
    order: RunOrder, settings: RunnerSettings, started_utc: str, failure: Failure
) -> RunReport:
    """Report that *order* could not be carried out."""
    return _report(order, settings, started_utc, failure)


def runner_folder(settings: RunnerSettings) -> Path:
    """Name the folder that holds the work trees of this one runner, and nothing else."""
    return settings.work_dir / settings.runner_name


@contextmanager
def _workplace(settings: RunnerSettings, run: str) -> Iterator[Path]:
    """Give an empty folder for one order; what a killed attempt left there is removed first."""
    folder = runner_folder(settings) / run
    remove_tree(folder)
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        try:
            remove_tree(folder)
        except OSError as error:  # what was measured counts for more
            _log.warning("folder_not_removed", extra={"run": run, "error": str(error)})


def _blamed(errand: Errand) -> Evidence | Failure:
    """Measure, and turn what the repository did wrong into a value."""
    try:
        return _with_shown(measure(errand), errand)
    except SideError as error:
        return _candidate(error, error.side, errand)
    except TooSlowError as error:
        return Failure(blame="time", step=_shown(error.step, errand), tail=error.tail)
    except CandidateError as error:
        return _candidate(error, None, errand)
    except MissingMountError as error:  # another runner may have it: the repository is not to blame
        return Failure(blame="runner", step=_shown(f"{error.problem} {error.remedy}", errand))
    except UserError as error:
        step = str(error.where) if error.where else errand.order.suite_name
        tail = f"{error.problem} {error.remedy}"
        return Failure(blame="input", step=_shown(step, errand), tail=_shown(tail, errand))


def _candidate(error: CandidateError, side: Side | None, errand: Errand) -> Failure:
    step, tail = _shown(error.step, errand), _shown(error.tail, errand)[-MAX_TAIL:]
    return Failure(blame="candidate", step=step, ending=error.ending, side=side, tail=tail)


def _with_shown(evidence: Evidence, errand: Errand) -> Evidence:
    """Show what a command said as a failure's output is shown."""
    if not isinstance(evidence, CommandEvidence):
        return evidence
    base, head = (
        msgspec.structs.replace(result, tail=_shown(result.tail, errand)[-MAX_TAIL:])
        for result in (evidence.base, evidence.head)
    )
    return msgspec.structs.replace(evidence, base=base, head=head)


def _shown(text: str, errand: Errand) -> str:
    """Show a text of the repository's: paths from its top, nothing secret or of this machine."""
    trees = ((errand.folder / side, "") for side in Side)
    places = (*trees, (errand.folder, ""), (errand.settings.cache_dir, "cache"))
    return without_places(redacted(text), places)


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
        dedicated=settings.dedicated,
    )


def now_utc() -> str:
    """Give the time now as the text that reports carry."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
