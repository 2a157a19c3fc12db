from __future__ import annotations

from engine.reports.comment import Links, render_comment
from engine.reports.earlier import Earlier, EarlierVerdict, earlier_verdicts
from engine.values import Outcome
from tests.fakes.situations import many_rows, situations

RED = EarlierVerdict(
    check="c6",
    head="f" * 40,
    outcome=Outcome.REGRESSION,
    decided_utc="2026-11-19T12:06:07Z",
    said="❌ Regression: `decay` is slower",
)


def test_earlier_verdicts_are_the_last_fold_with_their_count() -> None:
    comment = render_comment(situations()["refactoring"], Links(), Earlier((RED,), 1))

    *_, fold, last = comment.rstrip().rpartition("<details><summary>Earlier verdicts: 1</summary>")
    assert fold
    assert "- ❌ Regression: `decay` is slower (head `ffffffffff`, 2026-11-19 12:06 UTC, " in last
    assert last.count("<details>") == 0


def test_without_an_earlier_verdict_there_is_no_fold() -> None:
    assert earlier_verdicts(Earlier()) == ()


def test_those_that_are_not_shown_are_counted() -> None:
    (fold,) = earlier_verdicts(Earlier((RED,), 12))

    assert "… and 11 older." in fold.after


def test_a_comment_without_room_keeps_what_decides_and_cuts_what_was() -> None:
    comment = render_comment(many_rows(), Links(), Earlier((RED,) * 10, 10))

    assert "… 10 more earlier verdicts in the JSON." in comment
