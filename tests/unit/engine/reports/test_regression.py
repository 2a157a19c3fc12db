from __future__ import annotations

import pytest

from engine import compare_results, generate_baseline_diff, generate_regression_report
from engine.comparison import PerfBudget
from engine.current import CurrentData, Timing
from engine.determinism import judge_determinism
from engine.values import Mode
from tests.fakes.sweeps import baseline, budget, current


def report(now: CurrentData, limits: PerfBudget | None = None) -> str:
    limits = limits or budget()
    before = baseline(mode=limits.mode)
    return generate_regression_report(compare_results(now, before, limits), now, before, limits)


@pytest.mark.parametrize("best,status", [(1.25, "PASSED"), (1.0, "FAILED")])
def test_the_status_is_the_verdicts(best: float, status: str) -> None:
    assert f"**Status: {status}**" in report(current(best))


def test_a_passed_report_has_no_reason_and_nothing_to_do() -> None:
    assert report(current()).endswith(
        "## Failure reasons\n\n- None.\n\n## Recommendations\n\n"
        "- Nothing to do: every rule of the budget holds.\n"
    )


def test_every_failure_has_its_reason_and_a_recommendation() -> None:
    now = current(
        1.0,
        rate=0.5,
        timing=Timing(p50=1.0, p90=61.0),
        determinism=judge_determinism("sharpe", 1.0, (1.1,)),
    )
    reasons, advice = report(now).split("## Failure reasons")[1].split("## Recommendations")
    assert reasons.strip().splitlines() == [
        "- sharpe dropped by 0.25 (from 1.25 to 1), more than max_sharpe_drop 0.05",
        "- p90 time 61 s is over max_p90_elapsed_s 60 s",
        "- success rate 0.5 is under min_success_rate 0.75",
        "- the best configuration is not deterministic: re-runs differ by up to 0.1",
    ]
    assert advice.count("\n- ") == 5


def test_in_mode_min_the_reason_says_rose() -> None:
    text = report(current(1.5, mode=Mode.MIN), budget(mode=Mode.MIN))
    assert "- sharpe rose by 0.25 (from 1.25 to 1.5), more than max_sharpe_drop 0.05" in text


def test_what_is_absent_reads_none_and_never_zero() -> None:
    text = report(current(None, rate=0.0, timing=None), budget(max_p90_elapsed_s=None))
    assert "| sharpe (max) | 1.25 | none | none |" in text
    assert "| p90 | 2.5 s | none | none | none |" in text


def test_a_difference_that_decided_is_visible() -> None:
    assert "| 1.25 | 1.1999989 | -0.0500011 |" in report(current(1.1999989))


def test_names_of_a_repository_cannot_break_out_of_their_cell() -> None:
    name = "a|b\n# <img src=x> @team `x`"
    limits = budget(metric=name, max_drops={name: 0.05})
    now, before = current(metric=name), baseline(metric=name, git_sha="`<b>\n@x")
    verdict = compare_results(now, before, limits)
    text = generate_regression_report(verdict, now, before, limits)
    assert "\n# <" not in text
    assert not any(mark in text for mark in ("<img", "<b>", "@team", "a|b"))


def test_the_diff_holds_the_deltas_and_the_failures_as_sentences() -> None:
    now = current(1.0, timing=Timing(p50=1.0, p90=2.6))
    assert generate_baseline_diff(compare_results(now, baseline(), budget())) == {
        "passed": False,
        "metric_delta": -0.25,
        "timing_delta": {"p50": -0.5, "p90": 0.1},
        "success_rate_delta": 0.0,
        "failures": ["sharpe dropped by 0.25 (from 1.25 to 1), more than max_sharpe_drop 0.05"],
    }


def test_no_reference_or_markup_of_a_repository_survives_in_a_reason() -> None:
    name = "see GH-1 #2 *now* `x`"
    limits = budget(metric=name, max_drops={name: 0.05})
    now, before = current(1.0, metric=name), baseline(metric=name)
    text = generate_regression_report(compare_results(now, before, limits), now, before, limits)
    assert not any(mark in text for mark in ("GH-1", "#2", "*now*", "`x`"))


@pytest.mark.parametrize(
    "now, said",
    [
        (current(timing=Timing(p50=1.0, p90=60.0000001)), "p90 time 60.0000001 s is over"),
        (current(rate=0.7499999999), "success rate 0.7499999999 is under min_success_rate 0.75"),
        (current(1.19999999999), "dropped by 0.05000000001 ("),
    ],
)
def test_a_number_that_decided_is_told_apart_from_its_bound(now: CurrentData, said: str) -> None:
    assert said in report(now, budget(epsilon_abs=0.0))


def test_a_metrics_backticks_open_no_code() -> None:
    name = "`x` ``` y"
    now, before = current(metric=name), baseline(metric=name)
    limits = budget(metric=name, max_drops={name: 0.05})
    text = generate_regression_report(compare_results(now, before, limits), now, before, limits)
    assert "`x`" not in text
    assert "```" not in text
