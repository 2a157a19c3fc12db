"""A regression stands when a second runner finds it too."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.confirmation import NOT_ANSWERED, confirmed, confirming_order, in_doubt
from engine.continued import continuing, sessions
from engine.findings import Elsewhere, Finding, Reason, SuiteVerdict
from engine.orders import Session, Terms
from engine.values import Outcome, SuiteKind
from tests.fakes.evidence import benchmark_order, pairs

RED = (Outcome.REGRESSION, Reason.OVER_BUDGET)
GREEN = (Outcome.PASS, Reason.WITHIN_BUDGET)
UNSURE = (Outcome.INCONCLUSIVE, Reason.CANNOT_TELL)


def row(case: str, judged: tuple[Outcome, Reason] = RED, **fields: Any) -> Finding:
    outcome, reason = judged
    given = {"metric": "wall", "unit": "s", **fields}
    return Finding(case=case, outcome=outcome, reason=reason, **given)


def verdict(*findings: Finding, runner: str = "one", **fields: Any) -> SuiteVerdict:
    return SuiteVerdict(
        suite="core",
        kind=SuiteKind.BENCHMARK,
        tags=("linux",),
        run="c7-1",
        outcome=Outcome.REGRESSION,
        reason=Reason.OVER_BUDGET,
        findings=findings,
        runner=runner,
        cpu=f"CPU of {runner}",
        **fields,
    )


def second(*findings: Finding) -> SuiteVerdict:
    return verdict(*findings, runner="two")


def held(first: Finding, *others: Finding) -> Finding:
    (found,) = confirmed(verdict(first), second(*others), asked=True).findings
    return found


def test_a_regression_that_the_second_runner_finds_too_stands() -> None:
    numbers: dict[str, Any] = {"change": 0.4, "low": 0.35, "high": 0.45, "pairs": 8}
    first = row("parse")

    found = held(first, row("parse", **numbers))

    shown = Elsewhere(runner="two", cpu="CPU of two", outcome=Outcome.REGRESSION, **numbers)
    assert found == msgspec.structs.replace(first, elsewhere=shown)


@pytest.mark.parametrize(
    "other",
    [
        GREEN,
        UNSURE,
        (Outcome.IMPROVEMENT, Reason.BETTER),
        (Outcome.NO_VERDICT, Reason.MISSING_IN_HEAD),
    ],
)
def test_anything_else_on_the_second_runner_is_a_disagreement(
    other: tuple[Outcome, Reason],
) -> None:
    found = held(row("parse"), row("parse", other))

    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, Reason.HOSTS_DISAGREE)
    assert found.elsewhere is not None
    assert found.elsewhere.outcome is other[0]


@pytest.mark.parametrize(
    "others, outcome",
    [
        ((), Outcome.NO_VERDICT),
        ((row("price"),), Outcome.NO_VERDICT),
        ((row("parse", metric="memory", unit="B"),), Outcome.NO_VERDICT),
        ((row("parse", metric="mean memory", unit="B", statistic="mean"),), Outcome.NO_VERDICT),
        ((row("", metric="time", unit="", whole_suite=True),), Outcome.NO_VERDICT),
        ((row("", (Outcome.ERROR, Reason.FAILED)),), Outcome.ERROR),
    ],
)
def test_a_case_that_the_second_runner_did_not_measure_is_not_confirmed(
    others: tuple[Finding, ...], outcome: Outcome
) -> None:
    found = held(row("parse"), *others)

    assert found.reason is Reason.HOSTS_DISAGREE
    assert found.elsewhere == Elsewhere(runner="two", cpu="CPU of two", outcome=outcome)


def test_the_second_runner_may_choose_the_other_clock() -> None:
    by_cpu = row("parse", metric="cpu", clock="cpu")
    by_wall = row("parse", metric="wall", clock="wall")

    assert held(by_cpu, by_wall).outcome is Outcome.REGRESSION


def test_of_two_times_the_one_of_the_same_name_counts() -> None:
    first = row("parse", metric="wall", clock="wall")
    others = (row("parse", GREEN, metric="cpu", clock="cpu"), first)

    assert held(first, *others).outcome is Outcome.REGRESSION


LEVEL = row("parse", metric="cpu", clock="cpu")
MEAN = row("parse", metric="mean wall", statistic="mean")
GREEN_LEVEL = row("parse", GREEN, metric="wall", clock="wall")


@pytest.mark.parametrize("first, other", [(LEVEL, MEAN), (MEAN, LEVEL), (MEAN, MEAN)])
def test_a_level_and_a_mean_confirm_each_other(first: Finding, other: Finding) -> None:
    assert held(first, other).outcome is Outcome.REGRESSION


@pytest.mark.parametrize("first", [LEVEL, MEAN])
def test_of_several_rows_of_a_case_a_red_one_confirms(first: Finding) -> None:
    for others in ((GREEN_LEVEL, MEAN), (MEAN, GREEN_LEVEL)):
        found = held(first, *others)
        assert found.outcome is Outcome.REGRESSION


@pytest.mark.parametrize("first", [LEVEL, MEAN])
def test_of_several_rows_none_of_which_is_red_the_level_is_shown(first: Finding) -> None:
    level = row("parse", GREEN, metric="wall", clock="wall", change=0.01)
    mean = row("parse", UNSURE, metric="mean wall", statistic="mean", change=0.2)

    found = held(first, mean, level)

    assert found.reason is Reason.HOSTS_DISAGREE
    assert found.elsewhere is not None
    assert (found.elsewhere.outcome, found.elsewhere.change) == (Outcome.PASS, 0.01)


def test_a_confirmation_begins_anew() -> None:
    session = Session(fingerprint="f00d", launches=pairs({"a": 1.0}), terms=Terms())
    order = continuing(benchmark_order(), (session, session))
    order = msgspec.structs.replace(order, family=40)

    second = confirming_order(order, ("a",), not_on=("one",), entropy="e")

    assert tuple(sessions(second)) == ()
    assert (second.earlier, second.earlier_terms, second.family) == ((), None, 0)


def test_the_suites_mean_is_confirmed_by_the_suites_mean() -> None:
    mean = row("", metric="time", unit="", whole_suite=True)

    assert held(mean, row("", GREEN, metric="time"), mean).outcome is Outcome.REGRESSION


def test_the_outcome_follows_what_is_left_of_the_findings() -> None:
    first = verdict(row("parse"), row("price", GREEN))

    found = confirmed(first, second(row("parse", GREEN)), asked=True)

    assert (found.outcome, found.reason) == (Outcome.INCONCLUSIVE, Reason.HOSTS_DISAGREE)
    assert found.second_runner == "two"


def test_one_confirmed_case_among_doubted_ones_is_red() -> None:
    first = verdict(row("parse"), row("price"))

    found = confirmed(first, second(row("parse", GREEN), row("price")), asked=True)

    assert (found.outcome, found.reason) == RED


def test_rows_that_were_no_regression_stay_as_they_are() -> None:
    first = verdict(row("price", UNSURE), row("parse"))

    found = confirmed(first, second(row("price", GREEN), row("parse")), asked=True)

    assert found.findings[0] == first.findings[0]


def test_without_a_second_runner_nothing_changes() -> None:
    first = verdict(row("parse"))
    assert confirmed(first, None, asked=False) == first


def test_a_second_runner_that_did_not_answer_is_a_caveat_and_the_verdict_stands() -> None:
    first = verdict(row("parse"), caveats=("loaded",))

    found = confirmed(first, None, asked=True)

    assert found == msgspec.structs.replace(first, caveats=("loaded", NOT_ANSWERED))
    assert found.second_runner is None


def test_what_is_red_is_measured_again_and_nothing_else() -> None:
    findings = (row("price"), row("parse"), row("parse", metric="memory"), row("quote", GREEN))
    assert in_doubt(verdict(*findings)) == ("parse", "price")


def test_the_suites_mean_is_measured_again_over_all_cases() -> None:
    findings = (row("parse"), row("", metric="time", whole_suite=True))
    assert in_doubt(verdict(*findings)) is None


def test_without_a_regression_there_is_nothing_to_confirm() -> None:
    assert in_doubt(verdict(row("parse", UNSURE))) == ()
