"""What a suite measured before is expected of it again; read from a real store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from bot.checks.expected import Past, with_expected_cases
from bot.checks.planning import PlannedRun
from bot.store.checks import CheckRecord, CheckStore, RunRecord, RunStatus
from bot.store.nulls import NullStore
from engine.certificates import Certificate
from engine.configuration import check_name
from engine.orders import Failure, RunOrder, Session, Terms
from engine.samples import PairLaunch
from engine.values import CheckId, RepositoryName, RunId, Side
from engine.verdicts import RunTerms
from tests.fakes.commit_lines import CommitLine
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
    without,
)
from tests.fakes.null_sessions import STORED

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
BOTH = pairs({"a": 1.0, "b": 1.0})
NONE: tuple[str, ...] = ()
SCREEN = tuple(
    msgspec.structs.replace(one, purpose="screen")
    for one in pairs({"a": 1.0, "b": 1.0, "new": 1.0})
    if one.side is Side.HEAD
)
CERTIFICATE = Certificate(
    runner="demo-1", fingerprint="f00d", cases=(STORED,), comparisons=80, alarms=0
)
WITHOUT_NEW = without(pairs({"b": 1.0, "new": 1.0}), Side.BASE, "new")


@pytest.fixture
def store(database: Engine) -> CheckStore:
    return CheckStore(database)


def check(name: str, **fields: Any) -> CheckRecord:
    given: dict[str, Any] = {"pull_request": 7, "base_ref": "main", "opened_utc": NOW}
    given |= {"head": HEAD, "base": BASE, **fields}
    return CheckRecord(
        id=CheckId(name),
        repository=RepositoryName("ada/strategies"),
        target=TARGET,
        policy_commit=TARGET,
        claimed_until_utc=NOW,
        retry_utc=NOW,
        **given,
    )


def ran(
    store: CheckStore,
    record: CheckRecord,
    launches: tuple[PairLaunch, ...] | None,
    order: RunOrder | None = None,
    **order_fields: Any,
) -> None:
    """Store a concluded check whose one run reported these launches; None: it failed."""
    commits = {"run": f"{record.id}-1", "base": record.base, "head": record.head}
    order = msgspec.structs.replace(order or benchmark_order(), **commits, **order_fields)
    run = RunRecord(
        run=RunId(order.run),
        check=record.id,
        position=1,
        check_name=check_name(order.suite_name, order.suite.runs_on),
        tags=order.suite.runs_on,
        order=order,
        terms=b"{}",
    )
    store.open_check(record, (run,))
    failure = Failure(blame="candidate", step="make") if launches is None else None
    evidence = None if launches is None else benchmarked(launches)
    store.store_report(run.run, report(order, evidence, failure))
    store.conclude(record.id)


def past(store: CheckStore, line: CommitLine | None = None) -> Past:
    """Give what is stored, along a history that is the merge base alone unless it is given."""
    return Past(store, NullStore(store._database), line or CommitLine((BASE,)))


def terms(
    store: CheckStore, order: RunOrder | None = None, line: CommitLine | None = None
) -> RunTerms:
    """Plan a run of pull request 7, and give its terms."""
    planned = PlannedRun(order or benchmark_order("c9-1"), RunTerms())
    (found,) = with_expected_cases(past(store, line), check("c9"), (planned,))
    assert bool(found.terms.expected_from) is bool(found.terms.expected_cases)
    return found.terms


def expected(store: CheckStore, order: RunOrder | None = None) -> tuple[str, ...]:
    return terms(store, order).expected_cases


@pytest.mark.parametrize("pull_request", [8, None])
def test_what_another_pull_request_measured_of_its_base_is_expected(
    store: CheckStore, pull_request: int | None
) -> None:
    ran(store, check("c1", pull_request=pull_request), without(BOTH, Side.HEAD, "b"))
    assert expected(store) == ("a", "b")


def test_a_case_that_was_new_in_that_head_is_not_expected(store: CheckStore) -> None:
    ran(store, check("c1", pull_request=8), without(BOTH, Side.BASE, "b"))
    assert expected(store) == ("a",)


def test_the_run_that_says_so_is_named(store: CheckStore) -> None:
    ran(store, check("c1", pull_request=8), BOTH)
    planned = PlannedRun(benchmark_order("c9-1"), RunTerms(budget_file="b.yaml"))

    (found,) = with_expected_cases(past(store), check("c9"), (planned,))

    assert found.order == planned.order
    said = (found.terms.expected_from, found.terms.expected_at, found.terms.budget_file)
    assert said == ("c1-1", BASE, "b.yaml")


def test_the_same_pull_request_says_nothing_of_itself(store: CheckStore) -> None:
    ran(store, check("c1"), BOTH)
    assert expected(store) == NONE


def test_measuring_again_does_not_make_a_lost_case_forgotten(store: CheckStore) -> None:
    ran(store, check("c1", pull_request=8), BOTH)
    later = NOW + timedelta(hours=1)
    ran(store, check("c2", opened_utc=later), without(BOTH, Side.BASE, "b"))
    assert expected(store) == ("a", "b")


def test_of_several_runs_the_last_one_counts(store: CheckStore) -> None:
    ran(store, check("c2", pull_request=8, opened_utc=NOW + timedelta(hours=1)), BOTH)
    ran(store, check("c1", pull_request=8), without(BOTH, Side.BASE, "b"))
    assert expected(store) == ("a", "b")


@pytest.mark.parametrize("fields", [{"base_ref": "release"}, {"pull_request": 7}])
def test_other_branches_and_this_pull_request_are_left_out(
    store: CheckStore, fields: dict[str, Any]
) -> None:
    ran(store, check("c1", **{"pull_request": 8, **fields}), BOTH)
    assert expected(store) == NONE


def test_another_repository_is_left_out(store: CheckStore) -> None:
    other = msgspec.structs.replace(
        check("c1", pull_request=8), repository=RepositoryName("eve/strategies")
    )
    ran(store, other, BOTH)
    assert expected(store) == NONE


def test_a_superseded_check_says_nothing(store: CheckStore) -> None:
    record = check("c1", pull_request=8)
    order = benchmark_order("c1-1")
    name = check_name(order.suite_name, order.suite.runs_on)
    run = RunRecord(
        run=RunId("c1-1"),
        check=record.id,
        position=1,
        check_name=name,
        tags=(),
        order=order,
        terms=b"{}",
        status=RunStatus.QUEUED,
    )
    store.open_check(record, (run,))
    store.store_report(run.run, report(order, benchmarked(BOTH)))
    store.supersede(record.id)
    assert expected(store) == NONE


def test_a_run_that_failed_is_passed_over(store: CheckStore) -> None:
    ran(store, check("c1", pull_request=8), BOTH)
    ran(store, check("c2", pull_request=8, opened_utc=NOW + timedelta(hours=1)), None)
    assert expected(store) == ("a", "b")


@pytest.mark.parametrize(
    "fields",
    [{"purpose": "null"}, {"cases": ("a",)}, {"confirms": "c1-0"}],
    ids=["null", "some cases", "second runner"],
)
def test_a_run_that_was_not_of_the_whole_suite_is_passed_over(
    store: CheckStore, fields: dict[str, Any]
) -> None:
    ran(store, check("c1", pull_request=8), BOTH, **fields)
    assert expected(store) == NONE


@pytest.mark.parametrize(
    "declared, found",
    [
        ({"command": ["python", "other.py", "{out}"]}, NONE),
        ({"list": ["python", "list.py"]}, NONE),
        ({"format": "criterion"}, NONE),
        ({"timeout_s": 7.0}, ("a", "b")),
        ({"budget": None}, ("a", "b")),
    ],
)
def test_only_what_names_the_cases_must_be_declared_the_same(
    store: CheckStore, declared: dict[str, Any], found: tuple[str, ...]
) -> None:
    ran(store, check("c1", pull_request=8), BOTH, benchmark_order(**declared))
    assert expected(store) == found


def test_pairs_that_were_continued_count_as_measured(store: CheckStore) -> None:
    ran(store, check("c1", pull_request=8), (), earlier=BOTH, earlier_fingerprint="f00d")
    assert expected(store) == ("a", "b")


def test_pairs_of_all_hardware_count_as_measured(store: CheckStore) -> None:
    elsewhere = Session(fingerprint="beef", launches=pairs({"b": 1.0}))
    here: dict[str, Any] = {
        "earlier": pairs({"a": 1.0}),
        "earlier_fingerprint": "f00d",
        "others": (elsewhere,),
    }
    ran(store, check("c1", pull_request=8), (), **here)
    assert expected(store) == ("a", "b")


def test_what_passed_the_screen_was_measured_as_well(store: CheckStore) -> None:
    launches = (*SCREEN, *WITHOUT_NEW)
    ran(store, check("c1", pull_request=8), launches, certificates=(CERTIFICATE,))
    assert expected(store) == ("a", "b")


def test_what_passed_an_earlier_screen_was_measured_as_well(store: CheckStore) -> None:
    terms = Terms(certificate=CERTIFICATE, max_pairs=36)
    earlier: dict[str, Any] = {"earlier": (*SCREEN, *WITHOUT_NEW), "earlier_fingerprint": "f00d"}
    ran(store, check("c1", pull_request=8), (), **earlier, earlier_terms=terms)
    assert expected(store) == ("a", "b")


def test_a_case_that_head_added_and_that_was_never_paired_is_not_expected(
    store: CheckStore,
) -> None:
    ran(store, check("c1", pull_request=8), SCREEN, certificates=(CERTIFICATE,))
    assert expected(store) == ("a",)


def test_of_a_sweep_nothing_is_expected(store: CheckStore) -> None:
    ran(store, check("c1", pull_request=8), BOTH)
    assert expected(store, sweep_order("c9-1", "core")) == NONE
