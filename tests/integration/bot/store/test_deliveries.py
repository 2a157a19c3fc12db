from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, event, select

from bot.store import deliveries
from bot.store.deliveries import Delivery, DeliveryStatus, DeliveryStore
from bot.store.engine import reading
from bot.store.tables import DELIVERIES
from engine.values import DeliveryId
from tests.fakes.database import database, database_url

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ONE = Delivery(id=DeliveryId("d-1"), event="ping", body=b'{"hook_id": 1}')
TWO = Delivery(id=DeliveryId("d-2"), event="ping", body=b'{"hook_id": 2}')


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@pytest.fixture
def store(database: Engine) -> DeliveryStore:
    return DeliveryStore(database)


def status(store: DeliveryStore, delivery: Delivery = ONE) -> DeliveryStatus:
    state = store.state(delivery.id)
    assert state is not None
    return state.status


def test_a_stored_delivery_comes_back_as_it_was(store: DeliveryStore) -> None:
    raw = msgspec.structs.replace(ONE, body=bytes(range(256)))
    store.add(raw, NOW)
    assert store.begin(raw.id, NOW, 60) == msgspec.structs.replace(raw, attempt=1)


@pytest.mark.parametrize(
    "again",
    [
        ONE,
        msgspec.structs.replace(TWO, id=ONE.id),
        msgspec.structs.replace(ONE, id=TWO.id),
        msgspec.structs.replace(ONE, id=TWO.id, event="push"),
    ],
    ids=["the very same", "its id", "its body", "its body as another event"],
)
def test_a_duplicate_by_id_or_by_body_is_not_stored(store: DeliveryStore, again: Delivery) -> None:
    store.add(ONE, NOW)
    assert (store.add(again, after(1)), sum(store.counts().values())) == (False, 1)


def test_a_handled_delivery_stays_a_duplicate(store: DeliveryStore) -> None:
    store.add(ONE, NOW)
    store.finish(ONE.id)
    assert not store.add(ONE, after(1))


def test_a_failed_delivery_that_is_redelivered_starts_anew(store: DeliveryStore) -> None:
    store.add(ONE, NOW)
    store.begin(ONE.id, NOW, 60)
    store.fail(ONE.id, "GitHub was down")
    accepted = store.add(ONE, after(9))
    state = store.state(ONE.id)
    assert state is not None
    assert (accepted, state.status, state.attempts, state.problem, state.received_utc) == (
        True,
        DeliveryStatus.WAITING,
        0,
        None,
        after(9),
    )


def test_the_body_of_a_failed_delivery_may_come_under_another_id(store: DeliveryStore) -> None:
    store.add(ONE, NOW)
    store.fail(ONE.id, "no")
    assert store.add(msgspec.structs.replace(ONE, id=TWO.id), after(1))


def test_a_failed_delivery_is_not_revived_while_its_body_lives_under_another_id(
    store: DeliveryStore,
) -> None:
    store.add(ONE, NOW)
    store.fail(ONE.id, "no")
    store.add(msgspec.structs.replace(ONE, id=TWO.id), after(1))
    assert (store.add(ONE, after(2)), status(store)) == (False, DeliveryStatus.FAILED)


def test_of_simultaneous_equal_deliveries_one_is_stored(store: DeliveryStore) -> None:
    stored: list[bool] = []
    threads = [
        threading.Thread(target=lambda: stored.append(store.add(ONE, NOW))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(stored) == [False] * 7 + [True]


def test_claims_come_oldest_first_and_at_most_as_many_as_asked_for(store: DeliveryStore) -> None:
    store.add(TWO, after(1))
    store.add(ONE, NOW)
    assert [store.claim(after(2), 60, limit=1), store.claim(after(2), 60)] == [
        (ONE.id,),
        (TWO.id,),
    ]


def test_a_claimed_delivery_is_not_claimed_again_while_the_lease_runs(
    store: DeliveryStore,
) -> None:
    store.add(ONE, NOW)
    store.claim(NOW, 60)
    assert store.claim(after(59), 60) == ()


def test_a_claim_that_ran_out_may_be_claimed_again(store: DeliveryStore) -> None:
    store.add(ONE, NOW)
    store.claim(NOW, 60)
    assert store.claim(after(60), 60) == (ONE.id,)


def test_beginning_renews_the_lease(store: DeliveryStore) -> None:
    store.add(ONE, NOW)
    store.claim(NOW, 60)
    store.begin(ONE.id, after(59), 600)
    assert store.claim(after(100), 60) == ()


def test_each_beginning_is_counted(store: DeliveryStore) -> None:
    store.add(ONE, NOW)
    store.begin(ONE.id, NOW, 60)
    begun = store.begin(ONE.id, after(90), 60)
    assert begun is not None
    assert begun.attempt == 2


def test_what_has_ended_does_not_begin_again(store: DeliveryStore) -> None:
    store.add(ONE, NOW)
    store.add(TWO, NOW)
    store.finish(ONE.id)
    store.fail(TWO.id, "no")
    begun = [store.begin(DeliveryId(each), after(1), 60) for each in ("d-1", "d-2", "unknown")]
    assert begun == [None, None, None]


def test_a_postponed_delivery_is_due_at_its_time_and_not_before(store: DeliveryStore) -> None:
    store.add(ONE, NOW)
    store.claim(NOW, 600)
    store.postpone(ONE.id, after(30), "GitHub is down")
    assert [store.claim(after(29), 60), store.claim(after(30), 60)] == [(), (ONE.id,)]


def test_a_delivery_ends_once(store: DeliveryStore) -> None:
    store.add(ONE, NOW)
    ended = [store.finish(ONE.id), store.finish(ONE.id), store.fail(ONE.id, "late")]
    assert (ended, status(store)) == ([True, False, False], DeliveryStatus.DONE)


def test_claimers_at_once_never_take_the_same_delivery(store: DeliveryStore) -> None:
    for number in range(60):
        body = str(number).encode()
        store.add(Delivery(id=DeliveryId(f"n-{number}"), event="ping", body=body), NOW)
    taken: list[DeliveryId] = []

    def claim_all() -> None:
        while claimed := store.claim(NOW, 60, limit=5):
            taken.extend(claimed)

    threads = [threading.Thread(target=claim_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), len(set(taken))) == (60, 60)


def test_an_unknown_delivery_has_no_state(store: DeliveryStore) -> None:
    assert store.state(DeliveryId("unknown")) is None


def test_bodies_of_old_ended_deliveries_are_dropped_and_no_others(
    store: DeliveryStore, database: Engine
) -> None:
    names = ("done", "failed", "open", "young")
    for name in names:
        received = after(100) if name == "young" else NOW
        store.add(Delivery(id=DeliveryId(name), event="ping", body=name.encode()), received)
    store.finish(DeliveryId("done"))
    store.fail(DeliveryId("failed"), "no")
    store.finish(DeliveryId("young"))

    cleared = store.clear_bodies(after(100))

    with reading(database) as connection:
        kept = connection.execute(select(DELIVERIES.c.id).where(DELIVERIES.c.body.is_not(None)))
        assert (cleared, sorted(kept.scalars())) == (2, ["open", "young"])


def test_however_many_bodies_are_old_all_are_dropped(
    store: DeliveryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "_CLEARED_AT_ONCE", 2)
    for number in range(5):
        name = DeliveryId(f"d-{number}")
        store.add(Delivery(id=name, event="ping", body=name.encode()), NOW)
        store.finish(name)
    assert store.clear_bodies(after(1)) == 5


def test_a_delivery_without_its_body_is_still_known_as_a_duplicate(store: DeliveryStore) -> None:
    store.add(ONE, NOW)
    store.finish(ONE.id)
    store.clear_bodies(after(1))
    assert not store.add(msgspec.structs.replace(ONE, id=TWO.id), after(2))


USES: dict[str, Callable[[DeliveryStore], object]] = {
    "an idle look": lambda store: store.claim(NOW, 60),
    "a claim": lambda store: store.claim(after(5), 60),
    "a duplicate": lambda store: store.add(ONE, after(5)),
    "counting": lambda store: store.counts(),
    "clearing": lambda store: store.clear_bodies(after(5)),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
def test_nothing_that_is_done_often_reads_every_row(
    store: DeliveryStore, database: Engine, use: Callable[[DeliveryStore], object]
) -> None:
    for number, each in enumerate((ONE, TWO)):
        store.add(each, after(number + 1))
    store.finish(TWO.id)
    statements: list[tuple[str, Any]] = []

    def note(*called: Any) -> None:
        statements.append((called[2], called[3]))

    event.listen(database, "before_cursor_execute", note)
    use(store)
    event.remove(database, "before_cursor_execute", note)

    assert [step for each in statements for step in whole_scans(database, *each)] == []


def whole_scans(database: Engine, statement: str, parameters: Any) -> list[str]:
    """Give the steps of a statement's plan that walk through the table, bodies and all."""
    if not statement.startswith(("SELECT", "INSERT", "UPDATE")):
        return []
    with reading(database) as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    steps = [str(row.detail) for row in plan]
    return [step for step in steps if step.startswith("SCAN") and "COVERING INDEX" not in step]
