from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.budgets import BenchmarkBudget, budget_for
from engine.findings import Finding, Reason, SuiteVerdict
from engine.history import Bracket
from engine.orders import RunOrder
from engine.settling import (
    Settlement,
    StepState,
    history_exit_code,
    measured_anywhere,
    settled,
    settling_order,
    standing,
    standing_at,
    unsettleable,
)
from engine.values import Better, Outcome, SuiteKind
from tests.fakes.evidence import benchmark_order
from tests.fakes.histories import commit, hypothesis, settlement

NARROW, WIDE = hypothesis().brackets
NOW = "2026-11-20T13:00:00Z"


def verdict(**fields: Any) -> SuiteVerdict:
    values: dict[str, Any] = {
        "case": "parse",
        "metric": "wall",
        "outcome": Outcome.REGRESSION,
        "reason": Reason.OVER_BUDGET,
        "change": 0.09,
        "low": 0.08,
        "high": 0.10,
        "pairs": 8,
    }
    finding = Finding(**{**values, **fields})
    return SuiteVerdict(
        suite="core",
        kind=SuiteKind.BENCHMARK,
        tags=("linux",),
        run="settle-1-1",
        outcome=finding.outcome,
        findings=(finding,),
        runner="bench-a",
        fingerprint="e" * 16,
    )


def state(**fields: Any) -> StepState:
    return settled(hypothesis(), NARROW, verdict(**fields), NOW).state


def test_nothing_measured_asks_for_the_narrow_bracket() -> None:
    found = standing(hypothesis(), [])
    assert (found.state, found.next) == (StepState.UNSETTLED, NARROW)


def test_a_confirmed_step_asks_for_nothing_more() -> None:
    found = standing(hypothesis(), [settlement()])
    assert (found.state, found.next) == (StepState.CONFIRMED, None)


def test_where_the_narrow_bracket_shows_nothing_the_wide_one_is_asked_for() -> None:
    found = standing(hypothesis(), [settlement(StepState.REFUTED)])
    assert (found.state, found.next) == (StepState.UNSETTLED, WIDE)


def test_a_step_that_the_wide_bracket_confirms_is_confirmed_there() -> None:
    wide = settlement(before=WIDE.before, after=WIDE.after)
    found = standing(hypothesis(), [settlement(StepState.REFUTED), wide])
    assert (found.state, found.settlement) == (StepState.CONFIRMED, wide)


def test_a_step_that_both_brackets_refute_is_refuted() -> None:
    both = [
        settlement(StepState.REFUTED, before=one.before, after=one.after) for one in (NARROW, WIDE)
    ]
    found = standing(hypothesis(), both)
    assert (found.state, found.next) == (StepState.REFUTED, None)


@pytest.mark.parametrize(
    "other", [{"case": "price"}, {"fingerprint": "0" * 16}, {"after": commit(11)}]
)
def test_what_was_settled_of_another_question_settles_nothing(other: dict[str, Any]) -> None:
    assert standing(hypothesis(), [settlement(**other)]).state is StepState.UNSETTLED


@pytest.mark.parametrize(
    "better,change,worse",
    [
        (Better.LOWER, 0.09, True),
        (Better.LOWER, -0.09, False),
        (Better.HIGHER, -0.09, True),
        (Better.HIGHER, 0.09, False),
        (None, 0.09, False),
    ],
)
def test_whether_a_step_is_worse_depends_on_the_metrics_direction(
    better: Better | None, change: float, *, worse: bool
) -> None:
    found = standing(hypothesis(better=better), [settlement(change=change)])
    assert found.is_worse is worse


def test_a_refuted_step_is_never_worse() -> None:
    alone = hypothesis(wide=None)
    assert not standing(alone, [settlement(StepState.REFUTED)]).is_worse


def asked_of(order: RunOrder, case: str, metric: str) -> float:
    assert isinstance(order.suite.budget, BenchmarkBudget)
    return budget_for(order.suite.budget, case, metric, "s").budget.max_worsening


def test_the_order_measures_the_one_case_with_half_the_step_as_its_budget() -> None:
    order = settling_order(benchmark_order(), [hypothesis()])
    assert (order.cases, asked_of(order, "parse", "cpu")) == (("parse",), 0.05)


def test_one_order_asks_for_every_case_by_its_own_step() -> None:
    asked = [hypothesis(), hypothesis(case="price", effect=-0.08), hypothesis(case="a[1-2]")]
    order = settling_order(benchmark_order(), asked)
    assert order.cases == ("a[1-2]", "parse", "price")
    limits = [asked_of(order, case, "wall") for case in ("a[1-2]", "parse", "price")]
    assert limits == [0.05, 0.05, 0.04]


def test_of_two_steps_of_one_case_the_smaller_one_is_asked_for() -> None:
    both = [hypothesis(metric="cpu", effect=0.04), hypothesis()]
    order = settling_order(benchmark_order(), both)
    assert asked_of(order, "parse", "wall") == asked_of(order, "parse", "cpu") == 0.02


def test_the_order_is_not_screened_and_keeps_the_older_commits_measuring_files() -> None:
    changed = msgspec.structs.replace(benchmark_order(), measuring_changed=("bench.py",))
    order = settling_order(changed, [hypothesis()])
    assert (order.certificates, order.measuring_changed) == ((), ())


def test_a_regression_in_the_steps_direction_confirms_it() -> None:
    assert state() is StepState.CONFIRMED


def test_a_step_smaller_than_half_of_what_it_seemed_is_a_step_all_the_same() -> None:
    small = {"outcome": Outcome.PASS, "reason": Reason.REAL_BUT_SMALL}
    assert state(**small, change=0.02, low=0.01, high=0.03) is StepState.CONFIRMED


@pytest.mark.parametrize(
    "outcome,reason,change",
    [
        (Outcome.PASS, Reason.WITHIN_BUDGET, 0.001),
        (Outcome.IMPROVEMENT, Reason.BETTER, -0.09),
        (Outcome.PASS, Reason.REAL_BUT_SMALL, -0.02),
    ],
)
def test_no_effect_or_one_in_the_other_direction_refutes_it(
    outcome: Outcome, reason: Reason, change: float
) -> None:
    assert state(outcome=outcome, reason=reason, change=change) is StepState.REFUTED


def test_pairs_that_cannot_tell_leave_it_unclear() -> None:
    fields = {"outcome": Outcome.INCONCLUSIVE, "reason": Reason.CANNOT_TELL}
    assert state(**fields) is StepState.UNCLEAR


def test_a_case_that_was_not_measured_leaves_it_unclear() -> None:
    found = settled(hypothesis(), NARROW, verdict(case="price"), NOW)
    assert (found.state, found.change, found.outcome) == (
        StepState.UNCLEAR,
        None,
        Outcome.REGRESSION,
    )


def test_the_other_clock_answers_where_it_decided() -> None:
    assert state(metric="cpu") is StepState.CONFIRMED


def test_the_mean_of_the_launches_answers_nothing() -> None:
    assert state(statistic="mean") is StepState.UNCLEAR


def test_the_settlement_says_where_it_was_measured_and_what_was_seen() -> None:
    found = settled(hypothesis(), WIDE, verdict(), NOW)
    assert found.bracket == WIDE
    assert (found.runner, found.measured_on, found.fingerprint) == ("bench-a", "e" * 16, "f" * 16)
    assert (found.change, found.low, found.high, found.pairs) == (0.09, 0.08, 0.10, 8)


def unmeasured() -> Settlement:
    bracket = Bracket(before=commit(9), after=commit(10))
    made = unsettleable(hypothesis(), bracket, "r", NOW, "no such suite")
    return msgspec.structs.replace(made, declared_at="t1")


def test_what_cannot_be_measured_is_unclear_with_its_reason_and_not_asked_for_again() -> None:
    found = standing(hypothesis(wide=None), [unmeasured()])
    assert (found.state, found.next) == (StepState.UNCLEAR, None)
    assert found.settlement is not None
    assert found.settlement.problem == "no such suite"


def test_another_declaration_has_what_could_not_be_measured_asked_again() -> None:
    known = [unmeasured(), settlement()]
    assert standing_at(known, "t1") == tuple(known)
    assert standing_at(known, "t2") == (settlement(),)


def test_what_no_runner_measured_can_be_asked_again() -> None:
    assert measured_anywhere([unmeasured(), settlement()]) == (settlement(),)


@pytest.mark.parametrize(
    "known,code",
    [
        ([], 3),
        ([settlement(StepState.UNCLEAR)], 3),
        ([settlement(StepState.REFUTED)], 0),
        ([settlement(change=-0.09)], 0),
        ([settlement()], 1),
    ],
)
def test_the_exit_code_is_that_of_the_worst_step(known: list[Any], code: int) -> None:
    assert history_exit_code([standing(hypothesis(wide=None), known)]) == code
