"""Which rows an override covers, and what that leaves of a verdict."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from engine.debts import DebtKind, debts_of
from engine.findings import Finding, Reason, SuiteVerdict, Verdict
from engine.outcomes import exit_code
from engine.overrides import Override
from engine.reports.document import parse_document, render_document
from engine.values import Better, Outcome, SuiteKind
from engine.verdicts import judge_check
from tests.fakes.evidence import HEAD, facts
from tests.fakes.findings import row, suite_of

RED = row(Reason.OVER_BUDGET, Outcome.REGRESSION)  # +4 %, from 2 to 6 %
CANNOT_TELL = row(Reason.CANNOT_TELL)
GREEN = row(Reason.WITHIN_BUDGET, Outcome.PASS, case="calm", change=0.0, low=-0.01, high=0.01)
LEAK = Finding(
    case="core", metric="", outcome=Outcome.REGRESSION, reason=Reason.LOOK_AHEAD, detail="2020"
)
ACCEPT = Override(
    kind="accept",
    suite="core",
    case="decay",
    metric="cpu",
    by="alice",
    reason="the new model is worth it",
    created_utc="2026-11-20T12:00:00Z",
    head=HEAD,
    change=0.04,
    low=0.02,
    high=0.06,
)
MUTE = Override(
    kind="mute",
    suite="core",
    case="decay",
    by="alice",
    reason="flaky disk",
    created_utc="2026-11-20T12:00:00Z",
    until_utc="2026-12-31T23:59:59Z",
)


def accepting(**fields: Any) -> Override:
    return msgspec.structs.replace(ACCEPT, **fields)


def muting(**fields: Any) -> Override:
    return msgspec.structs.replace(MUTE, **fields)


def judged(*findings: Finding, by: Override | None = None, head: str = HEAD) -> Verdict:
    overrides = () if by is None else (by,)
    return judge_check(facts(head=head), (suite_of(*findings),), overrides=overrides)


def suite(verdict: Verdict) -> SuiteVerdict:
    (one,) = verdict.suites
    return one


def test_an_accepted_row_turns_the_check_green_and_stays_visible() -> None:
    verdict = judged(RED, GREEN, by=ACCEPT)

    assert (verdict.outcome, suite(verdict).outcome) == (Outcome.PASS, Outcome.PASS)
    assert exit_code(verdict) == 0
    covered = suite(verdict).findings[0]
    assert (covered.outcome, covered.override, covered.change) == (
        Outcome.REGRESSION,
        "accept",
        0.04,
    )
    assert verdict.overrides == (ACCEPT,)


def test_a_suite_all_of_whose_rows_are_accepted_passes() -> None:
    assert judged(RED, by=ACCEPT).outcome is Outcome.PASS


def test_what_is_not_covered_decides_as_before() -> None:
    other = msgspec.structs.replace(RED, case="price")

    assert judged(RED, other, by=ACCEPT).outcome is Outcome.REGRESSION
    assert judged(RED, CANNOT_TELL, by=accepting(metric="memory")).outcome is Outcome.REGRESSION
    assert judged(RED, row(Reason.CANNOT_TELL, case="b"), by=ACCEPT).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("by", [accepting(suite="other"), muting(suite="other")])
def test_another_suites_overrides_are_not_even_named(by: Override) -> None:
    verdict = judged(RED, by=by)

    assert verdict.outcome is Outcome.REGRESSION
    assert verdict.overrides == ()


@pytest.mark.parametrize(
    "change, low, high, covered",
    [
        (0.04, 0.02, 0.06, True),  # as it was
        (0.02, 0.01, 0.03, True),  # less of it
        (0.06, 0.04, 0.08, True),  # more, and within the noise of both
        (0.10, 0.09, 0.11, False),  # confirmed worse
        (0.066, 0.046, 0.086, True),  # by less than the half widths together, in squares
        (0.070, 0.050, 0.090, False),  # by more
    ],
)
def test_a_later_effect_is_covered_while_it_is_not_confirmed_worse(
    change: float, low: float, high: float, *, covered: bool
) -> None:
    later = msgspec.structs.replace(RED, change=change, low=low, high=high)

    verdict = judged(later, by=ACCEPT, head="f" * 40)

    assert (verdict.outcome is Outcome.PASS) is covered


@pytest.mark.parametrize("change, covered", [(-0.3, True), (-0.30000001, False), (-0.1, True)])
def test_an_exact_metric_is_covered_up_to_what_was_accepted(
    change: float, *, covered: bool
) -> None:
    fields = {"metric": "sharpe", "better": Better.HIGHER, "low": None, "high": None}
    drop = row(Reason.METRIC_DROP, Outcome.REGRESSION, **{**fields, "change": change})
    by = accepting(metric="sharpe", change=-0.3, low=None, high=None)

    assert (judged(drop, by=by, head="f" * 40).outcome is Outcome.PASS) is covered


def test_the_clock_that_decides_may_change_between_checks() -> None:
    assert judged(msgspec.structs.replace(RED, metric="wall"), by=ACCEPT).outcome is Outcome.PASS
    mean = msgspec.structs.replace(RED, metric="mean wall", statistic="mean")
    assert judged(mean, by=ACCEPT).outcome is Outcome.REGRESSION


def test_what_cannot_be_told_of_an_accepted_row_keeps_no_check_from_green() -> None:
    assert judged(CANNOT_TELL, by=ACCEPT, head="f" * 40).outcome is Outcome.PASS
    unmeasured = row(Reason.TOO_FEW_PAIRS, change=None, low=None, high=None)
    assert judged(unmeasured, by=ACCEPT, head="f" * 40).outcome is Outcome.PASS


def test_a_changed_measurement_is_no_verdict_until_it_is_accepted() -> None:
    changed = row(Reason.MEASUREMENT_CHANGED, Outcome.NO_VERDICT)

    assert judged(changed).outcome is Outcome.NO_VERDICT
    assert judged(changed, by=ACCEPT).outcome is Outcome.PASS


def test_without_numbers_the_accepted_commit_alone_is_covered() -> None:
    changed = row(Reason.MEASUREMENT_CHANGED, Outcome.NO_VERDICT, change=None, low=None, high=None)
    by = accepting(change=None, low=None, high=None)

    assert judged(changed, by=by).outcome is Outcome.PASS
    assert judged(changed, by=by, head="f" * 40).outcome is Outcome.NO_VERDICT


@pytest.mark.parametrize("by", [accepting(case="core", metric="", change=None), muting(case="")])
def test_a_strategy_that_looks_ahead_is_covered_by_nothing(by: Override) -> None:
    assert judged(LEAK, by=by).outcome is Outcome.REGRESSION


def test_a_failure_cannot_be_accepted_and_can_be_muted() -> None:
    failed = Finding(case="decay", metric="cpu", outcome=Outcome.ERROR, reason=Reason.FAILED)

    assert judged(failed, by=accepting(change=None)).outcome is Outcome.ERROR
    assert judged(failed, by=MUTE).outcome is Outcome.PASS


def test_a_mute_covers_a_case_whatever_its_rows_say() -> None:
    rows = [RED, row(Reason.CANNOT_TELL, metric="memory", unit="B"), GREEN]
    verdict = judged(*rows, by=MUTE)

    assert verdict.outcome is Outcome.PASS
    assert [one.override for one in suite(verdict).findings] == ["mute", "mute", None]
    assert judged(*rows, by=muting(case="calm")).outcome is Outcome.REGRESSION


def test_a_muted_suite_that_fails_as_a_whole_still_fails() -> None:
    broken = Finding(case="", metric="", outcome=Outcome.ERROR, reason=Reason.FAILED)

    assert judged(RED, by=muting(case="")).outcome is Outcome.PASS
    assert judged(RED, broken, by=muting(case="")).outcome is Outcome.ERROR


def test_the_document_holds_who_said_what_and_reads_back() -> None:
    verdict = judged(RED, by=ACCEPT)

    assert parse_document(render_document(verdict)) == verdict
    assert b'"override":"accept"' in render_document(verdict)
    assert b"override" not in render_document(judged(RED))


def test_overrides_come_in_one_order() -> None:
    other = accepting(case="price")
    suites = (suite_of(RED),)

    one = judge_check(facts(), suites, overrides=(ACCEPT, other))
    two = judge_check(facts(), suites, overrides=(other, ACCEPT))

    assert render_document(one) == render_document(two)


def test_an_accepted_loss_stays_in_the_debt_ledger() -> None:
    kinds = {
        debt.kind
        for by in (ACCEPT, MUTE, None)
        for debt in debts_of(judged(RED, by=by), "2026-11-20T12:00:00Z")
    }

    assert debts_of(judged(RED, by=ACCEPT), "2026-11-20T12:00:00Z")[0].kind is DebtKind.ACCEPTED
    assert kinds == {DebtKind.ACCEPTED, DebtKind.OVER_BUDGET}
    assert suite(judged(RED)).kind is SuiteKind.BENCHMARK
