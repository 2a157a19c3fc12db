from __future__ import annotations

import msgspec
import pytest

from engine.findings import Reason
from engine.orders import Failure
from engine.promotion.evidence import (
    EvidenceRun,
    as_fields,
    counted,
    forbidding,
    is_whole,
    minutes_left,
)
from engine.samples import PairLaunch
from engine.values import Outcome
from tests.fakes.evidence import pairs
from tests.fakes.evidence_runs import OTHER_MACHINE, REVISION, benchmark_run, sweep_run

EARLIER: tuple[PairLaunch, ...] = pairs({"a": 1.0})[:2]


def names(runs: list[EvidenceRun]) -> list[str]:
    return [run.order.run for run in counted(runs, REVISION).runs]


def replaced(run: EvidenceRun, **fields: object) -> EvidenceRun:
    return msgspec.structs.replace(run, **fields)


def test_nothing_measured_lacks_three_runs() -> None:
    assert counted([], REVISION).missing == 3


def test_three_runs_of_one_machine_lack_nothing() -> None:
    found = counted([benchmark_run(number) for number in (3, 1, 2)], REVISION)

    assert (found.missing, [run.order.run for run in found.runs]) == (0, ["c1-1", "c2-1", "c3-1"])


def test_the_hardware_with_the_most_runs_counts() -> None:
    runs = [benchmark_run(1), benchmark_run(2), benchmark_run(3, machine=OTHER_MACHINE)]

    assert names(runs) == ["c1-1", "c2-1"]


def test_runs_with_the_same_coins_count_once() -> None:
    assert names([benchmark_run(1), benchmark_run(2, seed=1)]) == ["c1-1"]


@pytest.mark.parametrize(
    "spoilt",
    [
        benchmark_run(1, earlier=EARLIER, earlier_fingerprint="f"),
        benchmark_run(1, purpose="null"),
        benchmark_run(1, confirms="c0-1"),
        benchmark_run(1, cases=("a",)),
        replaced(benchmark_run(1), revision="rule-of-yesterday"),
        replaced(benchmark_run(1), outlier="a (wall)"),
    ],
    ids=["continues", "null run", "confirms", "some cases", "other rule", "outlier"],
)
def test_a_run_that_is_not_one_by_itself_does_not_count(spoilt: EvidenceRun) -> None:
    assert names([spoilt]) == []


def test_a_run_that_failed_half_way_does_not_count() -> None:
    run = benchmark_run(1)
    failure = Failure(blame="runner", step="measure")

    spoilt = replaced(run, report=msgspec.structs.replace(run.report, failure=failure))

    assert not is_whole(spoilt)


def test_a_leak_forbids_before_anything_else() -> None:
    run = sweep_run(1)
    row = run.verdict.findings[0]
    rows = (
        msgspec.structs.replace(row, outcome=Outcome.NO_VERDICT, reason=Reason.MISSING_IN_HEAD),
        msgspec.structs.replace(row, outcome=Outcome.REGRESSION, reason=Reason.LOOK_AHEAD),
    )

    assert forbidding(msgspec.structs.replace(run.verdict, findings=rows)) is Reason.LOOK_AHEAD


@pytest.mark.parametrize("harmless", [Reason.DATA_CHANGED, Reason.NEW_IN_HEAD])
def test_what_a_new_baseline_mends_forbids_nothing(harmless: Reason) -> None:
    run = benchmark_run(1)
    row = msgspec.structs.replace(
        run.verdict.findings[0], outcome=Outcome.NO_VERDICT, reason=harmless
    )

    assert forbidding(msgspec.structs.replace(run.verdict, findings=(row,))) is None


def test_a_regression_may_be_promoted() -> None:
    assert forbidding(benchmark_run(1, effects={"a": 1.5}).verdict) is None


def test_the_time_that_is_left_is_that_of_the_runs_so_far() -> None:
    assert minutes_left([benchmark_run(1)], 2) == 8
    assert minutes_left([], 2) is None


def test_a_runners_own_times_may_be_no_times() -> None:
    run = benchmark_run(1)
    wrong = replaced(run, report=msgspec.structs.replace(run.report, finished_utc="later"))

    assert minutes_left([wrong], 1) is None
    assert len(counted([wrong], REVISION).runs) == 1


def test_evidence_names_where_and_how_it_was_measured() -> None:
    fields = as_fields(benchmark_run(1))

    assert (fields["runner"], fields["harness"], fields["seed"]) == ("demo-1", REVISION, 1)
    assert fields["launches"] == 12
