from __future__ import annotations

import pytest

from engine.reports.check import MAX_TEXT, MAX_TITLE, render_rollup, render_suite_check
from engine.reports.comment import Links, render_comment
from tests.fakes.situations import many_rows, situations

NAMES = sorted(situations())


@pytest.mark.parametrize("name", NAMES)
def test_a_title_is_short_and_free_of_markdown_of_ours(name: str) -> None:
    title = render_rollup(situations()[name]).title

    assert 0 < len(title) <= MAX_TITLE
    assert name == "hostile" or "`" not in title


@pytest.mark.parametrize(
    "name, title",
    [
        ("refactoring", "No regression: 7 comparisons within budget"),
        ("improvement", "Better: similarity_768d is faster"),
        ("cannot_tell", "Cannot tell: 2 comparisons undecided"),
        ("missing_and_new", "Not a verdict: 2 expected cases were not measured"),
        ("candidate_failed", "Failed: core did not run to its end on head"),
        ("runner_lost", "Could not measure: the runner was lost 2 times"),
        ("broken_configuration", "Cannot run: .highwater.yml is broken"),
        ("base_failed", "Not a verdict: the merge base gives nothing to compare with"),
        ("over_max_value", "Regression: decay_10k is over its max_value"),
        ("throughput", "Regression: rate of match_orders is lower"),
        ("skipped", "Skipped: no measured path changed"),
    ],
)
def test_titles_say_what_happened(name: str, title: str) -> None:
    assert render_rollup(situations()[name]).title == title


@pytest.mark.parametrize("name", NAMES)
def test_summary_and_text_stay_within_githubs_limit(name: str) -> None:
    check = render_rollup(situations()[name])

    assert max(len(check.summary), len(check.text)) <= MAX_TEXT


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"many_rows"}))
def test_comment_and_roll_up_say_the_same(name: str) -> None:
    links = Links(json_url="https://x.example/c7.json")
    check = render_rollup(situations()[name], links)

    comment = render_comment(situations()[name], links)
    assert comment == f"<!-- highwater:verdict -->\n{check.summary}\n\n{check.text}\n"


def test_a_suites_check_shows_that_suite_alone() -> None:
    verdict = situations()["regression"]
    (sweep,) = [suite for suite in verdict.suites if suite.suite == "ci_smoke"]

    check = render_suite_check(sweep, verdict)

    assert "decay_10k" not in check.summary + check.text


def test_a_green_suite_of_a_red_check_is_green() -> None:
    verdict = situations()["runner_lost"]
    (sweep,) = [suite for suite in verdict.suites if suite.suite == "ci_smoke"]

    assert render_suite_check(sweep, verdict).title.startswith("No regression")


def test_bit_equal_returns_are_said_in_the_summary() -> None:
    verdict = situations()["refactoring"]
    (sweep,) = [suite for suite in verdict.suites if suite.suite == "ci_smoke"]

    assert "`returns` of every point bit-equal" in render_suite_check(sweep, verdict).summary


def test_a_suites_check_replays_its_own_run() -> None:
    verdict = situations()["regression"]

    for suite in verdict.suites:
        assert f"highwater replay {suite.run}`" in render_suite_check(suite, verdict).text


def test_nine_hundred_rows_fit_with_the_changed_ones_in_the_summary() -> None:
    check = render_rollup(many_rows())

    assert "❌ |" in check.summary
    assert len(check.summary) <= MAX_TEXT
