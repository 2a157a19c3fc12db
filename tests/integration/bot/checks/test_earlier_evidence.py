"""What a new check of the same commit pair continues, read from a real store."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import Engine

from bot.checks.evidence import earlier_evidence
from bot.store.checks import CheckRecord, CheckStore, RunRecord
from engine.configuration import Configuration, Policy
from engine.orders import RunOrder
from engine.samples import PairLaunch
from engine.values import CheckId, RepositoryName, RunId, SuiteName
from tests.fakes.database import database, database_url
from tests.fakes.evidence import (
    BASE,
    HEAD,
    MACHINE,
    TARGET,
    benchmark_order,
    benchmarked,
    pairs,
    report,
)

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
CHECK = CheckRecord(
    id=CheckId("c8"),
    repository=RepositoryName("ada/strategies"),
    installation=1,
    pull_request=7,
    head=HEAD,
    base=BASE,
    target=TARGET,
    policy_commit=TARGET,
    base_ref="main",
    opened_utc=NOW,
    claimed_until_utc=NOW,
    retry_utc=NOW,
    policy=Policy(),
    skipped=(),
)
CONFIGURATION = Configuration(version=1, suites={SuiteName("core"): benchmark_order().suite})
EARLIER = pairs({"a": 1.0})
LATER = tuple(msgspec.structs.replace(one, pair=one.pair + 12) for one in EARLIER)


def concluded(store: CheckStore, order: RunOrder, launches: tuple[PairLaunch, ...]) -> None:
    """Store a check of that order whose report holds those launches."""
    run = RunRecord(
        run=RunId(order.run),
        check=CheckId("c7"),
        position=0,
        check_name="highwater / core (linux+x86_64)",
        tags=("linux", "x86_64"),
        order=order,
        terms=b"{}",
    )
    store.open_check(msgspec.structs.replace(CHECK, id=CheckId("c7")), (run,))
    store.store_report(RunId(order.run), report(order, benchmarked(launches)))


def continued(fingerprint: str) -> RunOrder:
    return msgspec.structs.replace(
        benchmark_order(), earlier=EARLIER, earlier_fingerprint=fingerprint
    )


@pytest.mark.parametrize(
    "fingerprint, launches, kept, of",
    [
        (MACHINE.fingerprint, LATER, (*EARLIER, *LATER), MACHINE.fingerprint),
        ("another", LATER, LATER, MACHINE.fingerprint),
        (MACHINE.fingerprint, (), EARLIER, MACHINE.fingerprint),
        ("another", (), EARLIER, "another"),
    ],
)
def test_a_run_hands_on_what_was_measured_on_one_machine(
    database: Engine,
    fingerprint: str,
    launches: tuple[PairLaunch, ...],
    kept: tuple[PairLaunch, ...],
    of: str,
) -> None:
    store = CheckStore(database)
    concluded(store, continued(fingerprint), launches)

    ((suite, evidence),) = earlier_evidence(store, CHECK, CONFIGURATION)

    assert (suite, evidence.fingerprint, evidence.launches) == ("core", of, kept)


def test_a_run_that_measured_nothing_at_all_hands_nothing_on(database: Engine) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), ())

    assert earlier_evidence(store, CHECK, CONFIGURATION) == ()
