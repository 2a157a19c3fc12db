from __future__ import annotations

import msgspec
import pytest

from engine.findings import Reason
from engine.history import HistoryPoint
from engine.promotion.evidence import EvidenceRun
from engine.promotion.refusals import Refused, outlier, refusals, short_of_evidence
from engine.values import Outcome
from tests.fakes.evidence_runs import REVISION, benchmark_run


def finding(run: EvidenceRun, reason: Reason, outcome: Outcome) -> EvidenceRun:
    """Let the first row of a run's verdict be another one."""
    first, *others = run.verdict.findings
    changed = msgspec.structs.replace(first, reason=reason, outcome=outcome)
    verdict = msgspec.structs.replace(run.verdict, findings=(changed, *others))
    return msgspec.structs.replace(run, verdict=verdict)


def why(*runs: EvidenceRun) -> list[Refused]:
    return [one.why for one in refusals(runs)]


def history(run: EvidenceRun, *levels: float) -> list[HistoryPoint]:
    row = next(row for row in run.verdict.findings if row.case == "a")
    return [
        HistoryPoint(
            suite="core",
            case="a",
            metric=row.metric,
            fingerprint=run.fingerprint,
            commit=f"{number:040d}",
            level=level,
            launches=10,
            measured_utc=f"2026-10-{number + 1:02d}T00:00:00Z",
            run=f"h{number}-1",
        )
        for number, level in enumerate(levels)
    ]


def test_good_runs_are_refused_for_nothing() -> None:
    assert why(benchmark_run(1), benchmark_run(2)) == []


def test_nothing_measured_yet_is_refused_for_nothing() -> None:
    assert why() == []


def test_a_leak_is_refused_in_whichever_run_it_was_found() -> None:
    leaking = finding(benchmark_run(1), Reason.LOOK_AHEAD, Outcome.REGRESSION)

    assert why(leaking, benchmark_run(2), benchmark_run(3)) == [Refused.LOOK_AHEAD]


def test_a_measurement_that_the_pull_request_changes_is_refused_by_its_files() -> None:
    (refusal,) = refusals([benchmark_run(1, measuring_changed=("bench.py",))])

    assert (refusal.why, refusal.detail) == (Refused.MEASUREMENT_CHANGED, "bench.py")


def test_no_verdict_in_the_last_run_is_refused_with_what_it_says() -> None:
    last = finding(benchmark_run(2), Reason.MISSING_IN_HEAD, Outcome.NO_VERDICT)

    (refusal,) = refusals([benchmark_run(1), last])
    assert (refusal.why, refusal.reason) == (Refused.NO_VERDICT, Reason.MISSING_IN_HEAD)
    assert why(last, benchmark_run(3)) == []


def test_a_runner_that_was_lost_is_no_reason_to_refuse() -> None:
    lost = finding(benchmark_run(2), Reason.INFRASTRUCTURE, Outcome.ERROR)

    assert why(benchmark_run(1), lost) == []


def test_a_base_within_its_history_is_no_outlier() -> None:
    run = benchmark_run(1)

    assert outlier(run, history(run, 0.0100, 0.0101, 0.0099, 0.0100, 0.0100)) == ""


@pytest.mark.parametrize("usual", [0.006, 0.014])
def test_a_base_outside_of_its_history_is_one_by_its_case(usual: float) -> None:
    run = benchmark_run(1)

    assert outlier(run, history(run, *[usual] * 5)) == "a (wall)"


def test_a_short_history_tells_nothing() -> None:
    run = benchmark_run(1)

    assert outlier(run, history(run, *[0.5] * 4)) == ""


def test_what_is_short_of_evidence_names_the_outliers_and_what_counts() -> None:
    odd = msgspec.structs.replace(benchmark_run(2), outlier="a (wall)")

    found = short_of_evidence([benchmark_run(1), odd], REVISION)

    assert [one.why for one in found] == [Refused.OUTLIER, Refused.EVIDENCE]
    assert found[-1].detail == "1 of 2"
