"""Which cases a benchmark suite is expected to measure: those that it measured before."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bot.checks.planning import PlannedRun
from bot.store.checks import CheckRecord, CheckStore
from engine.configuration import Suite, check_name
from engine.continued import sessions
from engine.orders import BenchmarkEvidence, RunOrder, RunReport
from engine.samples import PairLaunch
from engine.values import RunId, Side, SuiteKind
from engine.verdicts import RunTerms

LOOKED_AT = 20  # runs, the newest first; one of them is enough


def with_expected_cases(
    store: CheckStore, check: CheckRecord, planned: Iterable[PlannedRun]
) -> tuple[PlannedRun, ...]:
    """Tell each run's terms what the suite's last concluded run measured of its merge base.

    Of another pull request to the same branch, so that measuring the same one again does not
    make what it lost forgotten; and only where the suite is still declared the same.
    """
    return tuple(_with_expected(store, check, run) for run in planned)


def _with_expected(store: CheckStore, check: CheckRecord, planned: PlannedRun) -> PlannedRun:
    order = planned.order
    if order.suite.kind is not SuiteKind.BENCHMARK:
        return planned
    name = check_name(order.suite_name, order.suite.runs_on)
    for run in store.reported_elsewhere(check, name, LOOKED_AT):
        cases = _cases_of(store, run, order.suite)
        if cases:
            return PlannedRun(order, _replace(planned.terms, run, cases))
    return planned


def _replace(terms: RunTerms, run: RunId, cases: frozenset[str]) -> RunTerms:
    return msgspec.structs.replace(terms, expected_cases=tuple(sorted(cases)), expected_from=run)


def _cases_of(store: CheckStore, run: RunId, suite: Suite) -> frozenset[str]:
    """Give the cases that a run measured of its merge base; none where it is not to be asked."""
    record = store.run(run)
    if record is None or not _is_whole(record.order) or not _is_same(record.order.suite, suite):
        return frozenset()
    report = store.load_report(run)
    return frozenset() if report is None else _measured(record.order, report)


def _is_whole(order: RunOrder) -> bool:
    return order.purpose == "check" and order.cases is None and order.confirms is None


def _is_same(one: Suite, other: Suite) -> bool:
    """Whether both declare the same cases, by the same means."""
    declared = [(suite.command, suite.list, suite.spec, suite.format) for suite in (one, other)]
    return declared[0] == declared[1]


def _measured(order: RunOrder, report: RunReport) -> frozenset[str]:
    if report.failure is not None or not isinstance(report.evidence, BenchmarkEvidence):
        return frozenset()
    earlier = (launch for session in sessions(order) for launch in session.launches)
    launches = (*earlier, *report.evidence.launches)
    pairs = [launch for launch in launches if launch.purpose == "pair"]
    of_base = _cases(launch for launch in pairs if launch.side is Side.BASE)
    of_head = _cases(launch for launch in pairs if launch.side is Side.HEAD)
    # What passed the screen was held against stored levels of the base: it was never paired.
    passed = _cases(launch for launch in launches if launch.purpose == "screen") - of_head
    return frozenset(of_base | passed)


def _cases(launches: Iterable[PairLaunch]) -> set[str]:
    return {str(measured.case) for launch in launches for measured in launch.measured}
