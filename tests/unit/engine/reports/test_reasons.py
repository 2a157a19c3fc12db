from __future__ import annotations

from typing import Any

import pytest

from engine.findings import Elsewhere, Reason
from engine.reports.annotations import annotation_requests
from engine.reports.check import render_rollup
from engine.reports.comment import Links, needs_comment, render_comment
from engine.reports.doubts import in_brief
from engine.reports.figures import MINUS
from engine.reports.reasons import why
from engine.reports.wording import mark, sentence, short, what
from engine.values import Better, Outcome
from tests.fakes.findings import row, suite_of, verdict_of

ELSEWHERE = Elsewhere(
    runner="bench-2",
    cpu="Xeon",
    outcome=Outcome.PASS,
    change=0.001,
    low=-0.004,
    high=0.006,
    pairs=8,
)
WHOLE: dict[str, Any] = {
    "case": "",
    "metric": "time",
    "clock": None,
    "unit": "",
    "base": None,
    "head": None,
    "whole_suite": True,
    "points": 12,
}


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words(reason: Reason) -> None:
    assert why(row(reason))


@pytest.mark.parametrize(
    "reason, said",
    [
        (
            Reason.NOISY,
            "cannot tell: the pairs spread more than three times as widely as in earlier sessions",
        ),
        (Reason.UNSTEADY, "cannot tell: no steady state within a launch"),
        (
            Reason.STOLEN,
            "cannot tell: the hypervisor took more than 5 % of the machine's CPU time (steal)",
        ),
        (
            Reason.QUARANTINED,
            "cannot tell: this runner's null runs, base against base, raise too many false alarms",
        ),
        (
            Reason.HALVES_DIFFER,
            "cannot tell: the first half of the pairs says the opposite of the second",
        ),
        (Reason.SCREENED, "unchanged: screened against the runner's stored level"),
        (
            Reason.MEASUREMENT_CHANGED,
            (
                "head changes the files that measure it, so no verdict: "
                "the numbers are by the merge base's copy"
            ),
        ),
        (
            Reason.OWN_COPY,
            "by head's own copy of the measuring files: for information, changes nothing",
        ),
        (Reason.RESULT_CHANGED, "faster, but the result differs: did the work happen?"),
        (
            Reason.NOT_REPRODUCIBLE,
            "cannot tell: the same seed gave another value",
        ),
    ],
)
def test_a_reason_says_what_happened(reason: Reason, said: str) -> None:
    assert why(row(reason)) == said


@pytest.mark.parametrize("family, among", [(40, "40 comparisons"), (None, "so many comparisons")])
def test_a_family_is_counted_where_its_size_is_known(family: int | None, among: str) -> None:
    assert why(row(Reason.FAMILY, family=family)) == (
        f"over the budget by itself, yet among {among} of this check chance could do it: "
        "more pairs settle it"
    )


def test_machines_that_disagree_are_both_shown_with_their_numbers() -> None:
    said = sentence(row(Reason.HOSTS_DISAGREE, elsewhere=ELSEWHERE), "core")

    assert said == (
        "`decay` takes 4.0 % longer (99 % interval +2.0 to +6.0 %; budget 3 %). Two machines "
        "disagree: `bench-2` (Xeon) measured +0.1 % "
        f"({MINUS}0.4 to +0.6 %) in 8 pairs."
    )


def test_a_second_machine_without_a_number_is_said_so() -> None:
    gone = Elsewhere(runner="bench-2", cpu="Xeon", outcome=Outcome.ERROR)

    assert why(row(Reason.HOSTS_DISAGREE, elsewhere=gone)).endswith(
        "`bench-2` (Xeon) has no number for it"
    )


def test_a_regression_that_a_second_machine_found_too_is_confirmed() -> None:
    agreeing = Elsewhere(
        runner="bench-2", cpu="Xeon", outcome=Outcome.REGRESSION, change=0.05, low=0.04, high=0.06
    )

    said = why(row(Reason.OVER_BUDGET, Outcome.REGRESSION, low=0.035, elsewhere=agreeing))

    assert said == (
        "over the budget of 3 %; confirmed: `bench-2` (Xeon) measured +5.0 % (+4.0 to +6.0 %)"
    )


@pytest.mark.parametrize(
    "low, said",
    [
        (0.031, "over the budget of 3 %"),
        (0.02, "clearly worse, by an estimate over the budget of 3 %"),
    ],
)
def test_red_is_called_over_the_budget_where_the_whole_interval_is(low: float, said: str) -> None:
    assert why(row(Reason.OVER_BUDGET, Outcome.REGRESSION, low=low)) == said


@pytest.mark.parametrize("better, change", [(Better.LOWER, -0.04), (Better.HIGHER, 0.04)])
def test_an_improvement_is_worded_by_its_whole_interval_too(better: Better, change: float) -> None:
    ends = {"change": change, "low": change - 0.02, "high": change + 0.02, "better": better}

    assert why(row(Reason.BETTER, Outcome.IMPROVEMENT, **ends)).startswith(
        "clearly better, by an estimate of more than the budget of 3 %"
    )


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"low": -0.01, "high": 0.02}, "the interval lies within the budget of 3 %"),
        (
            {"low": -0.01, "high": 0.034, "deciding_low": 0.0, "deciding_high": 0.028},
            (
                "a change as large as the budget of 3 % is excluded "
                "(the interval that decides: 0.0 to +2.8 %)"
            ),
        ),
        ({"low": -0.01, "high": 0.034}, "within the budget of 3 % at the level of a pass"),
    ],
)
def test_a_pass_names_the_interval_that_decided(fields: dict[str, float], said: str) -> None:
    passed = row(Reason.WITHIN_BUDGET, Outcome.PASS, change=0.012, **fields)

    assert why(passed) == said


def test_a_screened_row_is_no_sweep_and_shows_its_interval() -> None:
    screened = row(Reason.SCREENED, Outcome.PASS, change=0.004, low=-0.006, high=0.014, pairs=None)

    shown = render_comment(verdict_of(suite_of(screened)), Links())

    assert f"| +0.4 % ({MINUS}0.6 to +1.4 %) | unchanged: screened" in shown


def test_the_clock_that_decided_is_named_with_the_reason_for_it() -> None:
    caveat = "judged by wall time: in some launch the process was off the CPU"
    timed = row(Reason.CANNOT_TELL, metric="wall", clock="wall", caveats=(caveat,))

    assert what(timed, "core") == "`decay` wall time"
    assert why(timed).endswith(f"; {caveat}")


def test_a_mean_is_named_as_one() -> None:
    mean = row(Reason.OVER_BUDGET, Outcome.REGRESSION, metric="mean cpu", statistic="mean")

    assert what(mean, "core") == "`decay` mean CPU time"
    assert short(mean, "core", str) == "decay is slower on average"
    assert "takes 4.0 % longer on average (" in sentence(mean, "core")


def test_a_whole_suite_is_spoken_of_together() -> None:
    whole = row(Reason.OVER_BUDGET, Outcome.REGRESSION, **WHOLE, low=0.035)

    assert what(whole, "core") == "time of all 12 cases of `core` together"
    assert render_rollup(verdict_of(suite_of(whole))).title == (
        "Regression: core as a whole is slower"
    )
    assert why(whole) == "over the mean budget of 3 %"
    assert sentence(whole, "core").startswith("`core` as a whole takes 4.0 % longer (99 % ")


def test_title_and_fold_count_the_same_rows() -> None:
    calm: dict[str, Any] = {"change": 0.001, "low": -0.004, "high": 0.006}
    rows = (
        row(Reason.WITHIN_BUDGET, Outcome.PASS, **calm),
        row(Reason.WITHIN_BUDGET, Outcome.PASS, **WHOLE, **calm),
    )

    verdict = verdict_of(suite_of(*rows))

    assert render_rollup(verdict).title == "No regression: 2 comparisons within budget"
    assert "<summary>2 within budget" in render_rollup(verdict).text


def test_heads_own_copy_is_shown_and_changes_nothing() -> None:
    kept = row(Reason.MEASUREMENT_CHANGED, Outcome.NO_VERDICT)
    own = row(Reason.OWN_COPY, Outcome.REGRESSION, change=None, low=None, high=None, pairs=None)
    suite = suite_of(kept, own)

    assert suite.outcome is Outcome.NO_VERDICT
    assert mark(own) == "⚠️"
    assert "| ⚠️ | `decay` CPU time | 10.0 → 10.4 ms | – | by head's own copy" in (  # noqa: RUF001
        render_rollup(verdict_of(suite)).summary
    )
    assert [request.level for request in annotation_requests(suite)] == ["warning"]


def test_heads_own_copy_alone_is_nothing_to_say() -> None:
    calm = row(Reason.WITHIN_BUDGET, Outcome.PASS, low=-0.01, high=0.01, change=0.0)

    assert not needs_comment(verdict_of(suite_of(calm, row(Reason.OWN_COPY))), "on_change")


@pytest.mark.parametrize(
    "reason, title",
    [
        (Reason.NOISY, "Cannot tell: decay CPU time is far noisier than before"),
        (Reason.UNSTEADY, "Cannot tell: decay CPU time reaches no steady state"),
        (Reason.STOLEN, "Cannot tell: decay CPU time was disturbed by the hypervisor"),
        (Reason.QUARANTINED, "Cannot tell: decay CPU time is of a quarantined runner"),
        (Reason.HALVES_DIFFER, "Cannot tell: decay CPU time changed its sign half-way"),
        (Reason.FAMILY, "Cannot tell: decay CPU time may be chance among so many"),
        (Reason.HOSTS_DISAGREE, "Cannot tell: decay CPU time differs between two machines"),
        (Reason.RESULT_CHANGED, "Cannot tell: decay is faster, its result differs"),
    ],
)
def test_the_first_line_names_the_doubt(reason: Reason, title: str) -> None:
    assert render_rollup(verdict_of(suite_of(row(reason)))).title == title


@pytest.mark.parametrize("outcome", [Outcome.NO_VERDICT, Outcome.ERROR, Outcome.REGRESSION])
def test_what_cannot_be_reproduced_is_said_in_the_first_line(outcome: Outcome) -> None:
    lost = row(Reason.NOT_REPRODUCIBLE, outcome, case="", metric="sharpe", clock=None)

    title = render_rollup(verdict_of(suite_of(lost))).title

    assert outcome is Outcome.NO_VERDICT or title.endswith("core is not reproducible")


def test_changed_measuring_files_are_said_in_the_first_line() -> None:
    verdict = verdict_of(suite_of(row(Reason.MEASUREMENT_CHANGED, Outcome.NO_VERDICT)))

    check = render_rollup(verdict)

    assert check.title == "Not a verdict: head changes the files that measure"
    assert "in a pull request of its own" in check.summary


def test_a_changed_measurement_without_a_number_does_not_promise_one() -> None:
    bare = row(Reason.MEASUREMENT_CHANGED, Outcome.NO_VERDICT, change=None, low=None, high=None)

    assert why(bare).endswith("the merge base's copy gave no number")


EXACT: dict[str, Any] = {
    "case": "",
    "metric": "sharpe",
    "clock": None,
    "unit": "",
    "better": Better.HIGHER,
    "base": 1.5,
    "head": 1.4,
    "change": -0.1,
    "low": None,
    "high": None,
    "pairs": None,
    "limit": 0.05,
}


def test_a_drop_of_the_median_is_told_from_one_of_the_selected_configuration() -> None:
    median = row(Reason.MEDIAN_DROP, Outcome.REGRESSION, **EXACT, points_of=24)

    assert short(median, "trend", str) == "median sharpe of trend is worse"
    assert why(median) == (
        "the median over all 24 configurations is worse by more than the allowed 0.05"
    )


@pytest.mark.parametrize(
    "change, said",
    [
        (-0.01, "behaviour changed, within the allowed 0.05"),
        (0.01, "behaviour changed, and not worse: within the allowed 0.05"),
        (0.0, "behaviour changed: a fact, no fault by itself"),
    ],
)
def test_a_changed_behaviour_is_a_fact(change: float, said: str) -> None:
    assert why(row(Reason.BEHAVIOUR_CHANGED, Outcome.PASS, **{**EXACT, "change": change})) == said


def test_a_noisy_row_is_in_brief_too_noisy() -> None:
    assert in_brief(row(Reason.CANNOT_TELL)) == "is too noisy for its budget"


def test_a_question_ends_as_one() -> None:
    assert sentence(row(Reason.RESULT_CHANGED), "core").endswith(": did the work happen?")


def test_one_slow_case_is_not_counted_twice_by_the_mean_that_it_moves() -> None:
    whole = row(Reason.OVER_BUDGET, Outcome.REGRESSION, **WHOLE)

    check = render_rollup(verdict_of(suite_of(row(Reason.OVER_BUDGET, Outcome.REGRESSION), whole)))

    assert check.title == "Regression: decay is slower"
    assert " And the suite as a whole." in check.summary
    assert "| ❌ | time of all 12 cases of `core` together |" in check.summary


def test_how_a_step_ended_is_a_runners_text_and_stays_plain() -> None:
    hostile = "ended | <img src=x> @all #1 `x`"
    said = why(row(Reason.FAILED, Outcome.ERROR, metric="", step="make", ending=hostile))

    assert said == (
        "`make` ended &#124; &#60;img src=x&#62; &#64;&#8203;all &#35;&#8203;1 &#96;x&#96;"
    )
