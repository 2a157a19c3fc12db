from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from engine.certificates import CaseCertificate, Certificate, NullComparison, NullSession
from engine.stats.certificate import certify, null_record, screenable
from engine.values import Outcome
from tests.fakes.null_sessions import STORED, compared, session

NOW = "2026-11-30T12:00:00Z"


def certified(sessions: Sequence[NullSession]) -> Certificate:
    return certify(sessions, runner="bench-a", fingerprint="f1", now_utc=NOW)


def only_case(sessions: Sequence[NullSession]) -> CaseCertificate:
    (case,) = certified(sessions).cases
    return case


def test_no_sessions_certify_nothing() -> None:
    found = certified(())
    assert (found.cases, found.comparisons, found.quarantined) == ((), 0, False)


def test_sessions_of_another_runner_or_machine_are_left_out() -> None:
    others = [session(1, runner="bench-b"), session(2, fingerprint="f2")]
    assert certified(others) == certified(())


def test_spreads_are_weighted_by_their_degrees_of_freedom() -> None:
    case = only_case([session(1), session(2, compared(pairs=36, pair_sd=0.02))])
    expected = math.sqrt((7 * 0.01**2 + 35 * 0.02**2) / 42)
    assert case.pair_sd == pytest.approx(expected)


def test_no_spread_is_known_better_than_a_thousandth() -> None:
    case = only_case([session(1, compared(pair_sd=1e-6, launch_sd=1e-6))])
    assert (case.pair_sd, case.launch_sd) == (0.001, 0.001)


def test_one_bad_night_counts_with_three_medians() -> None:
    bad = session(9, compared(pair_sd=5.0))
    case = only_case([*(session(day) for day in range(1, 9)), bad])
    assert case.pair_sd == pytest.approx(math.sqrt((8 * 0.01**2 + 0.03**2) / 9))


def test_spreads_are_of_the_last_twenty_sessions() -> None:
    old = [session(day, compared(pair_sd=0.5)) for day in range(1, 6)]
    new = [session(day) for day in range(6, 26)]
    case = only_case([*new, *old])
    assert case.sessions == 20
    assert case.pair_sd == pytest.approx(0.01)


def test_drift_is_net_of_the_reference_kernel() -> None:
    speeds = (1.0, 1.1, 0.9, 1.3)
    sessions = [
        session(day, compared(level=0.002 * speed), reference_s=0.004 * speed)
        for day, speed in enumerate(speeds, start=1)
    ]
    assert only_case(sessions).drift == pytest.approx(0.0, abs=1e-12)


def test_memory_does_not_grow_with_a_slow_machine() -> None:
    sessions = [
        session(day, compared(metric="memory", level=1e6), reference_s=0.004 * speed)
        for day, speed in enumerate((1.0, 1.1, 0.9, 1.3), start=1)
    ]
    assert only_case(sessions).drift == 0.0


def test_without_a_reference_the_shifts_of_the_machine_are_drift() -> None:
    sessions = [session(1, reference_s=None), session(2, compared(level=0.004), reference_s=None)]
    case = only_case(sessions)
    assert case.level is None
    assert case.drift == pytest.approx(math.log(2) / math.sqrt(2))


def test_sessions_with_and_without_a_reference_are_not_mixed() -> None:
    sessions = [session(1), session(2), session(3, compared(level=0.004), reference_s=None)]
    assert only_case(sessions).drift == 0.0


def test_one_session_has_no_drift() -> None:
    assert only_case([session(1)]).drift is None


def test_the_level_is_of_the_last_four_sessions() -> None:
    old = [session(day, compared(level=1.0)) for day in range(1, 5)]
    levels = (0.002, 0.004, 0.002, 0.004)
    new = [session(day, compared(level=one)) for day, one in enumerate(levels, start=5)]
    case = only_case([*old, *new])
    assert case.level == pytest.approx(0.002 * math.sqrt(2))
    assert case.level_launches == 64
    assert case.reference_s == pytest.approx(0.004)


def test_three_sessions_have_no_level_yet() -> None:
    case = only_case([session(day) for day in (1, 2, 3)])
    assert (case.level, case.level_launches, case.reference_s) == (None, None, None)


def test_a_case_without_a_spread_is_not_certified() -> None:
    bare = NullComparison(case="a", metric="cpu", outcome=Outcome.NO_VERDICT, pairs=0)
    assert certified([session(1, bare)]).cases == ()


def test_alarms_are_regressions_and_improvements() -> None:
    outcomes = [Outcome.REGRESSION, Outcome.IMPROVEMENT, Outcome.PASS, Outcome.INCONCLUSIVE]
    found = certified([session(1, *(compared(one, case=one.value) for one in outcomes))])
    assert (found.alarms, found.comparisons) == (2, 4)


def test_what_was_not_compared_is_no_comparison() -> None:
    found = certified([session(1, compared(Outcome.NO_VERDICT), compared(Outcome.ERROR, case="b"))])
    assert (found.alarms, found.comparisons) == (0, 0)


def test_alarms_are_those_of_thirty_days() -> None:
    old = session(1, compared(Outcome.REGRESSION), measured_utc="2026-10-31T11:59:59Z")
    edge = session(2, compared(Outcome.REGRESSION), measured_utc="2026-10-31T12:00:00Z")
    found = certified([old, edge])
    assert (found.alarms, found.comparisons) == (1, 1)


def many(comparisons: int, alarms: int) -> NullSession:
    outcomes = [Outcome.REGRESSION] * alarms + [Outcome.PASS] * (comparisons - alarms)
    return session(1, *(compared(one, case=f"c{i}") for i, one in enumerate(outcomes)))


@pytest.mark.parametrize(
    "comparisons,alarms,quarantined",
    # Exactly: with 1 of n the limit is 1 - 0.95^(1/n), 0.5 % at n = 10.2.
    [(10, 1, True), (11, 1, False), (40, 1, False), (71, 2, True), (72, 2, False), (1, 0, False)],
)
def test_a_runner_is_quarantined_when_its_rate_is_surely_above_half_a_percent(
    comparisons: int, alarms: int, *, quarantined: bool
) -> None:
    assert certified([many(comparisons, alarms)]).quarantined is quarantined


def test_a_quarantine_ends_by_further_sessions_and_not_by_their_lack() -> None:
    bad = many(10, 1)
    later = "2027-03-01T12:00:00Z"
    fresh = msgspec.structs.replace(
        many(40, 0), session="fresh", measured_utc="2027-02-28T03:00:00Z"
    )

    waited = certify([bad], runner="bench-a", fingerprint="f1", now_utc=later)
    cleared = certify([bad, fresh], runner="bench-a", fingerprint="f1", now_utc=later)

    assert (waited.quarantined, waited.comparisons) == (True, 0)
    assert (cleared.quarantined, cleared.comparisons) == (False, 40)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="must have its zone"):
        certified([session(1, measured_utc="2026-11-01T03:00:00")])


@pytest.mark.parametrize(
    "changed,expected",
    [
        ({}, True),
        ({"drift": 0.0051}, False),
        ({"drift": None}, False),
        ({"level": None}, False),
        ({"launch_sd": None}, False),
    ],
)
def test_a_case_is_screenable_with_a_level_that_drifts_little(
    changed: dict[str, Any], *, expected: bool
) -> None:
    assert screenable(msgspec.structs.replace(STORED, **changed), 0.03) is expected


def test_before_the_first_comparison_nothing_is_measured() -> None:
    assert null_record(certified(())) is None


def test_the_record_counts_alarms_with_their_upper_limit() -> None:
    record = null_record(certified([many(59, 0)]))
    assert record is not None
    assert (record.alarms, record.comparisons, record.days) == (0, 59, 30)
    assert record.at_most == pytest.approx(0.0495, abs=1e-4)
