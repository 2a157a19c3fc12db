"""How often a sweep was looked at before: each look makes its best configuration better by luck."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from bot.checks.planning import PlannedRun
from bot.store.checks import CheckRecord, CheckStore
from engine.configuration import check_name
from engine.values import SuiteKind


def with_looks(
    store: CheckStore, check: CheckRecord, planned: Iterable[PlannedRun]
) -> tuple[PlannedRun, ...]:
    """Tell each sweep's terms how many sweeps of its suite were stored before this check."""
    return tuple(_with_looks(store, check, run) for run in planned)


def _with_looks(store: CheckStore, check: CheckRecord, planned: PlannedRun) -> PlannedRun:
    suite = planned.order.suite
    if suite.kind is not SuiteKind.SWEEP:
        return planned
    name = check_name(planned.order.suite_name, suite.runs_on)
    looks = store.count_reported(check.repository, name)
    return PlannedRun(planned.order, msgspec.structs.replace(planned.terms, looks=looks))
