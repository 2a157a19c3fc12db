from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from bot.store.nulls import KnownRunner, NullStore
from engine.certificates import NullComparison, NullSession
from engine.values import Outcome, RepositoryName
from tests.fakes.database import database, database_url

__all__ = ["database", "database_url"]

REPOSITORY = RepositoryName("o/r")
BENCH_A = KnownRunner("bench-a", "f1")
SESSION = NullSession(
    session="null-1",
    repository=REPOSITORY,
    suite="core",
    runner="bench-a",
    fingerprint="f1",
    commit="a" * 40,
    measured_utc="2026-11-20T03:00:00Z",
    reference_s=0.0041,
    comparisons=(
        NullComparison(
            case="b::[x]",
            metric="cpu",
            outcome=Outcome.PASS,
            pairs=8,
            pair_sd=0.011,
            launch_sd=0.04,
            level=0.002,
            launches=16,
        ),
        NullComparison(case="a", metric="wall", outcome=Outcome.NO_VERDICT, pairs=0),
    ),
)


def session(number: int, **fields: Any) -> NullSession:
    """Make a session on day *number* of November."""
    measured = f"2026-11-{number:02d}T03:00:00Z"
    values = {"session": f"null-{number}", "measured_utc": measured, **fields}
    return msgspec.structs.replace(SESSION, **values)


@pytest.fixture
def store(database: Engine) -> NullStore:
    return NullStore(database)


def test_a_session_comes_back_exactly(store: NullStore) -> None:
    store.add(SESSION)
    assert store.sessions(REPOSITORY, "core") == (SESSION,)


def test_a_session_without_a_reference_or_comparisons_comes_back_too(store: NullStore) -> None:
    bare = session(1, reference_s=None, comparisons=())
    store.add(bare)
    assert store.sessions(REPOSITORY, "core") == (bare,)


def test_a_session_that_stands_already_is_kept_as_it_is(store: NullStore) -> None:
    added = [store.add(SESSION), store.add(msgspec.structs.replace(SESSION, runner="other"))]
    assert (added, store.sessions(REPOSITORY, "core")) == ([True, False], (SESSION,))


def test_the_last_sessions_come_oldest_first(store: NullStore) -> None:
    for number in (3, 1, 4, 2):
        store.add(session(number))
    found = [each.session for each in store.sessions(REPOSITORY, "core", limit=3)]
    assert found == ["null-2", "null-3", "null-4"]


def test_sessions_of_other_suites_and_repositories_are_not_listed(store: NullStore) -> None:
    store.add(session(1, suite="other"))
    store.add(session(2, repository="o/x"))
    assert store.sessions(REPOSITORY, "core") == ()


def test_a_runner_is_its_name_and_its_hardware(store: NullStore) -> None:
    store.add(session(1))
    store.add(session(2, fingerprint="f2"))
    store.add(session(3, runner="bench-b"))
    found = store.sessions(REPOSITORY, "core", BENCH_A)
    assert [each.session for each in found] == ["null-1"]


def test_known_runners_are_those_with_a_session_of_the_suite(store: NullStore) -> None:
    store.add(session(1, runner="bench-b"))
    store.add(session(2))
    store.add(session(3))
    store.add(session(4, runner="bench-c", suite="other"))
    found = store.runners(REPOSITORY, "core")
    assert found == (BENCH_A, KnownRunner("bench-b", "f1"))


def test_sessions_since_a_time_are_all_of_them(store: NullStore) -> None:
    for number in range(1, 30):
        store.add(session(number))
    start = datetime(2026, 11, 4, 3, tzinfo=UTC)
    found = [each.session for each in store.sessions_since(REPOSITORY, "core", BENCH_A, start)]
    assert (len(found), found[0], found[-1]) == (26, "null-4", "null-29")


def test_a_time_with_an_offset_is_kept_in_utc(store: NullStore) -> None:
    store.add(session(1, measured_utc="2026-11-01T03:00:00+02:00"))
    assert store.sessions(REPOSITORY, "core")[0].measured_utc == "2026-11-01T01:00:00Z"


def test_a_time_without_a_zone_is_refused(store: NullStore) -> None:
    with pytest.raises(Exception, match="aware"):
        store.add(session(1, measured_utc="2026-11-01T03:00:00"))
