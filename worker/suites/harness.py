"""Talking to our own harness (``worker/harness/bench.py``): one process, one launch.

What it writes passes through the repository's process, so it is hostile until it was read here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from engine.configuration import Measure
from engine.errors import CandidateError
from engine.samples import Launch
from engine.values import Better, CaseName, MetricName, Side
from worker.engine_places import own_places
from worker.processes import Finished
from worker.suites import harness_lines
from worker.suites.command import Step, finish_step, unfinished
from worker.suites.harness_lines import Answer, Measured, State
from worker.suites.launch import Launched
from worker.suites.task import OutOfTimeError, SideError

HARNESS = Path(__file__).resolve().parent.parent / "harness" / "bench.py"
_SLACK = 1.01  # of the launch's own time, for the clocks' differences
_CPU_SLACK_S = 0.05  # two kernels' clocks: one may count in ticks
_CLOCKS = ("wall", "cpu")
_UNITS = {"wall": "s", "cpu": "s", "memory": "B"}

Mode = Literal["list", "calibrate", "measure"]


class CaseFailedError(SideError):
    """One case ended the process, or spoilt it for all others; the others may do without it."""

    def __init__(self, case: str, tail: str, side: Side, *, ending: str = "") -> None:
        """Take the case, the tail of the output, whose code it was, and how it ended."""
        super().__init__(step_name(case), tail, side, ending=ending)
        self.case = case


@dataclass(frozen=True, slots=True)
class Request:
    """What one process is asked: *cases* in the order of measuring, *inner* calls a sample.

    The harness's ``calibrate`` finds ``inner``, so it needs none.
    """

    file: str
    mode: Mode
    measure: Measure
    cases: Sequence[str] = ()
    seed: int = 0
    inner: Mapping[str, int] = field(default_factory=dict)
    engine: Mapping[str, object] | None = None  # of an overhead: what of our engine is run


def listed(step: Step, request: Request, out: Path) -> tuple[str, ...]:
    """Name the cases of the request's file, sorted; errors as of :func:`launched`."""
    answer = _asked(step, request, out)[1]
    return tuple(sorted(set(answer.listed)))


def calibrated(step: Step, request: Request, out: Path) -> tuple[dict[str, int], dict[str, str]]:
    """Find how many calls make a sample of each case; and what failed cases said.

    Errors as of :func:`launched`.
    """
    answer = _asked(step, request, out)[1]
    return {name: one.inner for name, one in answer.measured.items()}, answer.lost


def launched(step: Step, request: Request, out: Path) -> Launched:
    """Measure in one process; *step* has place and conditions, *out* is the file to write.

    Raises:
        CandidateError: the whole file fails, hangs, or claims what cannot be; where the step
            knows its side, SideError, for a time-out OutOfTimeError. One case ended the process,
            or left work behind in it: where the step knows its side, CaseFailedError.
    """
    finished, answer = _asked(step, request, out)
    measured = tuple(answer.measured.values())
    problem = _impossible(measured, request, finished)
    if problem is not None:
        raise _failed(step, problem, ending="wrote what cannot be")
    launches = [launch for one in measured for launch in _launches(one, request.measure)]
    return Launched(_with_state(finished, answer.ended), tuple(launches), answer.lost)


def step_name(case: str) -> str:
    """Give the name by which a case is known where a step is told."""
    return f"case {case}"


def _asked(step: Step, request: Request, out: Path) -> tuple[Finished, Answer]:
    """Run the harness; whatever goes wrong is blamed on the case that it was at."""
    file = out.with_suffix(".request")
    file.write_bytes(msgspec.json.encode(_request(step, request, out)))
    step = replace(step, argv=(*step.argv, str(HARNESS), str(file)))
    try:
        finished = finish_step(step)
        answer = harness_lines.read(out)
    except harness_lines.MalformedError as error:
        raise _failed(step, str(error), ending="wrote over the harness's output") from None
    finally:
        file.unlink(missing_ok=True)
        out.unlink(missing_ok=True)
    if answer.failed is not None and not finished.timed_out:
        raise _blamed(step, answer, _failed(step, answer.failed))
    if not finished.succeeded:
        raise _blamed(step, answer, unfinished(step, finished))
    wanted = set(request.cases) if request.mode != "list" else set()
    told = answer.measured.keys() | answer.lost.keys()
    if answer.ended is None or told != wanted or answer.measured.keys() & answer.lost.keys():
        early = _failed(step, finished.tail, ending="ended before all was measured")
        raise _blamed(step, answer, early)
    return finished, answer


def _blamed(step: Step, answer: Answer, error: CandidateError) -> CandidateError:
    """Blame the case that was begun, if any; a time that was up is not its fault alone."""
    if answer.begun is None:
        return error
    name = step_name(answer.begun)
    if isinstance(error, OutOfTimeError):
        return OutOfTimeError(name, error.tail, error.side, ending=error.ending)
    if step.side is None:
        return CandidateError(name, error.tail, ending=error.ending)
    return CaseFailedError(answer.begun, error.tail, step.side, ending=error.ending)


def _with_state(finished: Finished, state: State | None) -> Finished:
    """Add what the harness says of its process to the conditions of its launch."""
    if state is None:
        return finished
    known = msgspec.structs.replace(
        finished.conditions, collector=state.collector, cpus_at_end=state.cpus
    )
    return replace(finished, conditions=known)


def _request(step: Step, request: Request, out: Path) -> dict[str, object]:
    measure = request.measure
    python, folders = own_places()
    return {
        "python": python,
        "folders": list(folders),
        "root": str(step.cwd),
        "file": request.file,
        "out": str(out),
        "mode": request.mode,
        "cases": list(request.cases),
        "seed": request.seed,
        "inner": dict(request.inner),
        "engine": request.engine,
        "warmup": measure.warmup,
        "samples": measure.samples,
        "metrics": list(_metrics(measure)),
        "threads": measure.threads,
    }


def _failed(step: Step, tail: str, *, ending: str = "") -> CandidateError:
    if step.side is None:
        return CandidateError(step.name, tail, ending=ending)
    return SideError(step.name, tail, step.side, ending=ending)


def _impossible(measured: Sequence[Measured], request: Request, finished: Finished) -> str | None:
    """Say what of the samples cannot be; None: nothing."""
    wanted = set(_metrics(request.measure))
    for one in measured:
        found = {metric for metric in _UNITS if getattr(one, metric) is not None}
        if not wanted <= found or one.inner != request.inner[one.case]:
            return f"case {one.case} lacks a metric that was asked for, or its calls"
        for times in (one.wall, one.cpu):
            if times is not None and len(times) != request.measure.samples:
                return f"case {one.case} has {len(times)} samples"
    wall_s, cpu_s = _claimed_s(measured, "wall"), _claimed_s(measured, "cpu")
    if wall_s > finished.wall_s * _SLACK:
        return f"samples of {wall_s:.3f} s, in a launch of {finished.wall_s:.3f} s"
    if cpu_s > finished.cpu_s * _SLACK + _CPU_SLACK_S:
        return f"samples of {cpu_s:.3f} s of CPU time, in a launch of {finished.cpu_s:.3f} s"
    return None


def _metrics(measure: Measure) -> tuple[str, ...]:
    """Name what is sent: with one clock always the other, or a sleep would hide in CPU time."""
    timed = not set(_CLOCKS).isdisjoint(measure.metrics)
    clocks = _CLOCKS if timed else ()
    return (*clocks, *(metric for metric in measure.metrics if metric not in _CLOCKS))


def _claimed_s(measured: Sequence[Measured], metric: str) -> float:
    return sum(sum(getattr(one, metric) or ()) * one.inner for one in measured)


def _launches(one: Measured, measure: Measure) -> list[Launch]:
    return [
        Launch(
            case=CaseName(one.case),
            metric=MetricName(metric),
            unit=_UNITS[metric],
            better=Better.LOWER,
            samples=getattr(one, metric),
            result_hash=one.result_hash,
            inner=None if metric == "memory" else one.inner,
            steady=None if metric == "memory" else one.steady,
        )
        for metric in _metrics(measure)
    ]


__all__ = [
    "HARNESS",
    "CaseFailedError",
    "Mode",
    "Request",
    "calibrated",
    "launched",
    "listed",
    "step_name",
]
