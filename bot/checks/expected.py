"""Which cases a benchmark suite is expected to measure: those that it measured before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple, Protocol

import msgspec

from bot.checks.measuring import Source, measuring_changed
from bot.checks.planning import PlannedRun
from bot.store.checks import CheckRecord, CheckStore, Reported
from bot.store.nulls import NullStore
from engine.configuration import Suite, check_name
from engine.continued import sessions
from engine.orders import BenchmarkEvidence, RunOrder, RunReport
from engine.samples import PairLaunch
from engine.values import CommitSha, RunId, Side, SuiteKind

LOOKED_AT = 100  # runs, the newest first
READ = 20  # of those, the ones of the nearest commits; one of them is enough
_NULL_SESSIONS = 20
_NAMED_FILES = 5

Distances = Callable[[CommitSha], Mapping[str, int]]


class History(Source, Protocol):
    """Commits to read from, with what came before them."""

    def distances(self, tip: CommitSha) -> Mapping[str, int]:
        """Number *tip* and the commits before it, from 0: a commit's parents come after it."""


@dataclass(frozen=True, slots=True)
class Past:
    """What was measured before, and the history that tells what of it is of the same line."""

    checks: CheckStore
    nulls: NullStore
    history: History


def with_expected_cases(
    past: Past, check: CheckRecord, planned: Iterable[PlannedRun]
) -> tuple[PlannedRun, ...]:
    """Tell each run's terms what the suite measured of the merge base, or of a commit before it.

    The nearest commit counts. Of another pull request to the same branch, so that measuring the
    same one again does not make what it lost forgotten; and only where the suite is still declared
    the same. A null run of the very merge base says it best.

    Raises:
        TransientError: git failed.
    """
    distances = cache(past.history.distances)  # read once, and only where it is asked for
    return tuple(_expecting(past, distances, check, run) for run in planned)


def _expecting(
    past: Past, distances: Distances, check: CheckRecord, planned: PlannedRun
) -> PlannedRun:
    order = planned.order
    if order.suite.kind is not SuiteKind.BENCHMARK:
        return planned
    found = _null_session(past.nulls, order) or _nearest(past, distances, check, order)
    if found is None:
        return planned
    terms = msgspec.structs.replace(
        planned.terms,
        expected_cases=tuple(sorted(found.cases)),
        expected_from=found.run,
        expected_at=found.commit,
        expected_rewritten=found.rewritten[:_NAMED_FILES],
    )
    return PlannedRun(order, terms)


def _null_session(nulls: NullStore, order: RunOrder) -> _Found | None:
    """Find what the newest null run of the merge base measured."""
    known = nulls.sessions(order.repository, order.suite_name, limit=_NULL_SESSIONS)
    for session in reversed(known):
        cases = frozenset(one.case for one in session.comparisons if one.case)
        if session.commit == order.base and cases:
            return _Found(session.session, session.commit, cases)
    return None


def _nearest(
    past: Past, distances: Distances, check: CheckRecord, order: RunOrder
) -> _Found | None:
    name = check_name(order.suite_name, order.suite.runs_on)
    reported = past.checks.reported_elsewhere(check, name, LOOKED_AT)
    if not reported:
        return None
    near = _nearest_first(reported, distances(CommitSha(order.base)))
    for run, side in near[:READ]:
        record = past.checks.run(run)
        if record is None or not _may_be_asked(record.order, order.suite):
            continue
        before, report = record.order, past.checks.load_report(run)
        cases = frozenset[str]() if report is None else _measured(before, report, side)
        if cases:
            commit = before.base if side is Side.BASE else before.head
            return _Found(run, commit, cases, _rewritten(past.history, before, commit, order))
    return None


def _rewritten(history: History, before: RunOrder, since: str, order: RunOrder) -> tuple[str, ...]:
    """List the measuring files of then that were rewritten up to the merge base."""
    between = msgspec.structs.replace(before, base=since, head=order.base)
    return () if since == order.base else measuring_changed(between, history)


class _Found(NamedTuple):
    """The cases that a run measured of a commit, and its measuring files rewritten since."""

    run: str
    commit: str
    cases: frozenset[str]
    rewritten: tuple[str, ...] = ()


def _nearest_first(
    reported: Sequence[Reported], distances: Mapping[str, int]
) -> list[tuple[RunId, Side]]:
    """Order the sides of runs that lie in the history, the nearest first; then the newest run.

    Heads count that were merged as they are: what such a head measured is what came of its base.
    """
    sides = [
        (distances[commit], age, one.run, side)
        for age, one in enumerate(reported)
        for commit, side in ((one.base, Side.BASE), (one.head, Side.HEAD))
        if commit in distances
    ]
    return [(run, side) for _, _, run, side in sorted(sides)]


def _may_be_asked(order: RunOrder, suite: Suite) -> bool:
    """Whether an order was of the whole suite, which declared the same cases by the same means."""
    is_whole = order.purpose == "check" and order.cases is None and order.confirms is None
    declared = [(one.command, one.list, one.spec, one.format) for one in (order.suite, suite)]
    return is_whole and declared[0] == declared[1]


def _measured(order: RunOrder, report: RunReport, side: Side) -> frozenset[str]:
    evidence = report.evidence
    if report.failure is not None or not isinstance(evidence, BenchmarkEvidence):
        return frozenset()
    earlier = (launch for session in sessions(order) for launch in session.launches)
    launches = (*earlier, *evidence.launches)
    pairs = [launch for launch in launches if launch.purpose == "pair"]
    of_head = _cases(launch for launch in pairs if launch.side is Side.HEAD)
    screened = _cases(launch for launch in launches if launch.purpose == "screen")
    if side is Side.HEAD:
        # Cut short it may not have got to all; measured by the base's files, it tells theirs.
        tells = not (evidence.cut_short or order.measuring_changed)
        return frozenset(of_head | screened) if tells else frozenset()
    of_base = _cases(launch for launch in pairs if launch.side is Side.BASE)
    # What passed the screen was held against stored levels of the base: it was never paired. A
    # case that head added has no such level.
    passed = (screened - of_head) & (set(_leveled(order)) | set(evidence.listed_base or ()))
    return frozenset(of_base | passed)


def _leveled(order: RunOrder) -> Iterator[str]:
    """Name the cases of whose base a level was known to whoever screened them."""
    begun = (one.terms.certificate for one in sessions(order) if one.terms is not None)
    for certificate in (*order.certificates, *begun):
        if certificate is not None:
            yield from (case.case for case in certificate.cases if case.level is not None)


def _cases(launches: Iterable[PairLaunch]) -> set[str]:
    return {str(measured.case) for launch in launches for measured in launch.measured}
