from __future__ import annotations

import pytest

from engine.findings import VerdictKind
from engine.reports import notices
from engine.reports.check import MAX_TITLE

TAGS = ("x86_64", "linux")


@pytest.mark.parametrize(
    "ahead, left_s, title",
    [
        (2, 1041.0, "Queued: 2 ahead, ~18 min"),
        (2, None, "Queued: 2 ahead"),
        (None, 30.2, "Queued: ~31 s"),
        (None, None, "Queued"),
        (0, 60.0, "Queued: 0 ahead, ~1 min"),
    ],
)
def test_a_queued_run_says_how_many_are_ahead_and_how_long(
    ahead: int | None, left_s: float | None, title: str
) -> None:
    assert notices.queued(TAGS, ahead=ahead, left_s=left_s).title == title


@pytest.mark.parametrize(
    "done, total, left_s, title",
    [
        (12, 41, 540.0, "Measuring 12/41, ~9 min left"),
        (12, 41, None, "Measuring 12/41"),
        (None, None, 7300.0, "Measuring: ~2.1 h left"),
        (None, None, None, "Measuring"),
    ],
)
def test_a_measuring_run_says_how_far_it_is(
    done: int | None, total: int | None, left_s: float | None, title: str
) -> None:
    assert notices.measuring("bench-a", done=done, total=total, left_s=left_s).title == title


def test_the_roll_up_counts_its_suites_while_nothing_else_is_known() -> None:
    assert notices.running(["core", "smoke"]).title == "Measuring 2 suites"
    assert notices.running(["core"], done=3, total=8, left_s=9).title == "Measuring 3/8, ~9 s left"


def test_who_cancelled_is_named_in_the_title() -> None:
    text = notices.cancelled("ann-o")

    assert text.title == "Cancelled by ann-o"
    assert "not a pass" in text.summary


@pytest.mark.parametrize("name", ["x" * 300, "@all`|<b>"])
def test_no_name_breaks_a_title(name: str) -> None:
    assert len(notices.cancelled(name).title) <= MAX_TITLE
    assert "<b>" not in notices.cancelled(name).summary.replace("`", "")


@pytest.mark.parametrize(
    "kind, event",
    [("pull_request", "pull requests"), ("merge_group", "pull requests"), ("push", "pushes")],
)
def test_where_nothing_is_to_be_measured_the_event_and_the_tier_are_named(
    kind: VerdictKind, event: str
) -> None:
    text = notices.no_suite(kind, "quick")

    assert text.title == f"Skipped: no suite for {event}"
    assert "in the quick tier" in text.summary
