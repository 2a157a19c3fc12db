"""What stands beside a sweep's verdict, as people read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from engine.findings import Reason, SuiteVerdict
from engine.orders import Trials
from engine.quality import Failures, Quality, SharpeTest
from engine.reports.check import render_rollup
from engine.reports.comment import Links, render_comment
from engine.reports.figures import MINUS
from engine.reports.quality import noticed, quality
from engine.reports.table import Rows
from engine.values import Outcome
from engine.verdicts import judge_check
from tests.fakes.evidence import facts, points, stored_baseline, swept
from tests.fakes.situations import situations
from tests.fakes.sweep_verdicts import GOOD, SEEDS, judged, judged_by, seeded

TEST = SharpeTest(
    configuration="a",
    days=756,
    base=1.5,
    head=1.4,
    difference=-0.1,
    low=-0.3,
    high=0.1,
    p=0.33,
    by_chance=0.31,
)


def told(suite: SuiteVerdict) -> str:
    found = noticed(judge_check(facts(), (suite,)))
    assert found is not None
    return "\n".join(found.lines)


def folded(suite: SuiteVerdict) -> str:
    found = quality(judge_check(facts(), (suite,)))
    assert isinstance(found, Rows)
    return "\n".join((found.before, *found.lines))


def shown(suite: SuiteVerdict) -> str:
    return render_comment(judge_check(facts(), (suite,)), Links())


def with_quality(**fields: Any) -> SuiteVerdict:
    suite = judged(points(GOOD), points(GOOD))
    found = Quality(metric="sharpe", selected="a", **fields)
    return msgspec.structs.replace(suite, quality=found)


@pytest.mark.parametrize(
    "low, high, said",
    [
        (-0.3, -0.1, "distinguishably worse"),
        (0.1, 0.3, "distinguishably better"),
        (-0.3, 0.1, "not distinguishable from chance"),
    ],
)
def test_the_interval_says_whether_a_strategy_is_another(
    low: float, high: float, said: str
) -> None:
    test = msgspec.structs.replace(TEST, low=low, high=high)

    assert f": {said}." in told(with_quality(sharpe=test))


def test_the_test_beside_a_red_row_says_that_it_is_another_number_and_decides_nothing() -> None:
    said = told(with_quality(sharpe=TEST))

    assert "**By chance?** `ci_smoke` (this does not change the verdict): `a` Sharpe" in said
    assert "over all 756 days of returns" in said
    assert "The table's `sharpe` is the out-of-sample number that the sweep itself gives." in said


def test_how_often_the_budget_alone_would_fire_is_said() -> None:
    assert "With 756 days like these, 31 of 100 unchanged strategies would drop" in folded(
        with_quality(sharpe=TEST)
    )


def test_without_returns_the_report_says_what_a_year_of_them_cannot_tell() -> None:
    verdict = judged_by(swept(points(GOOD), points((1.5, *GOOD[1:])), returns=()))

    assert "is seen in 13 to 50 of 100" in folded(verdict)


def test_an_unchanged_sweep_has_nothing_under_its_verdict() -> None:
    suite = judged(points(GOOD), points(GOOD))

    assert noticed(judge_check(facts(), (suite,))) is None
    assert "all identical" in folded(suite)


def test_what_newly_fails_stands_under_the_verdict() -> None:
    verdict = judged(points(GOOD), points((*GOOD[:3], None)))

    said = "**Newly failing** in `ci_smoke`: `fast=20` (`p03`): ValueError: no data.\n"
    assert said in shown(verdict)


def test_of_many_that_newly_fail_the_first_few_are_told_in_full() -> None:
    failures = Failures(only_base=12, only_head=0, p=0.1, newly=tuple("abcde"), errors={"a": "no"})
    parameters = {name: f"n={name}" for name in "abcde"}

    said = told(with_quality(failures=failures, parameters=parameters))

    assert said.endswith(": `n=a` (`a`): no; `n=b` (`b`); `n=c` (`c`); `d`, `e` and 7 more.")


def test_parameters_and_messages_of_a_branch_cannot_write_markdown() -> None:
    bad = "x` @ada\n\n# [a](http://b) <img>"
    failures = Failures(only_base=1, only_head=0, p=1.0, newly=("a",), errors={"a": bad})

    said = told(with_quality(failures=failures, parameters={"a": bad}))

    assert not set("\n@[]") & set(said)
    assert "<img>" not in said


def test_the_numbers_of_a_strategy_that_looks_ahead_are_not_praised() -> None:
    said = render_comment(situations()["look_ahead"], Links())

    assert "| ⚠️ | `ci_smoke` sharpe | 1.52 → 2.91 |" in said
    assert "| not to be believed: the strategy looks ahead |" in said
    assert "Quality, beside the verdict: not to be believed" in said
    assert not re.search("By chance|Deflated|Sharpe ratio a year|better by", said)


def test_the_folds_title_counts() -> None:
    verdict = judged(points(GOOD), points((1.52, 1.0, 0.94, 1.1)), baselines={"x": BASELINE})

    title = folded(verdict).splitlines()[0]

    assert "3 of 4 configurations identical · 1 worse by more than allowed" in title
    assert "plain rule holds · 0 of 1 stored baseline held" in title


BASELINE = stored_baseline(1.9)


def test_the_plain_rule_is_named_for_what_it_is() -> None:
    verdict = judged(points(GOOD), points((1.2, *GOOD[1:])))

    assert "Plain rule of `highwater compare`, best against best: 1.52 → 1.31, over" in folded(
        verdict
    )


def test_the_winners_luck_is_told_with_its_number_of_looks() -> None:
    trials = Trials(points=4, effective=2.0, sharpe_sd=0.02)
    moved = (*points((1.5,), returns="other"), *points(GOOD)[1:])

    said = folded(judged_by(swept(points(GOOD), moved, trials=trials), {"looks": 9}))

    assert "of 20 independent trials by luck (4 configurations, 10 stored sweeps)" in said


def test_a_second_run_that_gave_other_numbers_is_told() -> None:
    first = points(GOOD)
    other = msgspec.structs.replace(first[0], metrics={"is": {"sharpe": 9.0}})

    verdict = judged_by(swept(first, first, rerun=[other]))

    assert "was run twice there: other numbers (a number is missing)" in folded(verdict)


def test_hostile_names_are_shown_as_code() -> None:
    name = "</summary>|@everyone"
    rows = [msgspec.structs.replace(row, id=name) for row in points((1.5,))]
    failed = [msgspec.structs.replace(row, id=name) for row in points((1.0,), returns="other")]

    assert "</summary>|" not in shown(judged(rows, failed)).replace("<summary>", "")


def of_seeds(shifts: Sequence[float], level: float = 1.2) -> SuiteVerdict:
    return judged_by(swept(seeded(1.2), seeded(level, shifts)))


def test_pairs_of_seeds_show_their_interval_in_the_metrics_own_unit() -> None:
    wobbly = [shift + 0.01 * (-1) ** place for place, shift in enumerate(SEEDS)]

    text = shown(of_seeds(wobbly, 1.0))

    assert "| -0.2 (-0.2059 to -0.1941), 24 pairs of seeds | worse by more than" in text.replace(
        MINUS, "-"
    )
    assert "%" not in text.partition("| ❌ |")[2].partition("\n")[0]


def test_an_open_row_of_seeds_says_how_many_more_it_takes() -> None:
    text = shown(of_seeds([20 * shift for shift in reversed(SEEDS)], 1.14))

    assert "more seeds for each configuration would settle it." in text
    assert "Re-run* of" not in text


def test_too_few_successes_to_be_sure_are_a_doubt_with_its_numbers() -> None:
    verdict = judged(points(GOOD), points((1.52, 1.31, None, None)))

    assert render_rollup(judge_check(facts(), (verdict,))).title == (
        "Cannot tell: ci_smoke success rate is under its bound, maybe by chance"
    )
    assert "chance could do: 2 of 4 runs succeeded, p = 0.26" in shown(verdict)


def test_a_broken_declaration_is_a_failure_and_not_a_regression() -> None:
    again = msgspec.structs.replace(points(GOOD)[0], metrics={"is": {"sharpe": 9.0}})
    verdict = judged_by(swept(points(GOOD), points(GOOD), rerun=[again]), deterministic=True)

    text = shown(verdict)

    assert (verdict.outcome, verdict.reason) == (Outcome.ERROR, Reason.NOT_REPRODUCIBLE)
    assert "Failed: `ci_smoke` is not reproducible" in text
    assert "declared deterministic, yet the same seed gave another value" in text


def test_a_selected_configuration_that_head_lacks_is_named() -> None:
    verdict = judged(points(GOOD), points(GOOD)[1:])

    assert "selected `p00`, which is among them" in shown(verdict)


def test_the_median_is_named_with_its_number_of_configurations() -> None:
    text = shown(judged(points(GOOD), points((1.52, 1.2, 0.8, 1.0))))

    assert "the median over all 4 configurations is worse by more than the allowed 0.05" in text


def test_equal_behaviour_of_what_is_not_reproducible_proves_nothing() -> None:
    again = msgspec.structs.replace(points(GOOD)[0], metrics={"is": {"sharpe": 9.0}})

    text = shown(judged_by(swept(points(GOOD), points(GOOD), rerun=[again])))

    assert "quality is exactly unchanged" not in text
    assert "a second run on the merge base gave other numbers" in text


def test_equal_behaviour_of_a_head_that_is_not_reproducible_proves_nothing() -> None:
    again = msgspec.structs.replace(points(GOOD)[0], metrics={"is": {"sharpe": 9.0}})

    text = shown(judged_by(swept(points(GOOD), points(GOOD), rerun_head=(again,))))

    assert "Failed: `ci_smoke` is not reproducible" in text
    assert "not reproducible on head: in a fresh process" in text
    assert "quality is exactly unchanged" not in text


def test_quiet_is_not_what_a_sweep_lacks() -> None:
    text = shown(judged(points(GOOD), points((1.52, 1.31, None, None))))

    assert "quiet" not in text
    assert "See it again: `highwater check" in text
