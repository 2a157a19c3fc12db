"""What a concluded check leaves in the history and in the ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from bot.recording import points_of, record
from bot.services import Services
from bot.store.checks import RunRecord
from engine.debts import DebtKind
from engine.findings import Finding, Reason, Verdict
from engine.orders import RunOrder
from engine.values import Outcome, RunId
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.database import database, database_url
from tests.fakes.evidence import BASE, HEAD, benchmark_order, benchmarked, facts, pairs, report
from tests.fakes.services import services_over
from tests.fakes.situations import situations
from tests.integration.bot.store.test_checks import CHECK, check_record

__all__ = ["database", "database_url"]

NAME = CHECK.repository
UTC = "2026-11-20T12:00:00Z"
SMALL = {"outcome": Outcome.PASS, "reason": Reason.REAL_BUT_SMALL}


@pytest.fixture
def services(database: Engine, tmp_path: Path) -> Services:
    return services_over(database, tmp_path)


def measured(**effects: float) -> Verdict:
    return measured_as(benchmark_order(), **effects)


def measured_as(order: RunOrder, **effects: float) -> Verdict:
    effects = effects or {"a": 1.0}
    judged = judge_run(order, RunTerms(), report(order, benchmarked(pairs(effects))))
    return judge_check(facts(), (judged,))


def bent(verdict: Verdict, case: str, **fields: Any) -> Verdict:
    """Replace fields of a case's finding."""

    def of_case(finding: Finding) -> Finding:
        return msgspec.structs.replace(finding, **fields) if finding.case == case else finding

    suites = tuple(
        msgspec.structs.replace(suite, findings=tuple(map(of_case, suite.findings)))
        for suite in verdict.suites
    )
    return msgspec.structs.replace(verdict, suites=suites)


def test_each_case_leaves_the_level_of_the_measured_base() -> None:
    found = {one.case: one for one in points_of(measured(a=1.0, b=1.5), UTC)}
    assert {case: round(one.level, 6) for case, one in found.items()} == {"a": 0.01, "b": 0.02}
    (point,) = (found["a"],)
    assert (point.commit, point.suite, point.metric, point.unit) == (BASE, "core", "wall", "s")
    assert (point.run, point.measured_utc) == ("c7-1", UTC)


def test_what_the_base_did_not_measure_leaves_nothing() -> None:
    verdict = measured(a=1.0, b=1.0)
    for fields in ({"reason": Reason.SCREENED}, {"reason": Reason.OWN_COPY}, {"base": None}):
        points = points_of(bent(verdict, "b", **fields), UTC)
        assert [one.case for one in points] == ["a"], fields


@pytest.mark.parametrize("name", ["runner_lost", "candidate_failed", "skipped", "commands"])
def test_verdicts_without_numbers_of_a_benchmark_leave_nothing(name: str) -> None:
    assert points_of(situations()[name], UTC) == ()


def test_recording_twice_is_recording_once(services: Services) -> None:
    verdict = bent(measured(a=1.0), "a", **SMALL, change=0.01, low=0.005, high=0.015)
    for _ in range(2):
        record(services, CHECK, verdict)
    assert len(services.history.points(NAME)) == 1
    assert len(services.debts.debts(NAME)) == 1


def test_a_repeated_check_of_a_pair_takes_the_place_of_the_former(services: Services) -> None:
    """It goes on with their launches, so that these would be counted twice."""
    for number in (7, 8):
        checked_again(services, number)
    (point,) = services.history.points(NAME)
    assert point.run == "c8-1"


def checked_again(services: Services, number: int) -> None:
    run, opened = benchmark_order(f"c{number}-1"), check_record(f"c{number}", base=BASE, head=HEAD)
    stored = RunRecord(
        run=RunId(run.run),
        check=opened.id,
        position=1,
        check_name="name",
        tags=("linux",),
        order=run,
        terms=b"{}",
    )
    services.checks.open_check(opened, (stored,))
    record(services, opened, measured_as(run))


def test_a_point_that_is_stored_again_keeps_its_time(services: Services) -> None:
    (point,) = points_of(measured(a=1.0), UTC)
    later = msgspec.structs.replace(point, measured_utc="2026-11-21T12:00:00Z", level=0.02)
    for one in (point, later):
        services.history.store(NAME, [one])
    (found,) = services.history.points(NAME)
    assert (found.measured_utc, found.level) == (UTC, 0.02)


def test_a_loss_that_did_not_stop_its_pull_request_is_in_the_ledger(services: Services) -> None:
    record(services, CHECK, bent(measured(a=1.0), "a", **SMALL, change=0.01, low=0.005, high=0.015))
    (debt,) = services.debts.debts(NAME)
    assert (debt.case, debt.kind, debt.change, debt.head) == ("a", DebtKind.SMALL, 0.01, HEAD)


def test_a_mended_head_clears_its_debt(services: Services) -> None:
    record(services, CHECK, bent(measured(a=1.0), "a", **SMALL, change=0.01, low=0.005, high=0.015))
    record(services, check_record("c8"), measured(a=1.0))
    assert services.debts.debts(NAME) == ()


def test_a_check_that_lost_its_runner_clears_nothing(services: Services) -> None:
    record(services, CHECK, bent(measured(a=1.0), "a", **SMALL, change=0.01, low=0.005, high=0.015))
    lost = judge_run(benchmark_order(), RunTerms(), None, losses=2)
    record(services, check_record("c8"), judge_check(facts(), (lost,)))
    assert len(services.debts.debts(NAME)) == 1


def test_a_check_of_no_pull_request_leaves_points_alone(services: Services) -> None:
    verdict = bent(measured(a=1.0), "a", **SMALL, change=0.01, low=0.005, high=0.015)
    of_none = msgspec.structs.replace(verdict, pull_request=None)
    record(services, check_record("c9", pull_request=None), of_none)
    assert len(services.history.points(NAME)) == 1
    assert services.debts.debts(NAME) == ()


@pytest.mark.parametrize("kind", ["push", "nightly"])
def test_what_was_measured_on_the_branch_leaves_the_level_of_its_head_too(
    services: Services, kind: Any
) -> None:
    verdict = msgspec.structs.replace(measured(a=1.5), kind=kind, pull_request=None)
    record(services, CHECK, verdict)
    record(services, CHECK, verdict)

    kept = {one.commit: round(one.level, 3) for one in services.history.points(NAME)}
    assert kept == {BASE: 0.01, HEAD: 0.015}
    assert len(services.history.points(NAME)) == 2


def test_what_a_merge_queue_may_yet_drop_leaves_none() -> None:
    verdict = msgspec.structs.replace(measured(a=1.5), kind="merge_group", pull_request=None)
    assert {one.commit for one in points_of(verdict, UTC)} == {BASE}
