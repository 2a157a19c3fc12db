from __future__ import annotations

import pytest
from sqlalchemy import Engine

from bot.store.debts import DebtStore
from engine.debts import DebtKind
from engine.values import RepositoryName
from tests.fakes.database import database, database_url
from tests.unit.engine.test_debts import DEBT, debt

__all__ = ["database", "database_url"]

NAME = RepositoryName("o/r")
CORE = ("core", "f" * 16)


@pytest.fixture
def store(database: Engine) -> DebtStore:
    return DebtStore(database)


def test_debts_come_back_as_they_were_recorded(store: DebtStore) -> None:
    both = (DEBT, debt(12, case="price", kind=DebtKind.AT_THE_BUDGET))
    store.replace(NAME, 12, {CORE}, both)
    assert store.debts(NAME) == both


def test_concluding_a_check_again_doubles_nothing(store: DebtStore) -> None:
    for _ in range(2):
        store.replace(NAME, 12, {CORE}, [DEBT])
    assert store.debts(NAME) == (DEBT,)


def test_two_rows_of_one_series_are_one_debt(store: DebtStore) -> None:
    store.replace(NAME, 12, {CORE}, [DEBT, debt(12, 0.02)])
    assert [one.change for one in store.debts(NAME)] == [0.02]


def test_a_later_head_of_the_pull_request_takes_the_place_of_the_former(store: DebtStore) -> None:
    store.replace(NAME, 12, {CORE}, [DEBT, debt(12, case="price")])
    mended = debt(12, 0.005, case="price")
    store.replace(NAME, 12, {CORE}, [mended])
    assert store.debts(NAME) == (mended,)


def test_a_mended_loss_is_none_any_more(store: DebtStore) -> None:
    store.replace(NAME, 12, {CORE}, [DEBT])
    store.replace(NAME, 12, {CORE}, [])
    assert store.debts(NAME) == ()


@pytest.mark.parametrize("measured", [set(), {("other", "f" * 16)}, {("core", "e" * 16)}])
def test_what_was_not_measured_again_stays(
    store: DebtStore, measured: set[tuple[str, str]]
) -> None:
    store.replace(NAME, 12, {CORE}, [DEBT])
    store.replace(NAME, 12, measured, [])
    assert store.debts(NAME) == (DEBT,)


def test_pull_requests_and_repositories_are_apart(store: DebtStore) -> None:
    store.replace(NAME, 12, {CORE}, [DEBT])
    store.replace(NAME, 14, {CORE}, [debt(14)])
    store.replace(RepositoryName("o/other"), 12, {CORE}, [])
    assert [one.pull_request for one in store.debts(NAME)] == [12, 14]
    assert store.repositories() == (NAME,)


def test_a_suites_debts_can_be_asked_for_alone(store: DebtStore) -> None:
    store.replace(NAME, 12, {CORE}, [DEBT])
    assert store.debts(NAME, "other") == ()
    assert store.debts(NAME, "core") == (DEBT,)
