from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from bot.store.settlings import SettlingRecord, SettlingStore
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
    hypothesis=hypothesis(),
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
    assert store.out() is None
    assert store.order(RECORD)
    assert store.out() == RECORD


def test_one_run_is_out_at_a_time(store: SettlingStore) -> None:
    store.order(RECORD)
    assert not store.order(record("settle-2-1"))


def test_a_settled_run_is_out_no_more_and_its_answer_is_kept(store: SettlingStore) -> None:
    store.order(RECORD)
    assert store.settle(RECORD.run, settlement())
    assert store.out() is None
    assert store.settlements(NAME) == (settlement(),)


def test_a_run_ends_once(store: SettlingStore) -> None:
    store.order(RECORD)
    store.settle(RECORD.run, settlement())
    assert not store.settle(RECORD.run, settlement(change=0.5))
    assert not store.lose(RECORD.run)
    assert store.settlements(NAME) == (settlement(),)


def test_lost_runs_are_counted_by_question(store: SettlingStore) -> None:
    for run, bracket in (("settle-1-1", NARROW), ("settle-1-2", NARROW), ("settle-2-1", WIDE)):
        store.order(record(run, bracket=bracket))
        store.lose(RunId(run))
    assert store.attempts(NAME, hypothesis(), NARROW) == 2
    assert store.attempts(NAME, hypothesis(case="price"), NARROW) == 0
    assert store.settlements(NAME) == ()


def test_what_was_measured_here_is_stored_once(store: SettlingStore) -> None:
    assert store.add(NAME, hypothesis(), settlement(), NOW)
    assert not store.add(NAME, hypothesis(), settlement(change=0.5), NOW)
    assert store.settlements(NAME) == (settlement(),)


def test_a_settlement_without_numbers_comes_back_without(store: SettlingStore) -> None:
    bare = settlement(change=None, low=None, high=None, pairs=None, runner=None)
    store.add(NAME, hypothesis(), bare, NOW)
    assert store.settlements(NAME) == (bare,)


def test_other_repositories_answers_are_not_ours(store: SettlingStore) -> None:
    store.add(RepositoryName("o/other"), hypothesis(), settlement(), NOW)
    assert store.settlements(NAME) == ()
