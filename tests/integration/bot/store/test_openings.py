"""How a check begins in the database, and what is known of runs like it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Engine

from bot.store.checks import CheckRecord, CheckStore, RunRecord, RunStatus
from engine.orders import Failure, RunReport
from engine.values import CheckId, RepositoryName, RunId
from tests.fakes.database import database, database_url
from tests.fakes.evidence import BASE, HEAD, MACHINE, TARGET, benchmark_order

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NAME = RepositoryName("o/r")
SUITE = "highwater / core (linux)"
BARE = CheckRecord(
    id=CheckId("c1"),
    repository=NAME,
    pull_request=7,
    head=HEAD,
    base=HEAD,
    target=TARGET,
    policy_commit=None,
    base_ref="main",
    opened_utc=NOW,
    claimed_until_utc=NOW,
    retry_utc=NOW,
)
PLANNED = msgspec.structs.replace(BARE, base=BASE, policy_commit=TARGET, skipped=("docs",))


def run_record(run: str = "c1-1") -> RunRecord:
    return RunRecord(
        run=RunId(run),
        check=CheckId(run.partition("-")[0]),
        position=1,
        check_name=SUITE,
        tags=("linux",),
        order=benchmark_order(run),
        terms=b"{}",
    )


@pytest.fixture
def store(database: Engine) -> CheckStore:
    made = CheckStore(database)
    made.open_check(BARE, ())
    return made


def test_a_check_that_was_opened_is_given_its_plan(store: CheckStore) -> None:
    assert store.plan_check(PLANNED, [run_record()])
    assert store.check(BARE.id) == PLANNED
    assert store.runs(BARE.id) == (run_record(),)


def test_what_was_planned_first_holds(store: CheckStore) -> None:
    store.plan_check(PLANNED, [run_record()])
    other = msgspec.structs.replace(PLANNED, skipped=(), base=TARGET)
    assert not store.plan_check(other, [run_record("c1-2")])
    assert (store.check(BARE.id), len(store.runs(BARE.id))) == (PLANNED, 1)


def test_a_check_that_has_ended_meanwhile_gets_no_runs(store: CheckStore) -> None:
    store.supersede(BARE.id)
    assert not store.plan_check(PLANNED, [run_record()])
    assert store.runs(BARE.id) == ()


def test_planning_leaves_alone_who_claimed_the_check_and_who_ends_it(store: CheckStore) -> None:
    store.claim(BARE.id, NOW, 120)
    store.note_end(BARE.id, "ann")
    store.plan_check(PLANNED, [run_record()])
    found = store.check(BARE.id)
    assert found is not None
    assert (found.ended_by, found.claimed_until_utc) == ("ann", NOW + timedelta(seconds=120))


def test_who_ends_a_check_first_is_named(store: CheckStore) -> None:
    store.note_end(BARE.id, "ann")
    store.note_end(BARE.id, "bob")
    found = store.check(BARE.id)
    assert found is not None
    assert found.ended_by == "ann"


def test_the_runs_that_are_out_are_named_until_they_end(store: CheckStore) -> None:
    store.plan_check(PLANNED, [run_record(), run_record("c1-2")])
    assert store.queued_names() == ("c1-1", "c1-2")
    store.set_run_status(RunId("c1-1"), RunStatus.LOST)
    assert store.queued_names() == ("c1-2",)
    store.supersede(BARE.id)
    assert store.queued_names() == ()


@dataclass
class Reports:
    """Reports of further checks of the same suite."""

    store: CheckStore
    count: int = 1

    def add(self, finished: str, failure: Failure | None = None) -> None:
        self.count += 1
        run = run_record(f"c{self.count}-1")
        check = msgspec.structs.replace(BARE, id=run.check)
        self.store.open_check(check, [run])
        report = RunReport(
            run=run.run,
            nonce=run.order.nonce,
            runner="r",
            machine=MACHINE,
            started_utc="2026-11-20T12:00:00Z",
            finished_utc=finished,
            evidence=None,
            failure=failure,
        )
        self.store.store_report(run.run, report)


def test_the_last_measured_runs_of_a_name_say_how_long_they_took(store: CheckStore) -> None:
    reports = Reports(store)
    for minute in (1, 2, 3):
        reports.add(f"2026-11-20T12:0{minute}:00Z")
    assert store.durations(NAME, SUITE, 2) == (180.0, 120.0)
    assert store.durations(NAME, "highwater / other (linux)", 2) == ()
    assert store.durations(RepositoryName("o/other"), SUITE, 2) == ()


def test_what_failed_or_makes_no_sense_says_nothing(store: CheckStore) -> None:
    reports = Reports(store)
    reports.add("2026-11-20T12:09:00Z", Failure(blame="runner", step="run", tail="gone"))
    reports.add("2026-11-20T11:00:00Z")
    reports.add("soon")
    assert store.durations(NAME, SUITE, 5) == ()
