from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Engine

from bot.checks.certificates import certificates_for, with_certificates
from bot.checks.planning import PlannedRun
from bot.ports import RunnerState
from bot.store.nulls import NullStore
from engine.certificates import Certificate
from engine.orders import RunOrder
from engine.values import Outcome, RepositoryName
from engine.verdicts import RunTerms
from tests.fakes.database import database, database_url
from tests.fakes.evidence import BASE, benchmark_order, sweep_order
from tests.fakes.null_sessions import compared, session

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
REPOSITORY = RepositoryName("o/r")
ORDER = msgspec.structs.replace(benchmark_order(), repository=REPOSITORY)


@pytest.fixture
def nulls(database: Engine) -> NullStore:
    return NullStore(database)


def certificates(order: RunOrder, nulls: NullStore) -> tuple[Certificate, ...]:
    (run,) = with_certificates([PlannedRun(order, RunTerms())], nulls, NOW)
    return run.order.certificates


def nights(nulls: NullStore, *days: int, commit: str = BASE) -> None:
    for day in days:
        nulls.add(session(day, commit=commit))


def test_without_sessions_an_order_has_no_certificate(nulls: NullStore) -> None:
    assert certificates(ORDER, nulls) == ()


def test_every_known_runner_of_the_suite_is_certified(nulls: NullStore) -> None:
    nulls.add(session(1))
    nulls.add(session(2, runner="bench-b"))
    nulls.add(session(3, suite="other", runner="bench-c"))
    assert [one.runner for one in certificates(ORDER, nulls)] == ["bench-a", "bench-b"]


def test_sweeps_have_no_certificates(nulls: NullStore) -> None:
    nights(nulls, 1)
    order = msgspec.structs.replace(sweep_order(name="core"), repository=REPOSITORY)
    assert certificates(order, nulls) == ()


def test_a_level_of_the_merge_base_goes_with_the_order(nulls: NullStore) -> None:
    nights(nulls, 1, 2, 3, 4)
    (found,) = certificates(ORDER, nulls)
    assert found.cases[0].level == pytest.approx(0.002)


def test_a_level_of_another_commit_stays_behind_and_the_spread_does_not(nulls: NullStore) -> None:
    nights(nulls, 1, 2, 3, 4, commit="d" * 40)
    (found,) = certificates(ORDER, nulls)
    assert (found.cases[0].level, found.cases[0].reference_s) == (None, None)
    assert found.cases[0].pair_sd == pytest.approx(0.01)


def test_alarms_of_thirty_days_count_however_many_sessions_those_had(nulls: NullStore) -> None:
    alarm = compared(Outcome.REGRESSION)
    nulls.add(session(1, alarm))
    nights(nulls, *range(2, 30))
    (found,) = certificates_for(nulls, REPOSITORY, "core", NOW)
    assert (found.alarms, found.comparisons, found.cases[0].sessions) == (1, 29, 20)


def test_old_sessions_still_tell_the_spread(nulls: NullStore) -> None:
    nights(nulls, 1, 2)
    later = datetime(2027, 11, 30, tzinfo=UTC)
    (found,) = certificates_for(nulls, REPOSITORY, "core", later)
    assert (found.comparisons, found.cases[0].sessions) == (0, 2)


def live(name: str, fingerprint: str = "f1", *tags: str) -> RunnerState:
    return RunnerState(
        name=name,
        tags=tags or ORDER.suite.runs_on,
        seen_utc=NOW,
        fingerprint=fingerprint,
        load=0.0,
        free_disk_bytes=10**9,
        run=None,
    )


@pytest.mark.parametrize(
    "runner, travels",
    [
        (live("bench-a"), True),
        (live("bench-b"), False),
        (live("bench-a", "f2"), False),
        (live("bench-a", "f1", "other"), False),
    ],
)
def test_of_runners_without_a_young_session_only_live_ones_with_the_tags_travel(
    nulls: NullStore, runner: RunnerState, *, travels: bool
) -> None:
    nights(nulls, 1)
    later = NOW + timedelta(days=60)
    (run,) = with_certificates([PlannedRun(ORDER, RunTerms())], nulls, later, [runner])
    assert bool(run.order.certificates) is travels


def test_a_runner_with_a_young_session_may_be_back_in_time(nulls: NullStore) -> None:
    nights(nulls, 1)
    (run,) = with_certificates([PlannedRun(ORDER, RunTerms())], nulls, NOW, [])
    assert len(run.order.certificates) == 1


def test_a_quarantine_does_not_end_by_waiting(nulls: NullStore) -> None:
    nulls.add(session(1, *[compared(Outcome.REGRESSION)] * 3))
    for night in range(2, 24):
        nulls.add(session(night))
    later = NOW + timedelta(days=60)
    (found,) = certificates_for(nulls, REPOSITORY, "core", later)
    assert (found.quarantined, found.comparisons) == (True, 0)
