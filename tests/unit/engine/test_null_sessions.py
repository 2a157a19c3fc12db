from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from engine.certificates import NullComparison, NullSession
from engine.null_sessions import null_session
from engine.orders import BenchmarkEvidence, RunOrder, RunReport
from engine.samples import Conditions, PairLaunch
from engine.values import Outcome, Side
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import BASE, MACHINE, benchmark_order, pairs

NOW = "2026-11-20T03:10:00Z"
ORDER = msgspec.structs.replace(benchmark_order(), head=BASE, purpose="null")


def report(launches: tuple[PairLaunch, ...], **fields: Any) -> RunReport:
    values: dict[str, Any] = {
        "run": ORDER.run,
        "nonce": ORDER.nonce,
        "runner": "bench-a",
        "machine": MACHINE,
        "started_utc": "2026-11-20T03:00:00Z",
        "finished_utc": "2026-11-20T03:09:00Z",
        "evidence": BenchmarkEvidence(launches=launches),
    }
    return RunReport(**{**values, **fields})


def session(
    launches: tuple[PairLaunch, ...], order: RunOrder = ORDER, **fields: Any
) -> NullSession:
    made = report(launches, **fields)
    return null_session(order, made, judge_run(order, RunTerms(), made), NOW)


def only(launches: tuple[PairLaunch, ...], **fields: Any) -> NullComparison:
    (comparison,) = session(launches, **fields).comparisons
    return comparison


def scattered(differences: tuple[float, ...]) -> tuple[PairLaunch, ...]:
    """Make pairs whose base takes 1 s and whose head differs by ln(head/base)."""
    bare = pairs({"a": 1.0}, noise=differences)
    return tuple(
        msgspec.structs.replace(
            one,
            measured=(
                msgspec.structs.replace(
                    one.measured[0],
                    samples=(math.exp(differences[one.pair] if one.side is Side.HEAD else 0.0),),
                ),
            ),
        )
        for one in bare
    )


def test_a_session_says_who_measured_what_and_when() -> None:
    found = session(pairs({"a": 1.0}))
    assert (found.session, found.suite, found.repository) == (ORDER.run, "core", ORDER.repository)
    assert (found.runner, found.fingerprint) == ("bench-a", MACHINE.fingerprint)
    assert (found.commit, found.measured_utc) == (BASE, NOW)


def test_each_case_is_one_comparison_with_its_outcome() -> None:
    found = session(pairs({"a": 1.0, "b": 1.0}))
    judged = [(one.case, one.metric, one.outcome) for one in found.comparisons if one.case]
    assert judged == [("a", "wall", Outcome.PASS), ("b", "wall", Outcome.PASS)]


def test_a_false_alarm_is_kept_as_such() -> None:
    assert only(pairs({"a": 1.5})).outcome is Outcome.REGRESSION


def test_the_spread_is_the_sd_of_the_pairs() -> None:
    found = only(scattered((0.01, -0.01, 0.02, -0.02, 0.0)))
    assert found.pair_sd == pytest.approx(math.sqrt(10 / 4) / 100)
    assert (found.pairs, found.launches) == (5, 10)


def test_an_outlier_is_pulled_in() -> None:
    found = only(scattered((0.01, -0.01, 0.02, -0.02, 0.0, 0.01, -0.01, 3.0)))
    assert found.pair_sd is not None
    assert found.pair_sd < 0.05


def test_equal_launches_have_the_least_spread_that_is_known() -> None:
    assert only(scattered((0.0,) * 5)).pair_sd == 0.001


def test_the_level_is_the_geometric_mean_of_both_sides() -> None:
    assert only(scattered((0.01,) * 5)).level == pytest.approx(math.exp(0.005))


def test_launch_spreads_are_of_launches_and_not_of_pairs() -> None:
    launches = tuple(
        msgspec.structs.replace(
            one,
            measured=(msgspec.structs.replace(one.measured[0], samples=(1.0 + one.pair,)),),
        )
        for one in pairs({"a": 1.0}, noise=(0.0,) * 5)
    )
    found = only(launches)
    assert found.launch_sd is not None
    assert (found.pair_sd, found.launch_sd > 0.3) == (0.001, True)


def test_launches_on_a_dedicated_machine_are_reduced_as_its_decisions_are() -> None:
    launches = tuple(
        msgspec.structs.replace(
            one,
            measured=(msgspec.structs.replace(one.measured[0], samples=(1.0, 2.0, 3.0, 9.0)),),
        )
        for one in pairs({"a": 1.0}, noise=(0.0,) * 5)
    )
    assert only(launches, dedicated=True).level == pytest.approx(1.5)


def test_the_reference_is_the_median_of_all_launches() -> None:
    launches = [
        msgspec.structs.replace(one, conditions=Conditions(reference_s=0.004 + one.pair))
        for one in pairs({"a": 1.0}, noise=(0.0, 0.0, 0.0))
    ]
    assert session(tuple(launches)).reference_s == pytest.approx(1.004)


def test_without_the_kernel_there_is_no_reference() -> None:
    assert session(pairs({"a": 1.0})).reference_s is None


def test_launches_that_are_not_paired_take_no_part() -> None:
    made = pairs({"a": 1.0})
    others = tuple(msgspec.structs.replace(one, purpose="screen", pair=50) for one in made[:4])
    assert session((*made, *others)) == session(made)


def test_levels_without_a_logarithm_have_no_spread() -> None:
    launches = tuple(
        msgspec.structs.replace(
            one, measured=(msgspec.structs.replace(one.measured[0], samples=(0.0,)),)
        )
        for one in pairs({"a": 1.0})
    )
    assert [one.pair_sd for one in session(launches).comparisons] == [None]


def test_a_run_that_measured_nothing_has_no_comparison() -> None:
    assert session((), evidence=None).comparisons == ()


def test_an_order_of_two_commits_is_no_null_run() -> None:
    with pytest.raises(ValueError, match="it is no null run"):
        session(pairs({"a": 1.0}), benchmark_order())
