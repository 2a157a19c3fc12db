"""What a new check of the same commit pair continues, read from a real store."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from bot.checks.evidence import earlier_confirmation, earlier_evidence, refuse_oversized
from bot.checks.planning import PlannedRun
from bot.store.checks import CheckRecord, CheckStore, RunRecord
from engine.certificates import CaseCertificate, Certificate
from engine.configuration import Configuration, Policy
from engine.errors import UserError
from engine.orders import CaseFailure, Failure, RunOrder, Terms
from engine.samples import PairLaunch, Purpose
from engine.values import CheckId, RepositoryName, RunId, Side, SuiteName
from engine.verdicts import RunTerms
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
from worker.queue import codec

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
HERE = MACHINE.fingerprint
OTHER = msgspec.structs.replace(
    MACHINE, hardware=msgspec.structs.replace(MACHINE.hardware, model="other")
)
THERE = OTHER.fingerprint


def concluded(
    store: CheckStore,
    order: RunOrder,
    launches: tuple[PairLaunch, ...],
    *,
    check: str = "c7",
    **told: Any,
) -> None:
    """Store a check of that order whose report holds those launches, and what else it *told*."""
    order = msgspec.structs.replace(order, run=f"{check}-1")
    run = RunRecord(
        run=RunId(order.run),
        check=CheckId(check),
        position=0,
        check_name="highwater / core (linux+x86_64)",
        tags=("linux", "x86_64"),
        order=order,
        terms=b"{}",
    )
    opened = NOW + timedelta(minutes=int(check[1:]))
    record = msgspec.structs.replace(CHECK, id=CheckId(check), opened_utc=opened)
    store.open_check(record, (run,))
    made = msgspec.structs.replace(report(order, benchmarked(launches)), **told)
    store.store_report(RunId(order.run), made)


def continued(fingerprint: str, **fields: Any) -> RunOrder:
    return msgspec.structs.replace(
        benchmark_order(), earlier=EARLIER, earlier_fingerprint=fingerprint, **fields
    )


def sessions(store: CheckStore) -> list[tuple[str, tuple[PairLaunch, ...]]]:
    """Give what the suite goes on with, by hardware."""
    found = dict(earlier_evidence(store, CHECK, CONFIGURATION))
    given = found["core"].sessions if found else ()
    return [(one.fingerprint, one.launches) for one in given]


def terms(store: CheckStore) -> Terms | None:
    """Give what the one session was begun with."""
    ((_, evidence),) = earlier_evidence(store, CHECK, CONFIGURATION)
    (session,) = evidence.sessions
    return session.terms


def certified(fingerprint: str, runner: str = "demo-1", pair_sd: float = 0.01) -> RunOrder:
    """Order the suite with a certificate of a runner."""
    case = CaseCertificate(case="a", metric="wall", pair_sd=pair_sd, sessions=4)
    known = Certificate(
        runner=runner, fingerprint=fingerprint, cases=(case,), comparisons=4, alarms=0
    )
    return msgspec.structs.replace(benchmark_order(), certificates=(known,))


def numbered(launches: tuple[PairLaunch, ...], start: int) -> tuple[PairLaunch, ...]:
    return tuple(msgspec.structs.replace(one, pair=one.pair + start) for one in launches)


def as_(purpose: Purpose) -> tuple[PairLaunch, ...]:
    """Launch head alone, for another purpose than pairs."""
    return tuple(msgspec.structs.replace(one, purpose=purpose) for one in OF_HEAD)


def test_evidence_of_all_hardware_is_kept_and_what_was_begun_last_comes_first(
    database: Engine,
) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), EARLIER, check="c1")
    concluded(store, benchmark_order(), LATER, check="c2", machine=OTHER)
    concluded(store, benchmark_order(), numbered(EARLIER, 24), check="c3")

    assert sessions(store) == [(THERE, LATER), (HERE, (*EARLIER, *numbered(EARLIER, 24)))]


def test_what_is_carried_from_check_to_check_is_counted_once(database: Engine) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), EARLIER, check="c1")
    concluded(store, continued(HERE), LATER, check="c2")

    assert sessions(store) == [(HERE, (*EARLIER, *LATER))]


def test_checks_that_did_not_know_of_each_other_are_numbered_on(database: Engine) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), (*as_("screen"), *EARLIER), check="c1")
    concluded(store, benchmark_order(), (*as_("screen"), *EARLIER), check="c2")

    ((_, launches),) = sessions(store)

    assert len(launches) == 2 * len((*OF_HEAD, *EARLIER))
    assert len({(one.purpose, one.pair, one.side) for one in launches}) == len(launches)
    later = [one.pair for one in launches[len(launches) // 2 :]]
    assert (min(later), max(later)) == (12, 23)


def test_the_screen_is_handed_on_and_what_head_alone_says_of_itself_is_not(
    database: Engine,
) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), (*as_("own_copy"), *as_("screen"), *EARLIER))

    assert sessions(store) == [(HERE, (*as_("screen"), *EARLIER))]


def test_a_run_that_only_screened_begins_a_session(database: Engine) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), as_("screen"))

    assert sessions(store) == [(HERE, as_("screen"))]


def test_a_run_that_added_nothing_changes_nothing(database: Engine) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), EARLIER, check="c1")
    concluded(store, continued(HERE), (), check="c2")

    assert sessions(store) == [(HERE, EARLIER)]


def test_a_clock_that_went_back_neither_doubles_nor_reorders_anything(database: Engine) -> None:
    store = CheckStore(database)
    begun = Terms(dedicated=True)
    concluded(store, continued(HERE, earlier_terms=begun), LATER, check="c1")
    concluded(store, benchmark_order(), EARLIER, check="c2", dedicated=True)

    ((_, launches),) = sessions(store)

    assert sorted(launches, key=lambda one: one.pair) == [*EARLIER, *LATER]
    assert terms(store) == begun


@pytest.mark.parametrize("side, is_kept", [(Side.BASE, True), (Side.HEAD, False)])
def test_a_run_in_which_a_case_failed_on_head_is_measured_anew(
    database: Engine, side: Side, is_kept: bool
) -> None:
    store = CheckStore(database)
    evidence = benchmarked(EARLIER, failed=(CaseFailure(case="b", side=side),))
    concluded(store, benchmark_order(), EARLIER, evidence=evidence)

    assert sessions(store) == ([(HERE, EARLIER)] if is_kept else [])


def test_what_was_measured_before_a_failure_is_kept(database: Engine) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), EARLIER, failure=Failure(blame="candidate", step="bench"))

    assert sessions(store) == [(HERE, EARLIER)]


@pytest.mark.parametrize(
    "told, order, of",
    [
        ({}, benchmark_order(), Terms()),
        ({"dedicated": True}, benchmark_order(), Terms(dedicated=True)),
        ({}, benchmark_order(measure={"max_pairs": 60}), Terms(max_pairs=60)),
        ({}, certified(HERE), Terms(certificate=certified(HERE).certificates[0])),
        ({}, certified(HERE, runner="other"), Terms()),
        ({}, certified(THERE), Terms()),
    ],
)
def test_a_session_tells_what_it_was_begun_with(
    database: Engine, told: dict[str, Any], order: RunOrder, of: Terms
) -> None:
    store = CheckStore(database)
    concluded(store, order, EARLIER, check="c1", **told)
    concluded(store, certified(HERE, pair_sd=0.5), LATER, check="c2")

    assert terms(store) == of


def test_terms_that_an_order_carries_are_carried_on(database: Engine) -> None:
    store = CheckStore(database)
    begun = Terms(dedicated=True, max_pairs=12)
    concluded(store, continued(HERE, earlier_terms=begun), LATER)

    assert terms(store) == begun


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

    assert (
        sum(len(one.launches) for _, evidence in found for one in evidence.sessions) == pairs_kept
    )


@pytest.mark.parametrize(
    "confirms, found", [("c7-0", [(THERE, LATER), (HERE, EARLIER)]), (None, [])]
)
def test_a_confirmation_continues_confirmations_and_nothing_else(
    database: Engine, confirms: str | None, found: list[tuple[str, tuple[PairLaunch, ...]]]
) -> None:
    store = CheckStore(database)
    order = msgspec.structs.replace(benchmark_order(), confirms=confirms)
    concluded(store, order, EARLIER, check="c1")
    concluded(store, order, LATER, check="c2", machine=OTHER)

    given = earlier_confirmation(store, CHECK, benchmark_order("c8-1"))

    assert [(one.fingerprint, one.launches) for one in given] == found


def test_an_order_that_cannot_carry_its_evidence_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fresh, full = (PlannedRun(order, RunTerms()) for order in (benchmark_order(), continued(HERE)))
    monkeypatch.setattr(codec, "MAX_ORDER_BYTES", 5_000)
    refuse_oversized([fresh])

    with pytest.raises(UserError, match=r"suites\.core.*too much earlier evidence.*bytes.*Push"):
        refuse_oversized([fresh, full])


def test_a_run_that_measured_nothing_at_all_hands_nothing_on(database: Engine) -> None:
    store = CheckStore(database)
    concluded(store, benchmark_order(), ())

    assert earlier_evidence(store, CHECK, CONFIGURATION) == ()
