"""How often a sweep's out-of-sample window was looked at: each look makes its best one luckier."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bot.checks.measuring import Source
from bot.checks.planning import PlannedRun
from bot.store.checks import CheckRecord, CheckStore
from engine.configuration import check_name
from engine.sweep.holdout import holdout_of
from engine.values import CommitSha, SuiteKind


def with_looks(
    store: CheckStore, source: Source, check: CheckRecord, planned: Iterable[PlannedRun]
) -> tuple[PlannedRun, ...]:
    """Tell each sweep's terms its out-of-sample window, and how often that was looked at.

    The window is known where a spec names its data: other suites and grids that look at the
    same one count, too. Elsewhere the sweeps of the suite are counted.
    """
    return tuple(_with_looks(store, source, check, run) for run in planned)


def _with_looks(
    store: CheckStore, source: Source, check: CheckRecord, planned: PlannedRun
) -> PlannedRun:
    suite = planned.order.suite
    if suite.kind is not SuiteKind.SWEEP:
        return planned
    holdout = _holdout(source, check.base, suite.spec)
    if holdout is None:
        name = check_name(planned.order.suite_name, suite.runs_on)
        looks = store.count_reported(check.repository, name)
    else:
        looks = store.count_looks(check.repository, holdout)
    terms = msgspec.structs.replace(planned.terms, holdout=holdout, looks=looks)
    return PlannedRun(planned.order, terms)


def _holdout(source: Source, base: CommitSha, spec: str | None) -> str | None:
    data = None if spec is None else source.read(base, spec)
    if spec is None or data is None:
        return None
    return holdout_of(data, spec, lambda path: source.read(base, path))
