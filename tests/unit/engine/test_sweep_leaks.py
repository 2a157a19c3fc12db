"""A strategy that looks ahead is red, whatever it earns and whichever files measured it."""

from __future__ import annotations

import msgspec
import pytest

from engine.backtest.leaks import Canary, Leak
from engine.findings import Reason, SuiteVerdict
from engine.outcomes import worst_outcome
from engine.values import Outcome
from engine.verdicts import RunTerms, judge_run
from tests.fakes.evidence import perf_budget, points, report, sweep_order, swept
from tests.fakes.sweep_verdicts import GOOD, judged_by

LEAK = Canary(cuts=16, leak=Leak(date="2009-03-10", symbol="SPX", unaltered_until="2009-03-10"))


def verdict_with(canary: Canary | None, base: Canary | None = None) -> SuiteVerdict:
    evidence = swept(points(GOOD), points(GOOD))
    return judged_by(msgspec.structs.replace(evidence, canary=canary, canary_base=base))


def test_a_leak_is_red_and_names_the_first_leaking_date() -> None:
    verdict = verdict_with(LEAK)

    assert (verdict.outcome, verdict.reason) == (Outcome.REGRESSION, Reason.LOOK_AHEAD)
    assert "2009-03-10" in verdict.findings[0].detail


def test_a_leak_that_the_merge_base_has_too_says_so() -> None:
    assert "merge base" in verdict_with(LEAK, LEAK).findings[0].caveats[0]


def test_a_canary_that_found_nothing_changes_no_row_and_is_told() -> None:
    with_it, without = verdict_with(Canary(cuts=16)), verdict_with(None)

    assert with_it.findings == without.findings
    assert set(with_it.caveats) - set(without.caveats) == {
        "no look-ahead in 16 cuts: later bars altered, earlier decisions and fills bit-equal"
    }


def test_an_unreproducible_strategy_is_not_said_to_be_free_of_leaks() -> None:
    caveats = verdict_with(Canary(cuts=0, reproducible=False)).caveats

    assert any("not tested" in caveat for caveat in caveats)


@pytest.mark.parametrize(
    "canary,said",
    [
        (Canary(cuts=0, failed=True), "the strategy failed, or was stopped"),
        (Canary(cuts=16, moved=False), "changed no decision at all"),
    ],
)
def test_a_canary_that_could_tell_little_says_why(canary: Canary, said: str) -> None:
    assert any(said in caveat for caveat in verdict_with(canary).caveats)


def test_a_fill_that_leaks_is_called_one() -> None:
    found = Leak(date="2009-03-10", symbol="SPX", unaltered_until="2009-03-12", what="fill")
    detail = verdict_with(Canary(cuts=3, leak=found)).findings[0].detail

    assert detail.startswith("the first fill found is that of 2009-03-10 (SPX)")


def test_a_leak_stays_red_where_head_changes_the_measuring_files() -> None:
    order = msgspec.structs.replace(sweep_order(), measuring_changed=("data/prices.csv",))
    evidence = msgspec.structs.replace(swept(points(GOOD), points(GOOD)), canary=LEAK)
    verdict = judge_run(order, RunTerms(perf_budget=perf_budget()), report(order, evidence))

    assert worst_outcome(verdict.findings) is Outcome.REGRESSION
    assert {row.reason for row in verdict.findings[1:]} == {Reason.MEASUREMENT_CHANGED}


def test_a_leak_is_told_even_where_there_is_nothing_to_compare_with() -> None:
    evidence = msgspec.structs.replace(swept([], points(GOOD)), canary=LEAK)

    assert judged_by(evidence).findings[0].reason is Reason.LOOK_AHEAD
