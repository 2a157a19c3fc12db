"""Evidence that a new check of the same commit pair continues: nothing measured is thrown away."""

from __future__ import annotations

import msgspec

from bot.store.checks import CheckRecord, CheckStore, RunRecord
from engine.configuration import Configuration, Suite
from engine.orders import BenchmarkEvidence
from engine.plan import EarlierEvidence
from engine.values import RunId


def earlier_evidence(
    store: CheckStore, check: CheckRecord, configuration: Configuration
) -> tuple[tuple[str, EarlierEvidence], ...]:
    """Collect the launches of earlier checks of the same base and head, by suite.

    Only of suites that are still declared the same; a run that failed gives nothing.
    """
    found: dict[str, EarlierEvidence] = {}
    for before in store.checks_of_pair(check.repository, check.base, check.head):
        for run in store.runs(before.id):
            evidence = _evidence(store, run)
            if evidence is not None and _same(run, configuration):
                found[str(run.order.suite_name)] = evidence  # the later one holds the earlier
    return tuple(sorted(found.items()))


def _evidence(store: CheckStore, run: RunRecord) -> EarlierEvidence | None:
    report = store.load_report(RunId(run.order.run))
    if report is None or report.failure is not None:
        return None
    if not isinstance(report.evidence, BenchmarkEvidence):
        return None
    if not report.evidence.launches:  # nothing was added: the earlier evidence stays as it is
        earlier = run.order.earlier_fingerprint
        return None if earlier is None else EarlierEvidence(earlier, run.order.earlier)
    fingerprint = report.machine.fingerprint
    kept = run.order.earlier if run.order.earlier_fingerprint == fingerprint else ()
    return EarlierEvidence(fingerprint, (*kept, *report.evidence.launches))


def _same(run: RunRecord, configuration: Configuration) -> bool:
    declared = configuration.suites.get(run.order.suite_name)
    return declared is not None and _measuring(declared) == _measuring(run.order.suite)


def _measuring(suite: Suite) -> Suite:
    """Leave out what does not change what is measured: limits and when to run."""
    return msgspec.structs.replace(
        suite, budget=None, baseline=None, when=(), paths=None, max_minutes=None
    )
