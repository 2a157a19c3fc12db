"""How many comparisons the orders of a check are told to share their level with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Engine

from bot.checks.families import with_family
from bot.checks.planning import PlannedRun
from bot.checks.results import verdict_of
from bot.store.checks import CheckRecord, CheckStore, RunRecord
from bot.store.verdicts import StoredVerdict
from engine.orders import RunOrder
from engine.reports.document import render_document
from engine.values import CheckId, CommitSha, RepositoryName, RunId
from engine.verdicts import RunTerms
from tests.fakes.database import database, database_url
from tests.fakes.evidence import (
    BASE,
    HEAD,
    TARGET,
    benchmark_order,
    benchmarked,
    pairs,
    report,
    sweep_order,
)

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


@pytest.fixture
def store(database: Engine) -> CheckStore:
    return CheckStore(database)


def check(name: str, head: CommitSha = HEAD) -> CheckRecord:
    return CheckRecord(
        id=CheckId(name),
        repository=RepositoryName("ada/strategies"),
        pull_request=7,
        base_ref="main",
        opened_utc=NOW + timedelta(minutes=int(name[1:])),
        head=head,
        base=BASE,
        target=TARGET,
        policy_commit=TARGET,
        claimed_until_utc=NOW,
        retry_utc=NOW,
    )


def planned(order: RunOrder, *expected: str) -> PlannedRun:
    return PlannedRun(order, RunTerms(expected_cases=expected))


def families(store: CheckStore, *runs: PlannedRun) -> list[int]:
    return [run.order.family for run in with_family(store, check("c9"), runs)]


def concluded(store: CheckStore, record: CheckRecord, cases: int, family: int = 0) -> None:
    """Store a check that compared so many cases, and its verdict."""
    order = msgspec.structs.replace(benchmark_order(f"{record.id}-1"), family=family)
    run = RunRecord(
        run=RunId(order.run),
        check=record.id,
        position=1,
        check_name="highwater / core (linux+x86_64)",
        tags=("linux", "x86_64"),
        order=order,
        terms=msgspec.json.encode(RunTerms()),
    )
    store.open_check(record, (run,))
    evidence = benchmarked(pairs({f"case{number}": 1.0 for number in range(cases)}))
    store.store_report(run.run, report(order, evidence))
    verdict = verdict_of(store, record)
    stored = StoredVerdict(
        check=record.id,
        outcome=verdict.outcome,
        document=render_document(verdict),
        comment="",
        public_url="",
        stored_utc=NOW,
    )
    assert store.store_verdict(record, lambda _: stored)


def test_all_orders_of_a_check_share_what_its_suites_are_expected_to_compare(
    store: CheckStore,
) -> None:
    runs = (
        planned(benchmark_order("c9-1", "core"), "a", "b"),
        planned(benchmark_order("c9-2", "large"), "a", "c", "d"),
        planned(sweep_order("c9-3")),
    )
    assert families(store, *runs) == [5, 5, 5]


def test_where_nothing_is_known_the_family_is_left_to_what_is_measured(store: CheckStore) -> None:
    assert families(store, planned(benchmark_order("c9-1"))) == [0]


def test_what_an_earlier_check_of_the_same_commits_compared_counts(store: CheckStore) -> None:
    concluded(store, check("c1"), 6)
    concluded(store, check("c2"), 4)

    (family,) = families(store, planned(benchmark_order("c9-1"), "a"))

    assert family >= 6


def test_the_larger_of_both_counts(store: CheckStore) -> None:
    concluded(store, check("c1"), 1)
    assert families(store, planned(benchmark_order("c9-1"), *"abcdefgh")) == [8]


def test_what_the_orders_of_an_earlier_check_reckoned_with_does_not_become_less(
    store: CheckStore,
) -> None:
    concluded(store, check("c1"), 1, family=30)
    assert families(store, planned(benchmark_order("c9-1"), "a")) == [30]


def test_a_check_of_other_commits_does_not_count(store: CheckStore) -> None:
    concluded(store, check("c1", head=CommitSha("d" * 40)), 6, family=30)
    assert families(store, planned(benchmark_order("c9-1"), "a")) == [1]
