"""Which lines of a comment count: GitHub's Markdown decides."""

from __future__ import annotations

import pytest

from bot.commands.lines import MAX_BODY, command_lines


@pytest.mark.parametrize(
    "body",
    [
        "```\n/highwater run\n```",
        "~~~\n/highwater run\n~~~",
        "`````\n```\n/highwater run\n```\n`````",
        "```text\n/highwater run",
        "> /highwater run",
        "    /highwater run",
        "text\n    /highwater run",
        " /highwater run",
        "- /highwater run",
        "please /highwater run",
        "<!--\n/highwater run\n-->",
        "<!-- a\n\n/highwater run\n\n-->",
        "text <!-- a\n/highwater run\nb -->",
        "<pre>\n/highwater run\n</pre>",
        "`a\n/highwater run\nb`",
        "/highwaterrun",
        "/highwater-run",
        "/highwater/run",
        "/promote-baselines",
        "/Highwater run",
        "\u200b/highwater run",
        "\ufeff/highwater run",
        "/\u200bhighwater run",
        "a\u2028/highwater run",
        "a\x0b/highwater run",
        "a\x0c/highwater run",
        "a\x85/highwater run",
        "",
    ],
)
def test_what_github_does_not_show_as_text_at_a_lines_start_is_no_command(body: str) -> None:
    assert command_lines(body) == ()


@pytest.mark.parametrize(
    "body,number",
    [
        ("/highwater run", 0),
        ("Please:\n/highwater run", 1),
        ("Please:\n\n/highwater run\n\nThanks", 2),
        ("a\r\n/highwater run\r\nb", 1),
        ("a\r/highwater run", 1),
        ("```\ncode\n```\n/highwater run", 3),
        ("```\n~~~\n```\n/highwater run", 3),
        ("- ```\n  code\n  ```\n/highwater run", 3),
        ("> said\n/highwater run", 1),
        ("> ```\n> code\n/highwater run", 2),
        ("- item\n/highwater run", 1),
        ("<!-- note -->\n\n/highwater run", 2),
        ("`a`\n/highwater run", 1),
        ("a ` b\n/highwater run", 1),
        ("/highwater run\n===", 0),
        ("/highwater\u00a0run", 0),
        ("/highwater", 0),
        ('/promote-baseline reason="so"', 0),
        ("\ue000\ue001 private\n/highwater run", 1),
    ],
)
def test_a_lines_start_in_text_is_a_command(body: str, number: int) -> None:
    assert [line.number for line in command_lines(body)] == [number]


def test_a_longer_comment_than_github_takes_holds_no_command() -> None:
    line = "/highwater run\n"
    assert command_lines(line + "a" * (MAX_BODY - len(line)))
    assert command_lines(line + "a" * MAX_BODY) == ()
