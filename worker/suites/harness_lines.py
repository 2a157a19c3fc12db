"""What our harness writes, line by line (``worker/harness/bench.py`` says what each means).

It passes through the repository's process, so it is hostile until it was read here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import msgspec

from engine.errors import UserError
from engine.formats.reading import MAX_CASES, MAX_NAME_CHARACTERS
from engine.orders import MAX_TAIL_CHARACTERS
from engine.samples import Count, Thresholds
from worker.files import read_untrusted
from worker.suites.launch import MAX_OUTPUT_BYTES

_PREFIX = "bench_"

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


class _Lost(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    case: _Name
    tail: str


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the process was like at the end; empty thresholds: the collector was off."""

    collector: Thresholds | None
    cpus: tuple[Count, ...] | None


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    listed: Annotated[tuple[_Name, ...], msgspec.Meta(max_length=MAX_CASES)] | None = None
    begun: _Name | None = None
    between: bool = False
    measured: Measured | None = None
    lost: _Lost | None = None
    failed: str | None = None
    ended: State | None = None


_LINE = msgspec.json.Decoder(_Line)


class MalformedError(Exception):
    """The output is not what our harness writes; the text says why."""


@dataclass(slots=True)
class Answer:
    """All that was said, as far as it got."""

    listed: tuple[str, ...]
    measured: dict[str, Measured]
    lost: dict[str, str] = field(default_factory=dict)
    begun: str | None = None
    failed: str | None = None
    ended: State | None = None


def read(out: Path) -> Answer:
    """Read what was written; of a process that wrote nothing, nothing.

    Raises:
        MalformedError: a line is none of ours, or the file is no file or too large.
    """
    answer = Answer((), {})
    if not out.is_symlink() and not out.exists():
        return answer
    try:
        data = read_untrusted(out, MAX_OUTPUT_BYTES, "the harness's output")
        for line in data.split(b"\n")[:-1]:  # a last line without its end was cut off
            told = _LINE.decode(line)
            _refuse_misnamed(told)
            _take(answer, told)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, UserError) as error:
        raise MalformedError(str(error)) from None
    return answer


def _take(answer: Answer, line: _Line) -> None:
    if line.listed is not None:
        answer.listed = line.listed
    if line.begun is not None or line.between:
        answer.begun = line.begun
    if line.measured is not None:
        answer.measured[line.measured.case] = line.measured
        answer.begun = None
    if line.lost is not None:
        answer.lost[line.lost.case] = line.lost.tail[-MAX_TAIL_CHARACTERS:]
        answer.begun = None
    if line.failed is not None:
        answer.failed = line.failed
    answer.ended = line.ended or answer.ended


def _refuse_misnamed(line: _Line) -> None:
    """Make sure that every case is named as a function can be."""
    for name in (*(line.listed or ()), line.begun, _of_case(line.measured), _of_case(line.lost)):
        if name is not None and not f"{_PREFIX}{name}".isidentifier():
            problem = f"{name[:80]!r} is no name of a case"
            raise UserError(problem, None, "Use letters, digits and _ alone.")


def _of_case(told: Measured | _Lost | None) -> str | None:
    return None if told is None else told.case
