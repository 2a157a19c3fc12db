"""Evidence that a new check of the same commit pair continues: nothing measured is thrown away."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from bot.store.checks import CheckRecord, CheckStore, RunRecord
from engine.configuration import Configuration, Measure, Suite
from engine.orders import BenchmarkEvidence, RunOrder
from engine.plan import EarlierEvidence
from engine.samples import PairLaunch
from engine.values import RunId


def earlier_evidence(
    store: CheckStore, check: CheckRecord, configuration: Configuration
) -> tuple[tuple[str, EarlierEvidence], ...]:
    """Collect the pairs of earlier checks of the same base and head, by suite.

    Only of suites that are still declared the same; a run that failed, a null run and a second
    runner's confirmation give nothing.
    """
    found: dict[str, EarlierEvidence] = {}
    for run, evidence in _measured(store, check):
        name = str(run.order.suite_name)
        declared = configuration.suites.get(name)
        is_same = declared is not None and measuring(declared) == measuring(run.order.suite)
        if is_same and run.order.confirms is None:
            found[name] = evidence  # the later one holds the earlier
    return tuple(sorted(found.items()))


def earlier_confirmation(
    store: CheckStore, check: CheckRecord, order: RunOrder, fingerprint: str
) -> EarlierEvidence | None:
    """Give the pairs of earlier confirmations of the order's suite on hardware like this.

    A second runner's evidence is continued as well: else a re-run could draw until it disagrees.
    """
    found = None
    for run, evidence in _measured(store, check):
        is_same = run.order.suite_name == order.suite_name and measuring(
            run.order.suite
        ) == measuring(order.suite)
        if is_same and run.order.confirms is not None and evidence.fingerprint == fingerprint:
            found = evidence
    return found


def measuring(suite: Suite) -> Suite:
    """Leave out what does not change what is measured: limits and when to run."""
    measure = msgspec.structs.replace(suite.measure, max_pairs=Measure().max_pairs)
    return msgspec.structs.replace(
        suite, budget=None, baseline=None, when=(), paths=None, max_minutes=None, measure=measure
    )


def _measured(store: CheckStore, check: CheckRecord) -> Iterator[tuple[RunRecord, EarlierEvidence]]:
    """Give the runs of other checks of the same commits that measured pairs, oldest first."""
    for before in store.checks_of_pair(check.repository, check.base, check.head):
        if before.id == check.id:
            continue
        for run in store.runs(before.id):
            evidence = _evidence(store, run) if run.order.purpose == "check" else None
            if evidence is not None:
                yield run, evidence


def _evidence(store: CheckStore, run: RunRecord) -> EarlierEvidence | None:
    report = store.load_report(RunId(run.order.run))
    if report is None or report.failure is not None:
        return None
    if not isinstance(report.evidence, BenchmarkEvidence):
        return None
    launches = _pairs(report.evidence.launches)
    if not launches:  # nothing was added: the earlier evidence stays as it is
        earlier = run.order.earlier_fingerprint
        return None if earlier is None else EarlierEvidence(earlier, run.order.earlier)
    fingerprint = report.machine.fingerprint
    kept = run.order.earlier if run.order.earlier_fingerprint == fingerprint else ()
    return EarlierEvidence(fingerprint, (*kept, *launches))


def _pairs(launches: tuple[PairLaunch, ...]) -> tuple[PairLaunch, ...]:
    """Leave out what is of head alone: a screen, or head by its own measuring files."""
    return tuple(launch for launch in launches if launch.purpose == "pair")
