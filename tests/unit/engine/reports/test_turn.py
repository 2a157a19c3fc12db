from __future__ import annotations

from engine.reports.headline import lead
from engine.reports.turn import render_turn, turn_marker
from tests.fakes.situations import situations


def test_a_turn_is_its_hidden_mark_and_one_line_that_leads_with_the_verdict() -> None:
    verdict = situations()["regression"]
    marker = turn_marker("c7")

    mark, line, end = render_turn(verdict, marker).split("\n")

    assert (mark, end) == ("<!-- highwater:turned-red:c7 -->", "")
    assert line == f"❌ This pull request turned from green to red. {lead(verdict)}"
