"""Talking to our own harness (``worker/harness/bench.py``): one process, one launch.

What it writes passes through the repository's process, so it is hostile until it was read here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from engine.configuration import Measure
from engine.errors import CandidateError, UserError
from engine.formats.reading import MAX_CASES, MAX_NAME_CHARACTERS
from engine.samples import Launch
from engine.values import Better, CaseName, MetricName
from worker.files import read_untrusted
from worker.processes import Finished
from worker.suites.command import Step, finish_step, unfinished
from worker.suites.launch import MAX_OUTPUT_BYTES, Launched
from worker.suites.task import SideError

HARNESS = Path(__file__).resolve().parent.parent / "harness" / "bench.py"
_SLACK = 1.01  # of the launch's own time, for the clocks' differences
_CPU_SLACK_S = 0.05  # two kernels' clocks: one may count in ticks
_UNITS = {"wall": "s", "cpu": "s", "memory": "B"}

Mode = Literal["list", "calibrate", "measure"]
_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_NAME_CHARACTERS)]
_Samples = Annotated[tuple[Annotated[float, msgspec.Meta(ge=0.0)], ...], msgspec.Meta(min_length=1)]


class Measured(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the harness says of one case: seconds a call, and bytes."""

    case: _Name
    inner: Annotated[int, msgspec.Meta(ge=1)]
    wall: _Samples | None = None
    cpu: _Samples | None = None
    memory: _Samples | None = None
    steady: bool | None = None
    result_hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")] | None = None


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    listed: Annotated[tuple[_Name, ...], msgspec.Meta(max_length=MAX_CASES)] | None = None
    begun: _Name | None = None
    measured: Measured | None = None
    failed: str | None = None
    ended: bool = False


_LINE = msgspec.json.Decoder(_Line)
_MALFORMED = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


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


def listed(step: Step, request: Request, out: Path) -> tuple[str, ...]:
    """Name the cases of the request's file, sorted; errors as of :func:`launched`."""
    answer = _asked(step, request, out)[1]
    return tuple(sorted(set(answer.listed)))


def calibrated(step: Step, request: Request, out: Path) -> dict[str, int]:
    """Find how many calls make a sample of each case; errors as of :func:`launched`."""
    answer = _asked(step, request, out)[1]
    return {name: one.inner for name, one in answer.measured.items()}


def launched(step: Step, request: Request, out: Path) -> Launched:
    """Measure in one process; *step* has place and conditions, *out* is the file to write.

    Raises:
        CandidateError: a case or the whole file fails, hangs, or claims what cannot be; where
            the step knows its side, SideError, for a time-out OutOfTimeError.
    """
    finished, answer = _asked(step, request, out)
    measured = tuple(answer.measured.values())
    problem = _impossible(measured, request, finished)
    if problem is not None:
        raise _failed(step, problem, ending="wrote what cannot be")
    launches = [launch for one in measured for launch in _launches(one, request.measure)]
    return Launched(finished, tuple(launches))


@dataclass(slots=True)
class _Answer:
    """All that was said, as far as it got."""

    listed: tuple[str, ...]
    measured: dict[str, Measured]
    begun: str | None = None
    failed: str | None = None
    ended: bool = False


def _asked(step: Step, request: Request, out: Path) -> tuple[Finished, _Answer]:
    """Run the harness; whatever goes wrong is blamed on the case that it was at."""
    file = out.with_suffix(".request")
    file.write_bytes(msgspec.json.encode(_request(step, request, out)))
    step = replace(step, argv=(*step.argv, str(HARNESS), str(file)))
    try:
        finished = finish_step(step)
        answer = _read(step, out)
    finally:
        file.unlink(missing_ok=True)
        out.unlink(missing_ok=True)
    at = step if answer.begun is None else replace(step, name=f"case {answer.begun}")
    if answer.failed is not None and not finished.timed_out:
        raise _failed(at, answer.failed)
    if not finished.succeeded:
        raise unfinished(at, finished)
    wanted = set(request.cases) if request.mode != "list" else set()
    if not answer.ended or set(answer.measured) != wanted:
        raise _failed(at, finished.tail, ending="ended before all was measured")
    return finished, answer


def _request(step: Step, request: Request, out: Path) -> dict[str, object]:
    measure = request.measure
    return {
        "root": str(step.cwd),
        "file": request.file,
        "out": str(out),
        "mode": request.mode,
        "cases": list(request.cases),
        "seed": request.seed,
        "inner": dict(request.inner),
        "warmup": measure.warmup,
        "samples": measure.samples,
        "metrics": list(measure.metrics),
        "threads": measure.threads,
    }


def _read(step: Step, out: Path) -> _Answer:
    """Read what was written; of a process that wrote nothing, nothing."""
    answer = _Answer((), {})
    if not out.is_symlink() and not out.exists():
        return answer
    try:
        data = read_untrusted(out, MAX_OUTPUT_BYTES, "the harness's output")
        for line in data.split(b"\n")[:-1]:  # a last line without its end was cut off
            _take(answer, _LINE.decode(line))
    except (*_MALFORMED, UserError) as error:
        raise _failed(step, str(error), ending="wrote over the harness's output") from None
    return answer


def _take(answer: _Answer, line: _Line) -> None:
    if line.listed is not None:
        answer.listed = line.listed
    if line.begun is not None:
        answer.begun = line.begun
    if line.measured is not None:
        answer.measured[line.measured.case] = line.measured
        answer.begun = None
    if line.failed is not None:
        answer.failed = line.failed
    answer.ended = answer.ended or line.ended


def _failed(step: Step, tail: str, *, ending: str = "") -> CandidateError:
    if step.side is None:
        return CandidateError(step.name, tail, ending=ending)
    return SideError(step.name, tail, step.side, ending=ending)


def _impossible(measured: Sequence[Measured], request: Request, finished: Finished) -> str | None:
    """Say what of the samples cannot be; None: nothing."""
    wanted = set(request.measure.metrics)
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
        for metric in measure.metrics
    ]


__all__ = ["HARNESS", "Mode", "Request", "calibrated", "launched", "listed"]
