"""What else than the levels decides: clocks, machines, results, measuring files, the family."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.certificates import CaseCertificate, Certificate
from engine.findings import Finding, Reason, SuiteVerdict
from engine.orders import RunOrder
from engine.samples import Conditions, Launch, PairLaunch
from engine.stats import constants as c
from engine.values import Better, CaseName, MetricName, Outcome, Side
from engine.verdicts import RunTerms, judge_check, judge_run
from tests.fakes.evidence import (
    MACHINE,
    QUIET,
    benchmark_order,
    benchmarked,
    facts,
    pairs,
    report,
    without,
)

STRICT = {"default": {"time": {"max_worsening": 0.03}}}


def judged(
    launches: tuple[PairLaunch, ...], order: RunOrder | None = None, **terms: Any
) -> SuiteVerdict:
    order = order or benchmark_order()
    return judge_run(order, RunTerms(**terms), report(order, benchmarked(launches)))


def only(verdict: SuiteVerdict, case: str) -> Finding:
    (found,) = [one for one in verdict.findings if one.case == case]
    return found


def each(launches: tuple[PairLaunch, ...], **fields: Any) -> tuple[PairLaunch, ...]:
    return tuple(msgspec.structs.replace(launch, **fields) for launch in launches)


def told(launches: tuple[PairLaunch, ...], side: Side, **fields: Any) -> tuple[PairLaunch, ...]:
    """Replace fields of all that *side* measured."""
    return tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(
                msgspec.structs.replace(one, **fields) if launch.side is side else one
                for one in launch.measured
            ),
        )
        for launch in launches
    )


def clocked(asleep: float, *, busier: float = 1.0) -> tuple[PairLaunch, ...]:
    """Time a case by both clocks; head sleeps for the share *asleep* of base's wall time."""
    return tuple(
        PairLaunch(
            pair=index,
            side=side,
            first=side is Side.BASE,
            wall_s=1.0,
            cpu_s=1.0,
            measured=tuple(
                Launch(
                    case=CaseName("a"),
                    metric=MetricName(metric),
                    unit="s",
                    better=Better.LOWER,
                    samples=(0.001 * worked * (1 + wobble / 1000),) * 6,
                )
                for metric, worked in both(side, asleep, busier)
            ),
        )
        for index, wobble in enumerate(QUIET)
        for side in Side
    )


def both(side: Side, asleep: float, busier: float) -> list[tuple[str, float]]:
    cpu = 1.0 if side is Side.BASE else busier
    return [("cpu", cpu), ("wall", cpu + (asleep if side is Side.HEAD else 0.0))]


def test_cpu_time_decides_where_both_sides_only_compute() -> None:
    assert only(judged(clocked(0.0)), "a").clock == "cpu"


def test_a_head_that_sleeps_is_a_regression_by_wall_time() -> None:
    found = only(judged(clocked(0.4)), "a")

    assert (found.outcome, found.clock, found.metric) == (Outcome.REGRESSION, "wall", "wall")


def test_work_moved_out_of_the_process_is_no_improvement() -> None:
    found = [one for one in judged(clocked(0.6, busier=0.4)).findings if one.case == "a"]

    assert [one.outcome for one in found] == [Outcome.PASS]


def test_a_small_difference_between_the_ratios_of_the_sides_is_left_to_wall_time() -> None:
    order = benchmark_order(budget=STRICT)

    assert only(judged(clocked(0.02), order), "a").clock == "wall"


def test_the_other_clock_mean_and_95th_centile_are_shown_beside_the_level() -> None:
    assert [one.name for one in only(judged(clocked(0.0)), "a").also] == [
        "mean",
        "p95",
        "mean wall",
    ]


def test_a_mean_that_rises_far_is_a_regression_of_its_own() -> None:
    launches = tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(
                msgspec.structs.replace(
                    one,
                    samples=(*one.samples, *one.samples, one.samples[0] * 3)
                    if launch.side is Side.HEAD
                    else (*one.samples, *one.samples, one.samples[0]),
                )
                for one in launch.measured
            ),
        )
        for launch in pairs({"a": 1.0})
    )

    rows = {one.metric: one for one in judged(launches).findings}

    assert rows["wall"].outcome is Outcome.PASS
    assert (rows["mean wall"].outcome, rows["mean wall"].statistic) == (
        Outcome.REGRESSION,
        "mean",
    )


@pytest.mark.parametrize("effect", [1.0, 1.4])
def test_stolen_time_forbids_a_decision(effect: float) -> None:
    launches = each(pairs({"a": effect}), conditions=Conditions(steal=0.2))

    found = only(judged(launches), "a")

    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, Reason.STOLEN)


def test_pressure_alone_forbids_nothing_and_is_said() -> None:
    verdict = judged(each(pairs({"a": 1.0}), conditions=Conditions(pressure=0.9)))

    assert verdict.outcome is Outcome.PASS
    assert "some task waited for a CPU for 90 % of the time" in verdict.uncontrolled


def test_without_a_steady_state_nothing_is_said_of_a_case() -> None:
    launches = told(pairs({"a": 1.4}), Side.HEAD, steady=False)

    assert only(judged(launches), "a").reason is Reason.UNSTEADY


def test_one_unsteady_launch_is_no_reason() -> None:
    first, *rest = pairs({"a": 1.4})
    (unsteady,) = told((first,), first.side, steady=False)

    assert only(judged((unsteady, *rest)), "a").outcome is Outcome.REGRESSION


def certified(order: RunOrder, **fields: Any) -> RunOrder:
    values: dict[str, Any] = {
        "runner": "demo-1",
        "fingerprint": MACHINE.fingerprint,
        "cases": (CaseCertificate(case="a", metric="wall", pair_sd=0.007, sessions=6),),
        "comparisons": 300,
        "alarms": 0,
        **fields,
    }
    return msgspec.structs.replace(order, certificates=(Certificate(**values),))


def test_a_quarantined_runner_decides_nothing() -> None:
    order = certified(benchmark_order(), alarms=30, quarantined=True)

    assert only(judged(pairs({"a": 1.4}), order), "a").reason is Reason.QUARANTINED


def test_a_null_run_measures_a_quarantined_runner_all_the_same() -> None:
    order = certified(benchmark_order(), alarms=30, quarantined=True)
    order = msgspec.structs.replace(order, purpose="null")

    assert only(judged(pairs({"a": 1.4}), order), "a").outcome is Outcome.REGRESSION


def test_a_certificate_of_another_runner_is_not_used() -> None:
    order = certified(benchmark_order(), runner="other", quarantined=True)

    verdict = judged(pairs({"a": 1.4}), order)

    assert (verdict.outcome, verdict.certified) == (Outcome.REGRESSION, False)


def test_the_measured_false_alarms_of_the_runner_are_part_of_the_verdict() -> None:
    record = judged(pairs({"a": 1.0}), certified(benchmark_order())).null_record

    assert record is not None
    assert (record.alarms, record.comparisons, round(record.at_most, 3)) == (0, 300, 0.01)


def test_pairs_that_spread_far_more_than_ever_cannot_be_told() -> None:
    order = certified(
        benchmark_order(),
        cases=(CaseCertificate(case="a", metric="wall", pair_sd=0.001, sessions=6),),
    )

    assert only(judged(pairs({"a": 1.4}), order), "a").reason is Reason.NOISY


def test_a_faster_case_with_another_result_is_asked_whether_the_work_happened() -> None:
    launches = told(pairs({"a": 0.5}), Side.BASE, result_hash="one")

    found = only(judged(told(launches, Side.HEAD, result_hash="two")), "a")

    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, Reason.RESULT_CHANGED)


def test_a_faster_case_with_the_same_result_is_an_improvement() -> None:
    launches = told(pairs({"a": 0.5}), Side.BASE, result_hash="one")

    found = only(judged(told(launches, Side.HEAD, result_hash="one")), "a")

    assert found.outcome is Outcome.IMPROVEMENT


def test_an_unchanged_case_with_another_result_says_so() -> None:
    launches = told(pairs({"a": 1.0}), Side.BASE, result_hash="one")

    found = only(judged(told(launches, Side.HEAD, result_hash="two")), "a")

    assert found.outcome is Outcome.PASS
    assert "its result differs from the merge base's" in found.caveats


def changed_measurement() -> RunOrder:
    return msgspec.structs.replace(benchmark_order(), measuring_changed=("benchmarks/bench.py",))


@pytest.mark.parametrize("effect", [0.5, 1.0, 1.4])
def test_where_measuring_files_changed_there_is_no_verdict_yet_the_numbers(effect: float) -> None:
    verdict = judged(pairs({"a": effect}), changed_measurement())

    found = only(verdict, "a")
    assert (verdict.outcome, found.reason) == (Outcome.NO_VERDICT, Reason.MEASUREMENT_CHANGED)
    assert found.change is not None


def test_head_measured_with_its_own_files_is_a_row_that_only_informs() -> None:
    own = tuple(
        msgspec.structs.replace(launch, purpose="own_copy")
        for launch in pairs({"a": 2.0, "new": 1.0}, noise=QUIET[:5])
        if launch.side is Side.HEAD
    )

    verdict = judged((*pairs({"a": 1.0}), *own), changed_measurement())

    rows = [(one.case, one.reason) for one in verdict.findings]
    assert rows == [
        ("a", Reason.MEASUREMENT_CHANGED),
        ("a", Reason.OWN_COPY),
        ("new", Reason.NEW_IN_HEAD),
    ]
    copied = verdict.findings[1]
    assert copied.base == verdict.findings[0].base
    assert copied.head == pytest.approx(0.02, rel=0.02)


@pytest.mark.parametrize("asleep", [1, 8, 14, 15])
def test_a_sleep_in_some_of_the_samples_is_red_however_few_escape_it(asleep: int) -> None:
    found = judged(dozing(asleep))

    assert found.outcome is Outcome.REGRESSION


def test_an_unchanged_mean_is_no_row() -> None:
    assert {one.metric for one in judged(dozing(0)).findings} == {"cpu"}


def dozing(asleep: int) -> tuple[PairLaunch, ...]:
    """Let head sleep three times as long as the work takes, in *asleep* of 15 samples."""
    return tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(
                msgspec.structs.replace(one, samples=slept(one, launch.side, asleep))
                for one in launch.measured
            ),
        )
        for launch in clocked(0.0)
    )


def slept(one: Launch, side: Side, asleep: int) -> tuple[float, ...]:
    slow = asleep if side is Side.HEAD and one.metric == "wall" else 0
    return (one.samples[0],) * (15 - slow) + (one.samples[0] * 4,) * slow


def test_a_head_that_does_not_tell_its_result_any_more_is_asked_too() -> None:
    launches = told(pairs({"a": 0.5}), Side.BASE, result_hash="one")

    assert only(judged(launches), "a").reason is Reason.RESULT_CHANGED


def test_one_right_result_does_not_vouch_for_the_others() -> None:
    launches = told(pairs({"a": 0.5}), Side.BASE, result_hash="one")
    first, second, *rest = told(launches, Side.HEAD, result_hash="two")
    right = told((first, second), Side.HEAD, result_hash="one")

    assert only(judged((*right, *rest)), "a").reason is Reason.RESULT_CHANGED


def test_of_a_case_that_is_unsteady_no_statistic_decides() -> None:
    launches = told(dozing(14), Side.HEAD, steady=False)

    assert {one.reason for one in judged(launches).findings} == {Reason.UNSTEADY}


def test_wall_time_that_head_tells_only_once_is_missed() -> None:
    first, second, *rest = clocked(0.0)
    silent = tuple(
        msgspec.structs.replace(
            launch, measured=tuple(one for one in launch.measured if one.metric == "cpu")
        )
        if launch.side is Side.HEAD
        else launch
        for launch in rest
    )

    found = only(judged((first, second, *silent)), "a")

    assert (found.metric, found.reason) == ("wall", Reason.MISSING_IN_HEAD)


def test_the_paired_mean_of_the_suite_is_a_row_of_its_own() -> None:
    verdict = judged(pairs({"a": 1.02, "b": 1.019, "c": 1.021}))

    (row,) = [one for one in verdict.findings if one.whole_suite]
    assert (row.outcome, row.change) == (Outcome.PASS, pytest.approx(0.02, abs=0.003))


def test_two_cases_have_no_mean_of_their_own() -> None:
    assert not [one for one in judged(pairs({"a": 1.0, "b": 1.0})).findings if one.whole_suite]


def test_a_shift_of_the_whole_suite_is_judged_by_the_mean_of_the_budgets() -> None:
    budget = {
        "default": {"time": {"max_worsening": 0.02}},
        "cases": {"c": {"time": {"max_worsening": 1.0}}},
    }
    effects = {"a": 1.0, "b": 1.0, "c": 1.6}

    verdict = judged(pairs(effects), benchmark_order(budget=budget))

    assert verdict.outcome is Outcome.PASS


def test_a_case_that_the_budget_names_is_expected() -> None:
    order = benchmark_order(budget={"cases": {"b": {"time": {}}}})

    assert only(judged(pairs({"a": 1.0}), order), "b").reason is Reason.NOT_MEASURED


def test_an_order_of_some_cases_expects_only_those() -> None:
    order = msgspec.structs.replace(benchmark_order(), cases=("a",))

    verdict = judged(pairs({"a": 1.0}), order, expected_cases=("a", "b"))

    assert (verdict.outcome, verdict.expected) == (Outcome.PASS, 1)


def test_what_could_not_be_held_still_is_said() -> None:
    loose = judged(pairs({"a": 1.0})).uncontrolled
    held = Conditions(
        cpus=(1,), raised_priority=True, fixed_addresses=True, steal=0.0, pressure=0.0
    )
    order = benchmark_order(spec="benchmarks/cases.py", command=None, format=None)

    assert "launches were not pinned to a core" in loose
    assert judged(each(pairs({"a": 1.0}), conditions=held), order).uncontrolled == ()


def test_among_very_many_comparisons_a_lone_alarm_is_not_red() -> None:
    launches = pairs({"a": 1.2}, noise=tuple(13 * wobble for wobble in QUIET))
    alone = judged(launches)
    many = msgspec.structs.replace(benchmark_order(), suites_of_check=1000)

    assert alone.outcome is Outcome.REGRESSION
    assert only(judged(launches, many), "a").reason is Reason.FAMILY


def test_holm_is_applied_over_all_suites_of_the_check() -> None:
    launches = pairs({"a": 1.2}, noise=tuple(13 * wobble for wobble in QUIET))
    lone = judged(launches)
    p = only(lone, "a").p
    assert p is not None
    count = int(c.FAMILY_ALARM / p) + 1
    others = judge_run(
        benchmark_order("c7-9", "other"),
        RunTerms(),
        report(
            benchmark_order("c7-9", "other"),
            benchmarked(pairs({f"x{n}": 1.0 for n in range(count)}, noise=QUIET[:5])),
        ),
    )

    together = judge_check(facts(), (lone, others))

    assert (lone.outcome, together.outcome) == (Outcome.REGRESSION, Outcome.INCONCLUSIVE)
    assert together.reason is Reason.FAMILY


def test_a_case_missing_on_head_is_seen_beside_changed_clocks() -> None:
    verdict = judged(without(clocked(0.0), Side.HEAD, "a"))

    assert verdict.outcome is Outcome.NO_VERDICT


def test_better_but_not_clearly_by_more_than_the_budget_is_no_regression() -> None:
    launches = pairs({"a": 0.915}, noise=tuple(5 * wobble for wobble in QUIET))

    found = only(judged(launches), "a")

    assert (found.outcome, found.reason) == (Outcome.PASS, Reason.NOT_WORSE)


def test_a_result_that_depends_on_the_seed_of_its_pair_is_compared_within_the_pair() -> None:
    launches = tuple(
        msgspec.structs.replace(
            launch,
            measured=tuple(
                msgspec.structs.replace(one, result_hash=f"of seed {launch.pair}")
                for one in launch.measured
            ),
        )
        for launch in pairs({"a": 0.5})
    )

    assert only(judged(launches), "a").outcome is Outcome.IMPROVEMENT


def test_a_short_launch_with_much_stolen_time_does_not_forbid_a_long_session() -> None:
    first, *rest = each(pairs({"a": 1.4}), conditions=Conditions(steal=0.0))
    short = msgspec.structs.replace(first, wall_s=0.01, conditions=Conditions(steal=0.9))

    assert only(judged((short, *rest)), "a").outcome is Outcome.REGRESSION


@pytest.mark.parametrize("slow, shown", [(1, False), (2, True), (3, True)])
def test_the_suite_as_a_whole_is_a_row_where_it_tells_more_than_a_few_of_its_cases(
    slow: int, shown: bool
) -> None:
    effects = {case: 1.8 if place < slow else 1.0 for place, case in enumerate("abc")}

    rows = judged(pairs(effects)).findings

    assert any(one.whole_suite for one in rows) is shown
