"""Orders and reports as JSON: strict in both directions, because either side may be hostile."""

from __future__ import annotations

import re
from typing import NoReturn, TypeVar

import msgspec

from engine.continued import sessions
from engine.errors import IntegrityError
from engine.orders import MAX_REPORT_BYTES, BenchmarkEvidence, RunOrder, RunReport

MAX_ORDER_BYTES = MAX_REPORT_BYTES  # an order may carry the earlier evidence of its pair
MAX_NEW_PAIRS = 1_000  # numbers that a report may use up; 60 pairs are the most that is dealt

_T = TypeVar("_T")
_PLACE = re.compile(r"(?P<problem>.*) - at `\$\.?(?P<field>[^`]*)`", re.DOTALL)
_SHOWN = 200


def encode_order(order: RunOrder) -> str:
    """Write an order as the text that its job carries.

    Raises:
        IntegrityError: it is larger than a runner accepts.
    """
    data = msgspec.json.encode(order)
    _within(data, MAX_ORDER_BYTES, "order")
    return data.decode()


def decode_order(text: str) -> RunOrder:
    """Read an order.

    Raises:
        IntegrityError: too large, not JSON, or not an order; names the field.
    """
    return _decoded(text.encode(errors="surrogatepass"), RunOrder, MAX_ORDER_BYTES, "order")


def encode_report(report: RunReport) -> bytes:
    """Write a report as the bytes of its file.

    Raises:
        IntegrityError: it is larger than the bot accepts.
    """
    data = msgspec.json.encode(report)
    _within(data, MAX_REPORT_BYTES, "report")
    return data


def decode_report(data: bytes, order: RunOrder) -> RunReport:
    """Read the report of *order*, trusting nothing in it.

    Raises:
        IntegrityError: too large, not JSON, not a report (names the field), another order's,
            evidence of another kind than the order's suite gives, or pairs that are not
            numbered on from the earlier ones: their numbers are the order they are looked at in.
    """
    report = _decoded(data, RunReport, MAX_REPORT_BYTES, "report")
    _same("run", order.run, report.run)
    _same("nonce", order.nonce, report.nonce)
    if report.evidence is None and report.failure is None:
        _refuse("report: evidence", "evidence or a failure", "neither")
    if report.evidence is not None:
        kind = type(report.evidence).__struct_config__.tag
        _same("evidence.type", str(order.suite.kind), str(kind))
    if isinstance(report.evidence, BenchmarkEvidence):
        _refuse_misnumbered(order, report.evidence)
    return report


def _decoded(data: bytes, type_: type[_T], limit: int, what: str) -> _T:
    _within(data, limit, what)
    try:
        return msgspec.json.decode(data, type=type_)
    except msgspec.ValidationError as error:
        raise _field_error(what, str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise IntegrityError(what, "JSON in UTF-8", str(error)[:_SHOWN]) from error


def _field_error(what: str, message: str) -> IntegrityError:
    found = _PLACE.fullmatch(message)
    if found is None:
        return IntegrityError(what, f"a valid {what}", message[:_SHOWN])
    field = found["field"] or "the whole"
    return IntegrityError(f"{what}: {field[:_SHOWN]}", "a valid value", found["problem"][:_SHOWN])


def _same(field: str, expected: str, found: str) -> None:
    if found != expected:
        _refuse(f"report: {field}", expected, found)


def _refuse_misnumbered(order: RunOrder, evidence: BenchmarkEvidence) -> None:
    known = (launch for session in sessions(order) for launch in session.launches)
    start = 1 + max((one.pair for one in known if one.purpose == "pair"), default=-1)
    numbers = range(start, start + MAX_NEW_PAIRS)
    seen: set[tuple[str, int, str]] = set()
    for index, launch in enumerate(evidence.launches):
        where = f"report: evidence.launches[{index}]"
        if launch.purpose == "pair" and launch.pair not in numbers:
            _refuse(f"{where}.pair", f"one of {start} to {numbers[-1]}", str(launch.pair))
        launched = (launch.purpose, launch.pair, launch.side)
        if launched in seen:
            found = f"{launch.side} of {launch.purpose} {launch.pair} again"
            _refuse(where, "each launch once", found)
        seen.add(launched)


def _within(data: bytes, limit: int, what: str) -> None:
    if len(data) > limit:
        _refuse(f"size of the {what}", f"at most {limit} bytes", f"{len(data)} bytes")


def _refuse(what: str, expected: str, found: str) -> NoReturn:
    raise IntegrityError(what, expected, found[:_SHOWN])
