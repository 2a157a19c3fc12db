from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import Engine

from bot.store.checks import CheckStore
from bot.store.history import HistoryStore
from bot.store.nulls import NullStore
from engine.certificates import NullComparison, NullSession
from engine.values import Better, Outcome, RepositoryName
from tests.fakes.database import database, database_url
from tests.fakes.histories import commit, point
from tests.integration.bot.store.test_checks import CHECK

__all__ = ["database", "database_url"]

NAME = RepositoryName("o/r")
SESSION = NullSession(
    session="null-1",
    repository=NAME,
    suite="core",
    runner="bench-a",
    fingerprint="f" * 16,
    commit=commit(7),
    measured_utc="2026-11-20T12:00:00Z",
    comparisons=(
        NullComparison(
            case="parse", metric="wall", outcome=Outcome.PASS, pairs=8, level=2.0, launches=16
        ),
        NullComparison(case="odd", metric="rate", outcome=Outcome.PASS, pairs=8, level=9.0),
        NullComparison(case="gone", metric="wall", outcome=Outcome.NO_VERDICT, pairs=0),
    ),
)


@pytest.fixture
def store(database: Engine) -> HistoryStore:
    return HistoryStore(database)


def test_points_come_back_as_they_were_stored(store: HistoryStore) -> None:
    points = [point(0, 1.5), point(1, 2.5, better=Better.HIGHER, unit="1/s")]
    store.store(NAME, points)
    assert sorted(store.points(NAME), key=lambda one: one.commit) == points


def test_storing_a_run_again_replaces_its_point(store: HistoryStore) -> None:
    store.store(NAME, [point(0, 1.5)])
    store.store(NAME, [point(0, 1.75)])
    assert [one.level for one in store.points(NAME)] == [1.75]


def test_what_grows_is_seen_at_once_and_what_is_stored_again_is_not(
    store: HistoryStore, database: Engine
) -> None:
    store.store(NAME, [point(0, 1.0), point(1, 1.0)])
    before, extent = store.growth(), store.extent(NAME)
    store.store(NAME, [point(0, 2.0)])
    assert (store.growth(), store.extent(NAME)) == (before, extent)
    store.store(RepositoryName("o/other"), [point(2, 1.0)])
    other = store.growth()
    assert (other != before, store.extent(NAME) == extent) == (True, True)
    NullStore(database).add(SESSION)
    assert (store.growth() != other, store.extent(NAME) != extent) == (True, True)


def test_a_series_is_known_by_a_point_or_a_null_session(
    store: HistoryStore, database: Engine
) -> None:
    key = point(0, 1.0).key
    assert not store.has(NAME, key)
    store.store(NAME, [point(0, 1.0)])
    NullStore(database).add(msgspec.structs.replace(SESSION, fingerprint="0" * 16))
    assert store.has(NAME, key)
    assert store.has(NAME, key._replace(fingerprint="0" * 16))
    assert not store.has(NAME, key._replace(metric="cpu"))
    assert not store.has(RepositoryName("o/other"), key)


def test_the_suites_of_a_repository_are_named(store: HistoryStore) -> None:
    store.store(NAME, [point(0, 1.0), point(1, 1.0, suite="other")])
    store.store(RepositoryName("o/other"), [point(2, 1.0, suite="third")])
    assert store.suites(NAME) == {"core", "other"}


def test_the_cases_of_a_suite_are_those_of_its_points_and_null_sessions(
    store: HistoryStore, database: Engine
) -> None:
    store.store(NAME, [point(0, 1.0, case="old"), point(1, 1.0, suite="other", case="others")])
    NullStore(database).add(SESSION)
    assert store.cases(NAME, "core") == {"old", "parse", "odd", "gone"}


def test_runs_cases_and_metrics_are_points_of_their_own(store: HistoryStore) -> None:
    store.store(NAME, [point(0, 1.0), point(0, 1.0, run="other"), point(0, 1.0, case="b")])
    store.store(NAME, [point(0, 1.0, metric="cpu")])
    assert len(store.points(NAME)) == 4


def test_a_suite_can_be_asked_for_alone(store: HistoryStore) -> None:
    store.store(NAME, [point(0, 1.0), point(1, 1.0, suite="other")])
    assert [one.suite for one in store.points(NAME, "other")] == ["other"]


def test_repositories_do_not_see_each_others_points(store: HistoryStore) -> None:
    store.store(RepositoryName("o/other"), [point(0, 1.0)])
    assert store.points(NAME) == []
    assert store.repositories() == ("o/other",)
    assert store.commits(NAME) == frozenset()


def test_null_sessions_give_points_too(store: HistoryStore, database: Engine) -> None:
    NullStore(database).add(SESSION)
    found = {one.case: one for one in store.points(NAME, "core")}
    assert sorted(found) == ["odd", "parse"]
    parse = found["parse"]
    assert (parse.commit, parse.level, parse.launches, parse.run) == (commit(7), 2.0, 16, "null-1")
    assert (parse.metric, parse.unit) == ("wall", "s")
    assert (store.repositories(), store.commits(NAME)) == ((NAME,), {commit(7)})


def test_the_direction_of_a_null_point_is_known_of_our_own_metrics_alone(
    store: HistoryStore, database: Engine
) -> None:
    NullStore(database).add(SESSION)
    found = {one.case: one.better for one in store.points(NAME)}
    assert found == {"parse": Better.LOWER, "odd": None}


def test_the_extent_grows_with_points_and_with_null_sessions(
    store: HistoryStore, database: Engine
) -> None:
    before = store.extent(NAME)
    store.store(NAME, [point(0, 1.0)])
    NullStore(database).add(SESSION)
    assert (before, store.extent(NAME)) == ((0, 0), (1, 1))


def test_a_repository_is_reached_as_its_last_check_was(
    store: HistoryStore, database: Engine
) -> None:
    unknown = store.reached(NAME)
    CheckStore(database).open_check(CHECK, ())
    reached = store.reached(NAME)
    assert unknown is None
    assert reached is not None
    assert (reached.name, reached.installation) == (NAME, 2**40)


def test_a_point_without_a_direction_is_refused(store: HistoryStore) -> None:
    with pytest.raises(ValueError, match="no direction"):
        store.store(NAME, [msgspec.structs.replace(point(0, 1.0), better=None)])
