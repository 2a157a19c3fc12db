from __future__ import annotations

from engine.findings import Reason
from engine.reports.lead import TOO_LONG, lead
from engine.reports.turn import render_turn, turn_marker
from engine.values import Outcome
from tests.fakes.findings import row, suite_of, verdict_of
from tests.fakes.situations import situations

REST = "The report, with what to do next, is in our other comment."


def test_a_turn_is_its_hidden_mark_and_one_line_that_leads_with_the_verdict() -> None:
    verdict = situations()["regression"]
    marker = turn_marker("c7")

    mark, line, end = render_turn(verdict, marker).split("\n")

    assert (mark, end) == ("<!-- highwater:turned-red:c7 -->", "")
    assert line == f"❌ This pull request turned from green to red. {lead(verdict)} {REST}"


def test_a_turn_promises_no_fold_that_only_the_report_has() -> None:
    failed = row(Reason.FAILED, Outcome.ERROR, case="@" * 90, step="@" * 90, detail="@" * 90)

    said = render_turn(verdict_of(suite_of(failed)), turn_marker("c7"))

    assert TOO_LONG not in said
    assert said.endswith(f"from green to red. {REST}\n")
