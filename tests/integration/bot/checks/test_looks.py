"""How many sweeps of a suite were stored before, counted in a real store."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import Engine

from bot.checks.looks import with_looks
from bot.checks.planning import PlannedRun
from bot.store.checks import CheckRecord, CheckStore, RunRecord
from engine.configuration import check_name
from engine.orders import RunOrder
from engine.values import CheckId, RepositoryName, RunId
from engine.verdicts import RunTerms
from tests.fakes.database import database, database_url
from tests.fakes.evidence import (
    BASE,
    HEAD,
    TARGET,
    benchmark_order,
    points,
    report,
    sweep_order,
    swept,
)

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
HERE = "ada/strategies"


@pytest.fixture
def store(database: Engine) -> CheckStore:
    return CheckStore(database)


def check(name: str, repository: str = HERE) -> CheckRecord:
    return CheckRecord(
        id=CheckId(name),
        repository=RepositoryName(repository),
        pull_request=7,
        base_ref="main",
        opened_utc=NOW,
        head=HEAD,
        base=BASE,
        target=TARGET,
        policy_commit=TARGET,
        claimed_until_utc=NOW,
        retry_utc=NOW,
    )


def ran(
    store: CheckStore, record: CheckRecord, name: str = "ci_smoke", *, told: bool = True
) -> None:
    """Store a check with one sweep that reported, unless it has not *told* anything yet."""
    order = sweep_order(f"{record.id}-1", name)
    run = RunRecord(
        run=RunId(order.run),
        check=record.id,
        position=1,
        check_name=check_name(name, order.suite.runs_on),
        tags=order.suite.runs_on,
        order=order,
        terms=b"{}",
    )
    store.open_check(record, (run,))
    if told:
        store.store_report(run.run, report(order, swept(points((1.5,)), points((1.5,)))))


def looks(store: CheckStore, order: RunOrder) -> int | None:
    (found,) = with_looks(store, check("c9"), (PlannedRun(order, RunTerms(budget_file="b")),))
    assert (found.order, msgspec.structs.replace(found.terms, looks=None)) == (
        order,
        RunTerms(budget_file="b"),
    )
    return found.terms.looks


def test_the_first_sweep_of_a_suite_is_the_first_look(store: CheckStore) -> None:
    assert looks(store, sweep_order()) == 0


def test_every_sweep_of_the_suite_that_reported_was_a_look(store: CheckStore) -> None:
    for name in ("c1", "c2", "c3"):
        ran(store, check(name))
    assert looks(store, sweep_order()) == 3


def test_other_suites_repositories_and_runs_without_report_are_none(store: CheckStore) -> None:
    ran(store, check("c1"), "nightly")
    ran(store, check("c2", "eve/strategies"))
    ran(store, check("c3"), told=False)
    assert looks(store, sweep_order()) == 0


def test_a_benchmark_has_no_looks(store: CheckStore) -> None:
    assert looks(store, benchmark_order()) is None
