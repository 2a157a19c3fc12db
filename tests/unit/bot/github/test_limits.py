from __future__ import annotations

import pytest

from bot.github.limits import MAX_MESSAGE, cut, one_line, within_limits
from bot.ports import Annotation, CheckRun
from engine.values import CommitSha


def test_a_text_within_the_limit_is_left_alone() -> None:
    assert cut("x" * 100, 100) == "x" * 100


def test_a_long_text_is_cut_at_the_end_of_a_line_and_says_so() -> None:
    assert cut("row\n" * 100, 200).split("\n\n") == [
        "\n".join(["row"] * 41),
        "… cut here: too long for GitHub.",
    ]


@pytest.mark.parametrize("length,kept", [(255, 255), (256, 255), (1000, 255)])
def test_a_title_has_at_most_255_characters(length: int, kept: int) -> None:
    assert len(one_line("t" * length)) == kept


def test_an_annotations_message_is_cut() -> None:
    long = Annotation(path="a", line=1, level="failure", title="t", message="m" * 100_000)
    run = CheckRun(
        name="n",
        head=CommitSha("0" * 40),
        external_id="e",
        status="queued",
        title="t",
        summary="s",
        annotations=(long,),
    )

    assert len(within_limits(run).annotations[0].message) <= MAX_MESSAGE
