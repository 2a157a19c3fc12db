"""Which verdicts a pull request had before: the same for the bot and for a replay years later."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from sqlalchemy import Engine

from bot.store.checks import CheckRecord, CheckStore
from bot.store.verdicts import StoredVerdict
from engine.reports.earlier import Earlier
from engine.values import CheckId, CommitSha, Outcome, RepositoryName
from tests.fakes.database import database, database_url

__all__ = ["database", "database_url"]
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FIRST = CheckRecord(
    id=CheckId("c1"),
    repository=RepositoryName("o/r"),
    pull_request=7,
    head=CommitSha("1" * 40),
    base=CommitSha("b" * 40),
    target=CommitSha("c" * 40),
    policy_commit=None,
    base_ref="main",
    opened_utc=NOW,
    claimed_until_utc=NOW,
    retry_utc=NOW,
)


def check(name: str, **fields: object) -> CheckRecord:
    return msgspec.structs.replace(FIRST, id=CheckId(name), **fields)


def verdict(name: str, outcome: Outcome = Outcome.PASS) -> StoredVerdict:
    return StoredVerdict(
        check=CheckId(name),
        outcome=outcome,
        document=b"{}",
        comment=f"<!-- mark -->\n## ✅ What {name} said\n\nAnd more.",
        public_url="http://127.0.0.1:8787",
        stored_utc=NOW,
    )


@pytest.fixture
def store(database: Engine) -> CheckStore:
    return CheckStore(database)


def put(store: CheckStore, stored: StoredVerdict) -> None:
    store.store_verdict(check(stored.check), lambda _: stored)


def concluded(store: CheckStore, *checks: CheckRecord) -> None:
    for one in checks:
        store.open_check(one, [])
        put(store, verdict(one.id))


def names(earlier: Earlier) -> list[str]:
    return [one.check for one in earlier.newest]


def test_a_check_knows_those_before_its_own_newest_first(store: CheckStore) -> None:
    concluded(store, check("c1"), check("c2"), check("c3"), check("c4"))

    assert names(store.earlier(check("c3"))) == ["c2", "c1"]


def test_a_check_without_a_verdict_knows_all_that_there_are(store: CheckStore) -> None:
    concluded(store, check("c1"), check("c2"))

    assert names(store.earlier(check("c9"))) == ["c2", "c1"]


def test_an_earlier_verdict_is_told_as_it_was_published(store: CheckStore) -> None:
    concluded(store, check("c1"))

    (one,) = store.earlier(check("c2")).newest
    assert (one.said, one.head) == ("✅ What c1 said", "1" * 40)
    assert one.decided_utc == "2026-11-20T12:00:00Z"


def test_what_is_no_verdict_of_the_pull_request_is_left_out(store: CheckStore) -> None:
    concluded(
        store,
        check("other-pull", pull_request=8),
        check("other-repository", repository=RepositoryName("o/x")),
        check("evidence", kind="promotion"),
        check("aside", ref="release"),
        check("night", kind="nightly", pull_request=None),
    )

    assert store.earlier(check("c9")) == Earlier()


def test_a_check_of_no_pull_request_has_no_earlier_verdict(store: CheckStore) -> None:
    concluded(store, check("night-1", kind="nightly", pull_request=None))

    assert store.earlier(check("night-2", kind="nightly", pull_request=None)) == Earlier()


def test_of_many_the_newest_ten_are_told_and_all_are_counted(store: CheckStore) -> None:
    concluded(store, *(check(f"c{number:02d}") for number in range(13)))

    earlier = store.earlier(check("c99"))
    assert (names(earlier)[0], len(earlier.newest), earlier.count) == ("c12", 10, 13)


def test_a_verdict_is_made_of_those_that_stand_when_it_is_stored(store: CheckStore) -> None:
    concluded(store, check("c1"))
    store.open_check(check("c2"), [])
    seen: list[Earlier] = []

    def made(earlier: Earlier) -> StoredVerdict:
        seen.append(earlier)
        return verdict("c2")

    stored = [store.store_verdict(check("c2"), made) for _ in range(2)]

    assert stored == [True, False]
    assert seen[0] == seen[1] == store.earlier(check("c2"))


def test_evidence_that_was_green_turns_nothing_red(store: CheckStore) -> None:
    concluded(store, check("evidence", kind="promotion"), check("aside", ref="release"))
    store.open_check(check("red", opened_utc=NOW + timedelta(seconds=1)), [])

    assert store.decided_before(check("red")) is None
