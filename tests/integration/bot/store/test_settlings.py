from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, update

from bot.store.engine import writing
from bot.store.history_tables import SETTLINGS
from bot.store.settlings import Out, SettlingRecord, SettlingStore
from engine.errors import IntegrityError
from engine.values import RepositoryName, RunId
from tests.fakes.database import database, database_url
from tests.fakes.evidence import benchmark_order
from tests.fakes.histories import hypothesis, settlement

__all__ = ["database", "database_url"]

NAME = RepositoryName("o/r")
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NARROW, WIDE = hypothesis().brackets
RECORD = SettlingRecord(
    run=RunId("settle-1-1"),
    repository=NAME,
    hypotheses=(hypothesis(),),
    bracket=NARROW,
    order=benchmark_order("settle-1-1"),
    ordered_utc=NOW,
)


def record(run: str, **fields: Any) -> SettlingRecord:
    return msgspec.structs.replace(RECORD, run=RunId(run), **fields)


@pytest.fixture
def store(database: Engine) -> SettlingStore:
    return SettlingStore(database)


def test_the_run_that_is_out_comes_back_as_it_was_ordered(store: SettlingStore) -> None:
    assert store.out() == ()
    assert store.order(RECORD)
    assert store.out() == (Out(RECORD.run, NAME, "hw:linux+x86_64:nightly"),)
    assert store.ordered(RECORD.run) == RECORD


def test_one_run_is_out_at_a_time_on_each_queue(store: SettlingStore) -> None:
    store.order(RECORD)
    elsewhere = msgspec.structs.replace(RECORD.order.suite, runs_on=("arm",))
    order = msgspec.structs.replace(RECORD.order, run="settle-3-1", suite=elsewhere)
    assert not store.order(record("settle-2-1"))
    assert store.order(record("settle-3-1", order=order))
    assert [one.queue for one in store.out()] == ["hw:linux+x86_64:nightly", "hw:arm:nightly"]


def test_a_run_that_another_version_wrote_is_listed_and_refused_by_its_name(
    store: SettlingStore, database: Engine
) -> None:
    store.order(RECORD)
    with writing(database) as connection:
        strange = update(SETTLINGS).values(order_document=b'{"of": "another version"}')
        connection.execute(strange)
    assert [one.run for one in store.out()] == [RECORD.run]
    with pytest.raises(IntegrityError, match="settle-1-1"):
        store.ordered(RECORD.run)


def test_an_answer_that_another_version_wrote_is_refused_by_its_name(
    store: SettlingStore, database: Engine
) -> None:
    store.add(NAME, [hypothesis()], [settlement()], NOW)
    with writing(database) as connection:
        connection.execute(update(SETTLINGS).values(settlements=[{"of": "another version"}]))
    with pytest.raises(IntegrityError, match="settle-1-1"):
        store.settlements(NAME)


def test_a_settled_run_is_out_no_more_and_its_answers_are_kept(store: SettlingStore) -> None:
    both = [settlement(), settlement(case="price")]
    store.order(RECORD)
    assert store.settle(RECORD.run, both)
    assert store.out() == ()
    assert store.settlements(NAME) == tuple(both)


def test_a_run_ends_once(store: SettlingStore) -> None:
    store.order(RECORD)
    store.settle(RECORD.run, [settlement()])
    assert not store.settle(RECORD.run, [settlement(change=0.5)])
    assert not store.lose(RECORD.run)
    assert store.settlements(NAME) == (settlement(),)


def test_lost_runs_are_counted_by_question(store: SettlingStore) -> None:
    for run, bracket in (("settle-1-1", NARROW), ("settle-1-2", NARROW), ("settle-2-1", WIDE)):
        store.order(record(run, bracket=bracket))
        store.lose(RunId(run))
    assert store.attempts(NAME, [hypothesis()], NARROW) == 2
    assert store.attempts(NAME, [hypothesis()], WIDE) == 1
    assert store.attempts(NAME, [hypothesis(), hypothesis(case="price")], NARROW) == 0
    assert store.settlements(NAME) == ()


def test_what_was_measured_here_is_stored_once(store: SettlingStore) -> None:
    assert store.add(NAME, [hypothesis()], [settlement()], NOW)
    assert not store.add(NAME, [hypothesis()], [settlement(change=0.5)], NOW)
    assert store.settlements(NAME) == (settlement(),)


def test_a_settlement_without_numbers_comes_back_without(store: SettlingStore) -> None:
    bare = settlement(change=None, low=None, high=None, pairs=None, runner=None)
    store.add(NAME, [hypothesis()], [bare], NOW)
    assert store.settlements(NAME) == (bare,)


def test_other_repositories_answers_are_not_ours(store: SettlingStore) -> None:
    store.add(RepositoryName("o/other"), [hypothesis()], [settlement()], NOW)
    assert store.settlements(NAME) == ()
