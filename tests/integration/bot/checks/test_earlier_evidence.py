"""What a new check of the same commit pair continues, read from a real store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from bot.checks.evidence import earlier_confirmation, earlier_evidence
from bot.store.checks import CheckRecord, CheckStore, RunRecord
from engine.configuration import Configuration, Policy
from engine.orders import RunOrder
from engine.samples import PairLaunch, Purpose
from engine.values import CheckId, RepositoryName, RunId, Side, SuiteName
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


OF_HEAD = tuple(one for one in EARLIER if one.side is Side.HEAD)


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


def as_(purpose: Purpose) -> tuple[PairLaunch, ...]:
    """Launch head alone, for another purpose than pairs."""
    return tuple(msgspec.structs.replace(one, purpose=purpose) for one in OF_HEAD)


@pytest.mark.parametrize("purpose", ["screen", "own_copy"])
def test_what_head_measured_alone_is_not_handed_on(database: Engine, purpose: Purpose) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), (*as_(purpose), *EARLIER))

    ((_, evidence),) = earlier_evidence(store, CHECK, CONFIGURATION)

    assert evidence.launches == EARLIER


def test_a_run_that_only_screened_hands_on_the_pairs_that_it_continued(database: Engine) -> None:
    store = CheckStore(database)
    concluded(store, continued("another"), as_("screen"))

    ((_, evidence),) = earlier_evidence(store, CHECK, CONFIGURATION)

    assert (evidence.fingerprint, evidence.launches) == ("another", EARLIER)


def test_a_run_that_only_screened_and_continued_nothing_hands_nothing_on(
    database: Engine,
) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), as_("screen"))

    assert earlier_evidence(store, CHECK, CONFIGURATION) == ()


@pytest.mark.parametrize("fields", [{"purpose": "null"}, {"confirms": "c7-0"}])
def test_a_null_run_and_a_second_runners_are_not_continued(
    database: Engine, fields: dict[str, Any]
) -> None:
    store = CheckStore(database)
    concluded(store, msgspec.structs.replace(benchmark_order(), **fields), EARLIER)

    assert earlier_evidence(store, CHECK, CONFIGURATION) == ()


@pytest.mark.parametrize(
    "declared, pairs_kept",
    [
        ({"measure": {"max_pairs": 60}}, len(EARLIER)),
        ({"budget": {"default": {"time": {"max_worsening": 0.02}}}}, len(EARLIER)),
        ({"measure": {"samples": 30}}, 0),
        ({"command": ["python", "other.py", "{out}"]}, 0),
    ],
)
def test_pairs_are_continued_while_the_suite_is_measured_the_same(
    database: Engine, declared: dict[str, Any], pairs_kept: int
) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), EARLIER)
    suite = benchmark_order(**declared).suite

    found = earlier_evidence(store, CHECK, Configuration(version=1, suites={"core": suite}))

    assert sum(len(evidence.launches) for _, evidence in found) == pairs_kept


@pytest.mark.parametrize(
    "confirms, fingerprint, found",
    [
        ("c7-0", MACHINE.fingerprint, EARLIER),
        ("c7-0", "another", None),
        (None, MACHINE.fingerprint, None),
    ],
)
def test_a_confirmation_continues_confirmations_on_such_hardware(
    database: Engine, confirms: str | None, fingerprint: str, found: tuple[PairLaunch, ...] | None
) -> None:
    store = CheckStore(database)
    concluded(store, msgspec.structs.replace(benchmark_order(), confirms=confirms), EARLIER)

    evidence = earlier_confirmation(store, CHECK, benchmark_order("c8-1"), fingerprint)

    assert (None if evidence is None else evidence.launches) == found


def test_a_run_that_measured_nothing_at_all_hands_nothing_on(database: Engine) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), ())

    assert earlier_evidence(store, CHECK, CONFIGURATION) == ()
