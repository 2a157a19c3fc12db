from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select, text

from bot.store.checks import CheckRecord, CheckStatus, CheckStore, RunRecord, RunStatus
from bot.store.engine import reading, writing
from bot.store.tables import SAMPLES, SWEEP_POINTS
from bot.store.verdicts import StoredVerdict
from engine.backtest.leaks import Canary, Leak
from engine.configuration import Policy
from engine.orders import (
    BenchmarkEvidence,
    CaseFailure,
    Evidence,
    Failure,
    PointReturns,
    RunReport,
    SweepEvidence,
    Trials,
)
from engine.samples import MAX_SAMPLE, Conditions
from engine.sweep.rows import PointResult
from engine.values import CheckId, Outcome, RepositoryName, RunId, Side
from tests.fakes.database import database, database_url
from tests.fakes.evidence import (
    BASE,
    HEAD,
    MACHINE,
    TARGET,
    benchmark_order,
    ended,
    late,
    pairs,
    points,
)

__all__ = ["database", "database_url"]

NOW = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)
RUN = RunId("c7-1")
NUMBERS = itertools.count()
CHECK = CheckRecord(
    id=CheckId("c7"),
    repository=RepositoryName("o/r"),
    installation=2**40,
    pull_request=7,
    head=HEAD,
    base=BASE,
    target=TARGET,
    policy_commit=TARGET,
    base_ref="main",
    opened_utc=NOW,
    claimed_until_utc=NOW,
    retry_utc=NOW,
    policy=Policy(inconclusive="failure"),
    skipped=("docs", "other"),
)


def run_record(run: str = RUN, check: str = "c7", position: int = 0) -> RunRecord:
    return RunRecord(
        run=RunId(run),
        check=CheckId(check),
        position=position,
        check_name="highwater / core (linux+x86_64)",
        tags=("linux", "x86_64"),
        order=benchmark_order(run),
        terms=b'{"terms": \xff}',
    )


def check_record(check: str, **fields: Any) -> CheckRecord:
    return msgspec.structs.replace(CHECK, id=CheckId(check), **fields)


def report(evidence: Evidence | None = None, **fields: Any) -> RunReport:
    values: dict[str, Any] = {
        "run": RUN,
        "nonce": "n-1",
        "runner": "bench-a",
        "machine": MACHINE,
        "started_utc": "2026-11-20T12:00:00Z",
        "finished_utc": "2026-11-20T12:01:00Z",
        "evidence": evidence,
    }
    return RunReport(**{**values, **fields})


@pytest.fixture
def store(database: Engine) -> CheckStore:
    return CheckStore(database)


@pytest.fixture
def opened(store: CheckStore) -> CheckStore:
    store.open_check(CHECK, [run_record()])
    return store


def test_a_check_comes_back_as_it_was_opened(opened: CheckStore) -> None:
    assert opened.check(CHECK.id) == CHECK


def test_a_check_without_the_optional_facts_comes_back_too(store: CheckStore) -> None:
    bare = check_record("bare", installation=None, pull_request=None, policy_commit=None)
    store.open_check(bare, [])
    assert store.check(bare.id) == bare


def test_runs_come_back_in_their_order(store: CheckStore) -> None:
    runs = [run_record(f"c7-{number}", position=number) for number in (2, 0, 1)]
    store.open_check(CHECK, runs)
    assert store.runs(CHECK.id) == tuple(sorted(runs, key=lambda run: run.position))


def test_a_check_that_stands_already_is_not_opened_again(opened: CheckStore) -> None:
    again = opened.open_check(check_record("c7", base_ref="other"), [run_record("c7-9")])
    assert (again, opened.check(CHECK.id), len(opened.runs(CHECK.id))) == (False, CHECK, 1)


def test_a_check_whose_runs_cannot_be_stored_is_not_opened(opened: CheckStore) -> None:
    with pytest.raises(Exception, match="UNIQUE"):
        opened.open_check(check_record("c8"), [run_record(RUN, "c8")])
    assert opened.check(CheckId("c8")) is None


def test_a_check_is_found_by_its_run(opened: CheckStore) -> None:
    assert opened.check_of_run(RUN) == CHECK


def test_what_is_unknown_is_none(store: CheckStore) -> None:
    unknown = RunId("unknown")
    found = (
        store.check(CheckId("unknown")),
        store.check_of_run(unknown),
        store.run(unknown),
        store.load_report(unknown),
        store.verdict(CheckId("unknown")),
        store.decided_before(CHECK),
    )
    assert found == (None,) * 6


def test_running_checks_are_those_of_the_pull_request_oldest_first(store: CheckStore) -> None:
    store.open_check(check_record("new", opened_utc=NOW + timedelta(seconds=1)), [])
    store.open_check(check_record("old"), [])
    store.open_check(check_record("other-pull", pull_request=8), [])
    store.open_check(check_record("other-repository", repository=RepositoryName("o/x")), [])
    store.open_check(check_record("concluded"), [])
    store.conclude(CheckId("concluded"))
    found = [check.id for check in store.running_checks(RepositoryName("o/r"), 7)]
    assert found == ["old", "new"]


def test_all_running_checks_are_listed_when_none_is_asked_for(store: CheckStore) -> None:
    store.open_check(check_record("a"), [])
    store.open_check(check_record("b", repository=RepositoryName("o/x")), [])
    assert {check.id for check in store.running_checks()} == {"a", "b"}


@pytest.mark.parametrize("first", ["conclude", "supersede"])
@pytest.mark.parametrize("second", ["conclude", "supersede"])
def test_a_check_leaves_running_once_and_for_good(
    opened: CheckStore, first: str, second: str
) -> None:
    assert [getattr(opened, each)(CHECK.id) for each in (first, second)] == [True, False]


def test_a_superseded_check_says_so(opened: CheckStore) -> None:
    opened.supersede(CHECK.id)
    check = opened.check(CHECK.id)
    assert check is not None
    assert check.status is CheckStatus.SUPERSEDED


def test_a_run_leaves_queued_once_and_for_good(opened: CheckStore) -> None:
    moved = [
        opened.set_run_status(RUN, RunStatus.LOST),
        opened.set_run_status(RUN, RunStatus.CANCELLED),
    ]
    assert (moved, opened.runs(CHECK.id)[0].status) == ([True, False], RunStatus.LOST)


def test_losses_are_counted(opened: CheckStore) -> None:
    assert [opened.add_loss(RUN), opened.add_loss(RUN), opened.runs(CHECK.id)[0].losses] == [
        1,
        2,
        2,
    ]


def test_a_loss_of_an_unknown_run_is_an_error(store: CheckStore) -> None:
    with pytest.raises(KeyError):
        store.add_loss(RunId("unknown"))


def test_queued_runs_are_those_of_running_checks_that_have_not_ended(store: CheckStore) -> None:
    store.open_check(CHECK, [run_record("c7-0"), run_record("c7-1", position=1)])
    store.open_check(check_record("over"), [run_record("over-1", "over")])
    store.set_run_status(RunId("c7-0"), RunStatus.CANCELLED)
    store.supersede(CheckId("over"))
    assert [run.run for run in store.queued_runs()] == ["c7-1"]


BENCHMARK = BenchmarkEvidence(
    launches=pairs({"a": 1.1, "b::[x]": 0.9}), listed_base=("a", "b::[x]"), listed_head=None
)
FAILED = (
    CaseFailure(case="a", side=Side.HEAD, tail="Traceback\n\u2026", ending="was killed"),
    CaseFailure(case="c", side=Side.BASE),
)
SWEEP = SweepEvidence(
    metric="sharpe", mode="max", base=points([1.1, None]), head=points([1.0, 0.5])
)
PINNED = Conditions(
    cpus=(1, 3),
    raised_priority=True,
    fixed_addresses=True,
    involuntary_switches=10**30,
    steal=0.01,
    pressure=0.25,
    reference_s=0.004,
    collector=(700, 10, 10),
    cpus_at_end=(1, 3),
)
CONDITIONED = BenchmarkEvidence(
    launches=tuple(
        msgspec.structs.replace(
            launch,
            purpose=purpose,
            conditions=PINNED,
            measured=tuple(
                msgspec.structs.replace(one, inner=10**30, steady=purpose == "pair")
                for one in launch.measured
            ),
        )
        for launch, purpose in zip(
            pairs({"a": 1.1}), ("pair", "pair", "screen", "own_copy"), strict=False
        )
    )
)
RETURNS = PointReturns(
    side=Side.HEAD, id="p00", seed=10**40, fold=3, dates=("2026-01-02",), values=(-1e-17,)
)
JUDGED_BY_RETURNS = msgspec.structs.replace(
    SWEEP,
    returns=(RETURNS, msgspec.structs.replace(RETURNS, side=Side.BASE, fold=None)),
    rerun=points([1.1]),
    trials=Trials(points=200, effective=11.5, sharpe_sd=0.07),
)
LEAK = Leak(date="2009-03-10", symbol="sp500", unaltered_until="2009-03-10")
TRIED_AGAIN = msgspec.structs.replace(
    SWEEP,
    rerun=points([1.1]),
    rerun_head=points([1.1, 1.2]),
    canary=Canary(cuts=16, leak=LEAK),
    canary_base=Canary(cuts=2, means="left_out"),
)


@pytest.mark.parametrize(
    "given_report",
    [
        report(BENCHMARK, caveats=("noisy",)),
        report(BenchmarkEvidence(launches=(), listed_base=(), listed_head=())),
        report(msgspec.structs.replace(BENCHMARK, cut_short=True)),
        report(msgspec.structs.replace(BENCHMARK, failed=FAILED)),
        report(SWEEP),
        report(CONDITIONED, dedicated=True),
        report(JUDGED_BY_RETURNS),
        report(TRIED_AGAIN),
        report(msgspec.structs.replace(SWEEP, base=late(SWEEP.base, 1))),
        report(ended(base=1, head=-9, wall_s=None)),
        report(None, failure=Failure(blame="candidate", step="build", tail="boom\0 \U0001f600")),
        report(SWEEP, data={"sp500": "a" * 64}),
        report(None),
    ],
    ids=[
        "benchmark",
        "no launches",
        "cut short",
        "failed cases",
        "sweep",
        "conditions",
        "returns",
        "tried again",
        "out of time",
        "command",
        "failure",
        "data",
        "nothing",
    ],
)
def test_a_report_is_rebuilt_exactly(opened: CheckStore, given_report: RunReport) -> None:
    opened.store_report(RUN, given_report)
    assert opened.load_report(RUN) == given_report


def test_a_report_of_hostile_sizes_is_stored_nonetheless(opened: CheckStore) -> None:
    huge = PointResult(
        id="p", params={"n": 10**30}, seed=10**40, fold=-(10**20), status="ok", elapsed_s=1e308
    )
    hostile = report(SweepEvidence(metric="m", mode="min", base=(huge,), head=()))
    opened.store_report(RUN, hostile)
    assert opened.load_report(RUN) == hostile


@given(st.lists(st.floats(-MAX_SAMPLE, MAX_SAMPLE), min_size=1, max_size=5))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_sample_keeps_all_its_bits(store: CheckStore, samples: list[float]) -> None:
    name = f"r{next(NUMBERS)}"
    launch = pairs({"a": 1.0}, noise=(0.0,))[0]
    measured = msgspec.structs.replace(launch.measured[0], samples=tuple(samples))
    evidence = BenchmarkEvidence(launches=(msgspec.structs.replace(launch, measured=(measured,)),))
    store.open_check(check_record(name), [run_record(name, name)])
    store.store_report(RunId(name), report(evidence, run=name))
    loaded = store.load_report(RunId(name))
    assert loaded is not None
    assert msgspec.json.encode(loaded.evidence) == msgspec.json.encode(evidence)


def test_each_launch_case_and_metric_is_a_row(opened: CheckStore, database: Engine) -> None:
    opened.store_report(RUN, report(BENCHMARK))
    with reading(database) as connection:
        rows = connection.execute(select(SAMPLES)).all()
    assert len(rows) == sum(len(launch.measured) for launch in BENCHMARK.launches)


def test_each_point_of_a_sweep_is_a_row(opened: CheckStore, database: Engine) -> None:
    opened.store_report(RUN, report(SWEEP))
    with reading(database) as connection:
        assert len(connection.execute(select(SWEEP_POINTS)).all()) == 4


def test_an_edited_sample_is_seen_in_the_rebuilt_report(
    opened: CheckStore, database: Engine
) -> None:
    opened.store_report(RUN, report(BENCHMARK))
    with writing(database) as connection:
        edit = "UPDATE samples SET samples = '[7.5]' WHERE launch = 3 AND case_name = 'a'"
        connection.execute(text(edit))
    loaded = opened.load_report(RUN)
    assert loaded is not None
    assert isinstance(loaded.evidence, BenchmarkEvidence)
    assert loaded.evidence.launches[3].measured[0].samples == (7.5,)


def test_a_stored_sample_edited_into_nonsense_is_an_error_and_no_report(
    opened: CheckStore, database: Engine
) -> None:
    opened.store_report(RUN, report(BENCHMARK))
    with writing(database) as connection:
        connection.execute(text("UPDATE samples SET samples = '[]' WHERE launch = 0"))
    with pytest.raises(msgspec.ValidationError):
        opened.load_report(RUN)


def test_a_stored_report_ends_its_run(opened: CheckStore) -> None:
    opened.store_report(RUN, report(BENCHMARK))
    assert opened.runs(CHECK.id)[0].status is RunStatus.REPORTED


def test_a_second_report_is_refused_and_the_first_stays(opened: CheckStore) -> None:
    first = report(BENCHMARK)
    stored = [opened.store_report(RUN, first), opened.store_report(RUN, report(SWEEP))]
    assert (stored, opened.load_report(RUN)) == ([True, False], first)


@pytest.mark.parametrize("status", [RunStatus.LOST, RunStatus.CANCELLED])
def test_a_report_that_comes_too_late_is_refused(opened: CheckStore, status: RunStatus) -> None:
    opened.set_run_status(RUN, status)
    assert (opened.store_report(RUN, report(SWEEP)), opened.load_report(RUN)) == (False, None)


def verdict(check: str, outcome: Outcome = Outcome.PASS, document: bytes = b"{}") -> StoredVerdict:
    return StoredVerdict(
        check=CheckId(check),
        outcome=outcome,
        document=document,
        comment="comment",
        public_url="http://127.0.0.1:8787",
        stored_utc=NOW,
    )


def put(store: CheckStore, stored: StoredVerdict) -> bool:
    return store.store_verdict(check_record(stored.check), lambda _: stored)


def test_a_verdict_keeps_its_very_bytes(opened: CheckStore) -> None:
    stored = verdict(CHECK.id, Outcome.REGRESSION, b'{"a": 1.0}\n')
    put(opened, stored)
    assert opened.verdict(CHECK.id) == stored


def test_a_verdict_that_stands_is_never_replaced(opened: CheckStore) -> None:
    verdicts = [verdict(CHECK.id, document=body) for body in (b"one", b"two")]
    stored = [put(opened, one) for one in verdicts]
    assert (stored, opened.verdict(CHECK.id)) == ([True, False], verdicts[0])


def test_what_was_decided_before_is_the_last_green_or_red_of_the_pull_request(
    store: CheckStore,
) -> None:
    outcomes = {
        "old": Outcome.REGRESSION,
        "green": Outcome.PASS,
        "lost": Outcome.ERROR,
        "own": Outcome.REGRESSION,
    }
    for name, outcome in outcomes.items():
        store.open_check(check_record(name), [])
        put(store, verdict(name, outcome))
    store.open_check(check_record("other", pull_request=8), [])
    put(store, verdict("other", Outcome.REGRESSION))
    assert store.decided_before(check_record("own")) == verdict("green")


def test_a_claimed_check_is_nobody_elses_until_it_is_released(opened: CheckStore) -> None:
    claims = [opened.claim(CHECK.id, NOW, 60.0) for _ in range(2)]
    opened.release(CHECK.id, NOW)
    assert [*claims, opened.claim(CHECK.id, NOW, 60.0)] == [True, False, True]


def test_the_claim_of_a_process_that_died_ends_with_its_lease(opened: CheckStore) -> None:
    opened.claim(CHECK.id, NOW, 60.0)
    assert opened.claim(CHECK.id, NOW + timedelta(seconds=60), 60.0)


def test_a_check_that_has_ended_cannot_be_claimed(opened: CheckStore) -> None:
    opened.conclude(CHECK.id)
    assert not opened.claim(CHECK.id, NOW, 60.0)


def test_a_release_says_when_to_try_again_and_counts_failures(opened: CheckStore) -> None:
    opened.claim(CHECK.id, NOW, 60.0)
    opened.release(CHECK.id, NOW, wait_s=30.0, failed=True)
    check = opened.check(CHECK.id)
    assert check is not None
    assert (check.retry_utc, check.failures) == (NOW + timedelta(seconds=30), 1)


def test_a_pull_requests_heads_are_known_by_its_checks(opened: CheckStore) -> None:
    repository = RepositoryName("o/r")
    known = [opened.knows_head(repository, number, HEAD) for number in (7, 8)]
    assert known == [True, False]


def test_checks_of_a_pair_of_commits_come_oldest_first(opened: CheckStore) -> None:
    opened.open_check(check_record("later", opened_utc=NOW + timedelta(seconds=1)), [])
    opened.open_check(check_record("another", base=HEAD), [])
    found = opened.checks_of_pair(RepositoryName("o/r"), BASE, HEAD)
    assert [check.id for check in found] == [CHECK.id, "later"]


@pytest.mark.parametrize(
    "asked, index",
    [
        ("runs WHERE check_name = 'core' AND status = 'reported'", "ix_runs_check_name_status"),
        (
            "checks WHERE repository = 'o/r' AND base = 'a' AND head = 'b'",
            "ix_checks_repository_base_head",
        ),
    ],
)
def test_what_every_check_asks_for_is_found_by_an_index(
    database: Engine, asked: str, index: str
) -> None:
    with reading(database) as connection:
        plan = connection.execute(text(f"EXPLAIN QUERY PLAN SELECT * FROM {asked}")).all()
    assert index in str(plan)


def test_the_tags_of_what_is_out_are_those_of_queued_runs(store: CheckStore) -> None:
    store.open_check(CHECK, [run_record(), run_record("c7-2", position=1)])
    store.set_run_status(RUN, RunStatus.LOST)
    assert store.queued_tags() == (("linux", "x86_64"),)
    store.conclude(CHECK.id)
    assert store.queued_tags() == ()
