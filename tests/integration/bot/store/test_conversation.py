"""The stores of what is said to the bot and by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Engine

from bot.ports import Repository
from bot.store.commands import CommandRecord, CommandStore
from bot.store.drifts import DriftRecord, DriftStore
from bot.store.ledger_heads import LedgerHead, LedgerHeadStore
from bot.store.overrides import OverrideRecord, OverrideStore
from bot.store.pr_leases import LEASE_S, PullRequestLeaseStore
from bot.store.promotions import PromotionRecord, PromotionStore
from bot.store.repositories import RepositoryStore
from bot.store.schedules import Schedule, ScheduleStore
from engine.overrides import Override
from engine.values import CommitSha, DeliveryId, RepositoryName
from tests.fakes.database import database, database_url

__all__ = ["database", "database_url"]

NAME = RepositoryName("o/r")
OTHER = RepositoryName("o/other")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
HEAD = CommitSha("a" * 40)

COMMAND = CommandRecord(
    delivery=DeliveryId("d1"),
    line=2,
    repository=NAME,
    number=7,
    comment=2**40,
    author="ada",
    verb="run",
    arguments={"suite": "core"},
    created_utc=NOW,
)
ACCEPT = Override(
    kind="accept",
    suite="core",
    case="parse",
    metric="wall",
    by="ada",
    reason="meant",
    created_utc="2026-11-20T12:00:00Z",
    head=HEAD,
    change=0.12,
    low=0.1,
    high=0.14,
)
MUTE = Override(
    kind="mute",
    suite="core",
    case="parse",
    by="ada",
    reason="flaky",
    created_utc="2026-11-20T13:00:00Z",
    until_utc="2026-11-21T12:00:00Z",
)
PROMOTION = PromotionRecord(
    repository=NAME,
    suite="core",
    tags="linux+x86_64",
    source=7,
    head=HEAD,
    requested_by="ada",
    reason="faster",
    branch="highwater/baseline/core-linux+x86_64",
    requested_utc=NOW,
)
DRIFT = DriftRecord(
    repository=NAME,
    suite="core",
    fingerprint="f",
    case="parse",
    metric="wall",
    baseline_commit=HEAD,
    change=0.12,
    low=0.1,
    high=0.14,
    updated_utc=NOW,
)


class TestCommands:
    @pytest.fixture
    def store(self, database: Engine) -> CommandStore:
        return CommandStore(database)

    def test_a_line_of_a_delivery_is_stored_once(self, store: CommandStore) -> None:
        added = [store.add(COMMAND), store.add(msgspec.structs.replace(COMMAND, verb="more"))]

        assert added == [True, False]
        assert store.of_delivery(COMMAND.delivery) == (COMMAND,)
        assert store.of_pull_request(NAME, 7) == (COMMAND,)

    def test_it_ends_once(self, store: CommandStore) -> None:
        store.add(COMMAND)

        ended = [store.end(COMMAND.delivery, 2, "done", "Started."), store.end("d1", 2, "refused")]

        (read,) = store.of_delivery(COMMAND.delivery)
        assert (ended, read.status, read.answer) == ([True, False], "done", "Started.")

    def test_a_person_gets_one_usage_reply_an_hour(self, store: CommandStore) -> None:
        minutes = (0, 59, 60, 61)
        may = [
            store.may_reply_usage(NAME, "ada", NOW + timedelta(minutes=each), HOUR)
            for each in minutes
        ]

        assert may == [True, False, True, False]
        assert store.may_reply_usage(NAME, "grace", NOW, HOUR)
        assert store.may_reply_usage(OTHER, "ada", NOW, HOUR)


class TestOverrides:
    @pytest.fixture
    def store(self, database: Engine) -> OverrideStore:
        made = OverrideStore(database)
        made.add(OverrideRecord(id="a", repository=NAME, pull_request=7, override=ACCEPT))
        made.add(OverrideRecord(id="m", repository=NAME, pull_request=None, override=MUTE))
        return made

    def test_they_read_back_as_they_were_stored(self, store: OverrideStore) -> None:
        assert [each.override for each in store.of_repository(NAME)] == [ACCEPT, MUTE]

    def test_the_same_id_is_stored_once(self, store: OverrideStore) -> None:
        again = OverrideRecord(id="a", repository=NAME, pull_request=8, override=ACCEPT)
        assert not store.add(again)

    @pytest.mark.parametrize(
        "pull_request,hours,expected",
        [(7, 2, ["a", "m"]), (8, 2, ["m"]), (None, 2, ["m"]), (7, 24, ["a"])],
    )
    def test_what_holds_depends_on_the_pull_request_and_the_time(
        self, store: OverrideStore, pull_request: int | None, hours: int, expected: list[str]
    ) -> None:
        found = store.in_force(NAME, pull_request, NOW + hours * HOUR)
        assert [each.id for each in found] == expected

    def test_one_that_was_revoked_holds_no_more(self, store: OverrideStore) -> None:
        revoked = [store.revoke("m", NOW + HOUR), store.revoke("m", NOW + HOUR)]

        assert revoked == [True, False]
        assert store.in_force(NAME, None, NOW + 2 * HOUR) == ()
        assert len(store.of_repository(NAME)) == 2


class TestPromotions:
    @pytest.fixture
    def store(self, database: Engine) -> PromotionStore:
        made = PromotionStore(database)
        made.put(PROMOTION)
        return made

    def test_asking_again_replaces_it(self, store: PromotionStore) -> None:
        later = msgspec.structs.replace(
            PROMOTION, status="open", evidence=("r1", "r2"), pull_request=9, commit_sha=HEAD
        )
        store.put(later)

        assert store.promotion(NAME, "core", "linux+x86_64") == later
        assert store.of_pull_request(NAME, 9) == later
        assert store.of_source(NAME, 7) == (later,)
        assert (store.in_status("measuring"), store.in_status("open")) == ((), (later,))

    def test_what_was_never_asked_is_none(self, store: PromotionStore) -> None:
        assert store.promotion(NAME, "core", "linux") is None
        assert store.of_pull_request(NAME, 7) is None


class TestRepositories:
    @pytest.fixture
    def store(self, database: Engine) -> RepositoryStore:
        made = RepositoryStore(database)
        made.see(Repository(name=NAME, installation=5), NOW, "main")
        made.see(Repository(name=OTHER, installation=5), NOW)
        return made

    def test_what_is_not_known_now_stays(self, store: RepositoryStore) -> None:
        store.see(Repository(name=NAME), NOW + HOUR)

        read = store.repository(NAME)
        assert read is not None
        assert (read.installation, read.default_branch) == (5, "main")
        assert (read.active, read.seen_utc) == (True, NOW + HOUR)

    def test_one_that_was_lost_is_active_no_more_until_it_is_seen(
        self, store: RepositoryStore
    ) -> None:
        store.lose([NAME])
        lost = [each.name for each in store.active()]
        store.see(Repository(name=NAME, installation=6), NOW)

        assert (lost, [each.name for each in store.active()]) == ([OTHER], [OTHER, NAME])

    def test_an_installation_names_the_repositories_that_it_reaches(
        self, store: RepositoryStore
    ) -> None:
        assert store.of_installation(5) == (OTHER, NAME)


def test_a_schedule_keeps_when_it_was_due_and_when_it_started(database: Engine) -> None:
    store = ScheduleStore(database)
    store.note_due(NAME, "nightly", NOW)
    store.note_started(NAME, "nightly", NOW + HOUR)
    store.note_due(NAME, "nightly", NOW + 24 * HOUR)

    assert store.schedule(NAME, "nightly") == Schedule(NOW + 24 * HOUR, NOW + HOUR)
    assert store.schedule(OTHER, "nightly") == Schedule(None, None)


def test_a_drift_is_kept_once_as_it_was_last_seen(database: Engine) -> None:
    store = DriftStore(database)
    store.put(DRIFT)
    closed = msgspec.structs.replace(DRIFT, status="closed", issue=3, change=0.01)
    store.put(closed)

    assert store.of_repository(NAME) == (closed,)
    assert store.of_repository(NAME, "open") == ()


def test_a_ledgers_head_is_the_last_one_that_was_stored(database: Engine) -> None:
    store = LedgerHeadStore(database)
    store.put("ledger/decisions.jsonl", LedgerHead(1, "a"), NOW)
    store.put("ledger/decisions.jsonl", LedgerHead(2, "b"), NOW)

    assert store.head("ledger/decisions.jsonl") == LedgerHead(2, "b")
    assert store.head("other") is None


def test_one_holder_at_a_time_has_a_pull_request(database: Engine) -> None:
    store = PullRequestLeaseStore(database)
    later = NOW + timedelta(seconds=LEASE_S)

    assert store.take(NAME, 7, "c1", NOW)
    assert store.take(NAME, 7, "c1", NOW)
    assert not store.take(NAME, 7, "c2", NOW)
    assert store.take(NAME, 8, "c2", NOW)
    assert store.take(NAME, 7, "c2", later)
    store.release(NAME, 7, "c1")
    assert not store.take(NAME, 7, "c3", later)
    store.release(NAME, 7, "c2")
    assert store.take(NAME, 7, "c3", later)


def test_how_far_a_promotion_is_is_never_stored_over_a_newer_request(database: Engine) -> None:
    store = PromotionStore(database)
    store.put(PROMOTION)
    opened = msgspec.structs.replace(PROMOTION, status="open", commit_sha=HEAD)
    newer = msgspec.structs.replace(PROMOTION, requested_utc=NOW + HOUR, reason="exact")

    assert store.carry_on(opened)
    assert store.of_commit(NAME, HEAD) == opened
    store.put(newer)
    assert not store.carry_on(opened)

    assert store.promotion(NAME, "core", "linux+x86_64") == newer
    assert store.of_commit(NAME, HEAD) is None
