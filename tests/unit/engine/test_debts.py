from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from engine.debts import Debt, DebtKind, Merged, contributors, debts_of
from engine.findings import Finding, Reason, SuiteVerdict
from engine.values import Better, Outcome, SuiteKind
from engine.verdicts import judge_check
from tests.fakes.evidence import HEAD, facts

UTC = "2026-11-20T12:00:00Z"
SMALL = {"outcome": Outcome.PASS, "reason": Reason.REAL_BUT_SMALL}
DEBT = Debt(
    suite="core",
    case="parse",
    metric="wall",
    fingerprint="f" * 16,
    pull_request=12,
    head=HEAD,
    kind=DebtKind.SMALL,
    change=0.011,
    low=0.006,
    high=0.017,
    better=Better.LOWER,
    recorded_utc=UTC,
    run="c1-1",
)


def suite(*findings: Finding, kind: SuiteKind = SuiteKind.BENCHMARK) -> SuiteVerdict:
    return SuiteVerdict(
        suite="core",
        kind=kind,
        tags=("linux",),
        run="c1-1",
        outcome=Outcome.PASS,
        findings=findings,
        fingerprint="f" * 16,
    )


def finding(**fields: Any) -> Finding:
    values: dict[str, Any] = {
        "case": "parse",
        "metric": "wall",
        **SMALL,
        "better": Better.LOWER,
        "change": 0.011,
        "low": 0.006,
        "high": 0.017,
    }
    return Finding(**{**values, **fields})


def debts(*findings: Finding, pull_request: int | None = 12) -> tuple[Debt, ...]:
    checked = facts(pull_request=pull_request)
    return debts_of(judge_check(checked, (suite(*findings),)), UTC)


def debt(pull_request: int, change: float = 0.01, **fields: Any) -> Debt:
    values = {"change": change, "low": change - 0.005, "high": change + 0.005, **fields}
    return msgspec.structs.replace(
        DEBT, pull_request=pull_request, head=f"h{pull_request}", **values
    )


def test_a_real_loss_within_the_budget_is_a_debt() -> None:
    assert debts(finding()) == (DEBT,)


@pytest.mark.parametrize(
    "outcome,reason,kind",
    [
        (Outcome.INCONCLUSIVE, Reason.AT_THE_BUDGET, DebtKind.AT_THE_BUDGET),
        (Outcome.REGRESSION, Reason.OVER_BUDGET, DebtKind.OVER_BUDGET),
    ],
)
def test_a_loss_that_the_pairs_did_not_clear_is_a_debt_of_its_own_kind(
    outcome: Outcome, reason: Reason, kind: DebtKind
) -> None:
    (found,) = debts(finding(outcome=outcome, reason=reason))
    assert found.kind is kind


@pytest.mark.parametrize(
    "fields",
    [
        {"change": -0.011, "low": -0.017, "high": -0.006},
        {"better": Better.HIGHER},
        {"reason": Reason.WITHIN_BUDGET},
        {"outcome": Outcome.INCONCLUSIVE, "reason": Reason.CANNOT_TELL},
        {"low": None, "high": None},
        {"case": "", "whole_suite": True},
        {"statistic": "mean"},
    ],
)
def test_what_is_no_real_loss_of_a_case_is_no_debt(fields: dict[str, Any]) -> None:
    assert debts(finding(**fields)) == ()


def test_less_of_what_should_be_more_is_a_debt() -> None:
    (found,) = debts(finding(better=Better.HIGHER, change=-0.02, low=-0.03, high=-0.01))
    assert found.change == -0.02


def test_without_a_pull_request_nobody_owes_anything() -> None:
    assert debts(finding(), pull_request=None) == ()


def test_a_merged_head_counts_by_its_commit() -> None:
    (loss,) = contributors([debt(12)], Merged({"h12"}, []))
    assert [one.pull_request for one in loss.debts] == [12]


@pytest.mark.parametrize(
    "subject,counts",
    [
        ("Faster parser (#12)", True),
        ("Faster parser (#12) ", True),
        ("Faster parser (#120)", False),
        ("Mend #12", False),
        ("Revert (#12) for now", False),
        ("Merge pull request #12 from ada/branch", False),
    ],
)
def test_a_squash_counts_by_the_number_that_ends_its_first_line(
    subject: str, *, counts: bool
) -> None:
    assert bool(contributors([debt(12)], Merged(set(), [subject]))) is counts


def test_what_was_not_merged_contributes_nothing() -> None:
    assert contributors([debt(12)], Merged({"h13"}, ["Other (#13)"])) == ()


def test_four_merges_of_one_percent_are_four_percent() -> None:
    merged = Merged({f"h{number}" for number in (1, 2, 3, 4)}, [])
    (loss,) = contributors([debt(number) for number in (1, 2, 3, 4)], merged)
    assert loss.change == pytest.approx(1.01**4 - 1)


def test_the_sums_interval_adds_the_squares_of_its_parts() -> None:
    (loss,) = contributors([debt(1), debt(2)], Merged({"h1", "h2"}, []))
    half = math.log1p(0.015) - math.log1p(0.01)
    assert math.log1p(loss.high) == pytest.approx(2 * math.log1p(0.01) + math.sqrt(2) * half)


def test_the_largest_contribution_and_the_largest_sum_come_first() -> None:
    merged = Merged({"h1", "h2", "h3"}, [])
    found = contributors([debt(1), debt(2, 0.02), debt(3, 0.05, case="price")], merged)
    assert [loss.case for loss in found] == ["price", "parse"]
    assert [one.pull_request for one in found[1].debts] == [2, 1]
