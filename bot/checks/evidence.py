"""Evidence that a new check of the same commit pair continues: nothing measured is thrown away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from bot.checks.planning import PlannedRun
from bot.store.checks import CheckRecord, CheckStore, RunRecord
from engine.configuration import FILE_NAME, Configuration, Measure, Suite
from engine.continued import continued
from engine.course import certificate_of
from engine.errors import IntegrityError, UserError, Where
from engine.orders import BenchmarkEvidence, RunOrder, RunReport, Session, Terms
from engine.plan import EarlierEvidence
from engine.samples import PairLaunch, Purpose
from engine.values import Side
from worker.queue.codec import encode_order

_KEPT: tuple[Purpose, ...] = ("pair", "screen")  # head by its own measuring files only informs


def earlier_evidence(
    store: CheckStore, check: CheckRecord, configuration: Configuration
) -> tuple[tuple[str, EarlierEvidence], ...]:
    """Collect what earlier checks of the same base and head measured, by suite.

    Only of suites that are still declared the same; a null run and a second runner's
    confirmation give nothing.
    """
    found: dict[str, Collected] = {}
    for run in _runs(store, check):
        name = str(run.order.suite_name)
        declared = configuration.suites.get(name)
        is_same = declared is not None and measuring(declared) == measuring(run.order.suite)
        if is_same and run.order.confirms is None:
            found.setdefault(name, Collected()).add(run.order, store.load_report(run.run))
    return tuple(
        (name, EarlierEvidence(one.latest_first))
        for name, one in sorted(found.items())
        if one.sessions
    )


def earlier_confirmation(
    store: CheckStore, check: CheckRecord, order: RunOrder
) -> tuple[Session, ...]:
    """Collect what earlier confirmations of the order's suite measured, begun last first.

    A second runner's evidence is continued as well: else a re-run could draw until it disagrees.
    """
    found = Collected()
    for run in _runs(store, check):
        is_same = run.order.suite_name == order.suite_name and measuring(
            run.order.suite
        ) == measuring(order.suite)
        if is_same and run.order.confirms is not None:
            found.add(run.order, store.load_report(run.run))
    return found.latest_first


def measuring(suite: Suite) -> Suite:
    """Leave out what does not change what is measured: limits and when to run."""
    measure = msgspec.structs.replace(suite.measure, max_pairs=Measure().max_pairs)
    return msgspec.structs.replace(
        suite, budget=None, baseline=None, when=(), paths=None, max_minutes=None, measure=measure
    )


def refuse_oversized(planned: Iterable[PlannedRun]) -> None:
    """Make sure that the orders can be sent with all their earlier evidence: none is left out.

    Raises:
        UserError: one of them is larger than a runner accepts.
    """
    for order in (run.order for run in planned if run.order.earlier):
        try:
            encode_order(order)
        except IntegrityError as large:
            problem = f"has too much earlier evidence of this commit to go on with: {large.found}."
            where = Where(FILE_NAME, None, f"suites.{order.suite_name}")
            remedy = "Push another commit: it is measured from the beginning."
            raise UserError(problem, where, remedy) from large


@dataclass(slots=True)
class Collected:
    """Sessions of one suite by the fingerprint of their hardware, in the order of their begin."""

    sessions: dict[str, Session] = field(default_factory=dict)

    @property
    def latest_first(self) -> tuple[Session, ...]:
        """All of them, the one begun last first."""
        return tuple(reversed(self.sessions.values()))

    def add(self, order: RunOrder, report: RunReport | None) -> None:
        """Add what a run measured, if anything, even where it failed in the end.

        What its order carried is not added: each report is in the store, and counts once. A run
        in which a case failed on head is not gone on with: that case would not be asked again.
        """
        if report is None or not isinstance(report.evidence, BenchmarkEvidence):
            return
        if any(one.side is Side.HEAD for one in report.evidence.failed):
            return
        launches = tuple(one for one in report.evidence.launches if one.purpose in _KEPT)
        if launches:
            self._go_on(order, report, launches)

    def _go_on(self, order: RunOrder, report: RunReport, launches: Sequence[PairLaunch]) -> None:
        fingerprint = report.machine.fingerprint
        begun = self.sessions.get(fingerprint)
        known = () if begun is None else begun.launches
        self.sessions[fingerprint] = Session(
            fingerprint=fingerprint,
            launches=(*known, *_numbered_on(known, launches)),
            terms=_terms(order, report) if begun is None else begun.terms,
        )


def _runs(store: CheckStore, check: CheckRecord) -> Iterator[RunRecord]:
    """Give the runs of other checks of the same commits, oldest first, without null runs."""
    for before in store.checks_of_pair(check.repository, check.base, check.head):
        if before.id != check.id and before.kind != "promotion":  # those are each by itself
            yield from (run for run in store.runs(before.id) if run.order.purpose == "check")


def _terms(order: RunOrder, report: RunReport) -> Terms:
    """Tell what a session was begun with: by its first run, or as that run's order knows it."""
    carried = continued(order, report.machine.fingerprint)
    if carried is not None and carried.terms is not None:
        return carried.terms
    return Terms(
        certificate=certificate_of(order, report.runner, report.machine.fingerprint),
        dedicated=report.dedicated,
        max_pairs=order.suite.measure.max_pairs,
    )


def _numbered_on(known: Sequence[PairLaunch], new: Sequence[PairLaunch]) -> Iterator[PairLaunch]:
    """Number launches on where checks that did not know of each other numbered them alike."""
    shifts = {purpose: _overlap(known, new, purpose) for purpose in _KEPT}
    for one in new:
        yield msgspec.structs.replace(one, pair=one.pair + shifts[one.purpose])


def _overlap(known: Sequence[PairLaunch], new: Sequence[PairLaunch], purpose: Purpose) -> int:
    taken, asked = (
        {one.pair for one in launches if one.purpose == purpose} for launches in (known, new)
    )
    return max(taken) + 1 - min(asked) if taken & asked else 0
