"""How often an out-of-sample window was looked at, counted in a real store and repository."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine

from bot.checks.looks import with_looks
from bot.checks.planning import PlannedRun
from bot.mirror import Mirror
from bot.store.checks import CheckRecord, CheckStore, RunRecord
from engine.configuration import check_name
from engine.orders import RunOrder
from engine.values import CheckId, CommitSha, RepositoryName, RunId
from engine.verdicts import RunTerms
from tests.fakes.database import database, database_url
from tests.fakes.evidence import (
    HEAD,
    TARGET,
    benchmark_order,
    points,
    report,
    sweep_order,
    swept,
)
from tests.fakes.git_repositories import BareRepository

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
HERE = "ada/strategies"
SPEC = "sweeps/ci_smoke.yaml"
OF_A_CLASS = """
strategy: strategies/cross.py:Cross
grid: {{fast: [{fast}]}}
metric: sharpe
mode: max
data: data/prices.csv
split: {{folds: {folds}}}
"""


@pytest.fixture
def store(database: Engine) -> CheckStore:
    return CheckStore(database)


@pytest.fixture
def repository(tmp_path: Path) -> BareRepository:
    return BareRepository.create(tmp_path, "ada")


def committed(repository: BareRepository, files: Mapping[str, str | bytes]) -> CommitSha:
    return CommitSha(repository.commit("main", files))


def spec(fast: int = 10, folds: int = 3) -> dict[str, str | bytes]:
    return {SPEC: OF_A_CLASS.format(fast=fast, folds=folds)}


def check(name: str, repository: str = HERE, base: str = TARGET) -> CheckRecord:
    return CheckRecord(
        id=CheckId(name),
        repository=RepositoryName(repository),
        pull_request=7,
        base_ref="main",
        opened_utc=NOW,
        head=HEAD,
        base=CommitSha(base),
        target=TARGET,
        policy_commit=TARGET,
        claimed_until_utc=NOW,
        retry_utc=NOW,
    )


def ran(
    store: CheckStore,
    record: CheckRecord,
    name: str = "ci_smoke",
    *,
    told: bool = True,
    holdout: str | None = None,
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
        holdout=holdout,
    )
    store.open_check(record, (run,))
    if told:
        store.store_report(run.run, report(order, swept(points((1.5,)), points((1.5,)))))


def terms(
    store: CheckStore, repository: BareRepository, base: CommitSha, order: RunOrder | None = None
) -> RunTerms:
    planned = PlannedRun(order or sweep_order(), RunTerms(budget_file="b"))
    mirror = Mirror(repository.directory)
    (found,) = with_looks(store, mirror, check("c9", base=base), (planned,))
    assert found.order == planned.order
    assert msgspec.structs.replace(found.terms, looks=None, holdout=None) == planned.terms
    return found.terms


def test_where_the_window_is_not_known_every_sweep_of_the_suite_was_a_look(
    store: CheckStore, repository: BareRepository
) -> None:
    base = committed(repository, {"README.md": "no spec"})
    assert terms(store, repository, base).looks == 0
    for name in ("c1", "c2", "c3"):
        ran(store, check(name))
    assert terms(store, repository, base).looks == 3


def test_other_suites_repositories_and_runs_without_report_are_none(
    store: CheckStore, repository: BareRepository
) -> None:
    ran(store, check("c1"), "nightly")
    ran(store, check("c2", "eve/strategies"))
    ran(store, check("c3"), told=False)
    base = committed(repository, {"README.md": "no spec"})
    assert terms(store, repository, base).looks == 0


def test_a_benchmark_has_no_looks(store: CheckStore, repository: BareRepository) -> None:
    base = committed(repository, spec())
    assert terms(store, repository, base, benchmark_order()).looks is None


def test_another_grid_over_the_same_window_is_a_further_look(
    store: CheckStore, repository: BareRepository
) -> None:
    base = committed(repository, {"data/prices.csv": "1,2", **spec(fast=10)})
    window = terms(store, repository, base).holdout
    ran(store, check("c1"), "another_suite", holdout=window)

    later = committed(repository, spec(fast=20))

    assert terms(store, repository, later).looks == 1


@pytest.mark.parametrize(
    "change", [{"data/prices.csv": "1,2,3"}, spec(folds=4)], ids=["more data", "another split"]
)
def test_other_data_and_another_split_are_another_window(
    store: CheckStore, repository: BareRepository, change: Mapping[str, str | bytes]
) -> None:
    base = committed(repository, {"data/prices.csv": "1,2", **spec()})
    ran(store, check("c1"), holdout=terms(store, repository, base).holdout)

    later = committed(repository, change)

    assert terms(store, repository, later).looks == 0


def test_a_window_whose_data_is_not_there_is_not_known(
    store: CheckStore, repository: BareRepository
) -> None:
    assert terms(store, repository, committed(repository, spec())).holdout is None
