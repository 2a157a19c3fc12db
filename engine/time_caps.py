"""Rows that are undecided because the time of their suite was up, and how long it would take."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from engine.findings import Finding, Reason
from engine.orders import BenchmarkEvidence, RunOrder
from engine.samples import PairLaunch
from engine.series import whole_pairs
from engine.stats import constants as c
from engine.values import Outcome

_MINUTE_S = 60.0
_OPEN = frozenset({Reason.TOO_FEW_PAIRS, Reason.CANNOT_TELL})
_FEWEST = 8  # pairs, by which most cases are decided


def with_time_cap(
    order: RunOrder, evidence: BenchmarkEvidence, findings: Iterable[Finding]
) -> tuple[Finding, ...]:
    """Tell rows that more pairs might have decided which key ended them; others stay as they are.

    How long it would take is reckoned from the slowest pair, which was of the most cases.
    """
    rows = tuple(findings)
    if evidence.stopped_by is None:
        return rows
    capped = [row for row in rows if _is_open(row, order)]
    detail = _detail(order, evidence, capped)
    return tuple(
        msgspec.structs.replace(row, reason=Reason.TIME_CAP, detail=detail)
        if row in capped
        else row
        for row in rows
    )


def time_cap_caveats(findings: Iterable[Finding]) -> Iterator[str]:
    """Say once for the whole suite what ended it."""
    said = next((one.detail for one in findings if one.reason is Reason.TIME_CAP), None)
    if said is not None:
        yield said


def _is_open(row: Finding, order: RunOrder) -> bool:
    is_open = row.outcome is Outcome.INCONCLUSIVE and row.reason in _OPEN
    return is_open and (row.pairs or 0) < c.path_of(order.suite.measure.max_pairs).last


def _detail(order: RunOrder, evidence: BenchmarkEvidence, rows: Sequence[Finding]) -> str:
    suite = order.suite
    given_s = suite.timeout_s if evidence.stopped_by == "timeout_s" else _minutes_s(order)
    value = suite.max_minutes if evidence.stopped_by == "max_minutes" else suite.timeout_s
    pairs = len(whole_pairs(one for one in evidence.launches if one.purpose == "pair"))
    wanted = max((_wanted(row) for row in rows), default=_FEWEST)
    needed_s = max(wanted * _slowest_pair_s(evidence.launches), given_s + _MINUTE_S)
    minutes = math.ceil(needed_s / _MINUTE_S)
    counted = "1 pair" if pairs == 1 else f"{pairs} pairs"
    return (
        f"{evidence.stopped_by}: {value:g} ended it after {counted}; "
        f"about {minutes:,} minutes are needed"
    )


def _minutes_s(order: RunOrder) -> float:
    return _MINUTE_S * (order.suite.max_minutes or 0.0)


def _wanted(row: Finding) -> int:
    """Tell how many pairs a row needs in all, as far as its spread is known."""
    pairs = row.pairs or 0
    if row.reason is Reason.TOO_FEW_PAIRS or row.further_pairs is None:
        return max(_FEWEST, pairs + 1)
    return max(_FEWEST, min(pairs + row.further_pairs, c.LONG.last))


def _slowest_pair_s(launches: Iterable[PairLaunch]) -> float:
    took: dict[int, float] = {}
    for one in launches:
        if one.purpose == "pair":
            took[one.pair] = took.get(one.pair, 0.0) + one.wall_s
    return max(took.values(), default=0.0)
