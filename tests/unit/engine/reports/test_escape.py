from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from engine.reports.escape import (
    code,
    fenced,
    html_code,
    inline,
    leaf,
    one_line,
    plain,
    prose,
    unmarked,
    word,
)

MARKDOWN = MarkdownIt("commonmark").enable("table")
NASTY = [
    "a|b",
    "`tick`",
    "a\\",
    "**bold**",
    "_under_score_",
    "[x](http://e.example)",
    "![x](y)",
    "<img src=x onerror=y>",
    "</code></details>",
    "# heading",
    "- item",
    "1. item",
    "> quote",
    "&lt;script&gt;",
    "$math$",
    "http://evil.example",
    "~~gone~~",
]


@pytest.mark.parametrize("text", NASTY)
def test_code_shows_the_text_itself_in_a_table_cell(text: str) -> None:
    html = MARKDOWN.render(f"| a | b |\n| - | - |\n| {code(text)} | end |\n")

    cell = re.search(r"<td><code>(.*?)</code></td>\n<td>end</td>", html)
    assert cell is not None
    assert unescaped(cell[1]) == text


@pytest.mark.parametrize("text", NASTY)
def test_inline_text_renders_as_itself_and_nothing_else(text: str) -> None:
    html = MARKDOWN.render(inline(text))

    found = re.fullmatch(r"<p>([^<]*)</p>\n", html)
    assert found is not None
    assert unescaped(found[1]).replace("\u200b", "") == text


@pytest.mark.parametrize("text", NASTY)
def test_unmarked_gives_inline_text_back(text: str) -> None:
    assert unmarked(inline(text)) == text


def unescaped(html: str) -> str:
    for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&")):
        html = html.replace(entity, character)
    return html


@pytest.mark.parametrize(
    "text", ["@all", "x @octocat", "#12", "me#12", "see www.evil.example", "GH-12", "(gh-1)"]
)
def test_mentions_references_and_links_are_broken_up(text: str) -> None:
    html = MARKDOWN.render(inline(text))

    assert not re.search(r"(?i)@\w|#\d|www\.|gh-\d", html)


def test_control_and_direction_characters_are_dropped() -> None:
    assert one_line("a\x00\u202eb\u200b\ud800c\nd\te") == "abc d e"


def test_colours_of_a_terminal_are_dropped() -> None:
    assert one_line("\x1b[1;31mred\x1b[0m \x1b]8;;http://x\x07link") == "red link"


def test_long_text_is_cut_with_an_ellipsis() -> None:
    assert one_line("x" * 50, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("show", [code, plain])
def test_an_empty_name_is_called_so(show: object) -> None:
    assert callable(show)
    assert "(no name)" in show(" \n")


def test_a_plain_word_is_left_alone() -> None:
    assert (word("wall time"), word("ops/s"), word("a_b")) == ("wall time", "ops/s", "`a_b`")


@pytest.mark.parametrize("text", ["GH-1", "see gh-12 there"])
def test_a_word_that_refers_to_an_issue_is_shown_as_code(text: str) -> None:
    assert word(text) == f"`{text}`"


@pytest.mark.parametrize("show", [code, plain, html_code])
def test_a_long_name_keeps_the_end_that_tells_it_from_others(show: Callable[..., str]) -> None:
    name = "benchmarks/" + "x" * 200 + "/test_core.py::test_decay[10k]"

    shown = show(name, 40)

    assert "benchmarks/" in shown
    assert "::test_decay[10k]" in shown
    assert len(re.sub("</?code>|`", "", shown)) == 40


@pytest.mark.parametrize(
    "name, called",
    [
        ("a/test_a.py::Group::test_x[1-a::b]", "test_x[1-a::b]"),
        ("decay_10k", "decay_10k"),
        ("a.py::", "a.py::"),
    ],
)
def test_a_case_is_called_by_what_follows_its_file(name: str, called: str) -> None:
    assert leaf(name) == called


def test_names_in_html_are_escaped() -> None:
    assert html_code('<b a="1">') == "<code>&lt;b a=&quot;1&quot;&gt;</code>"


@pytest.mark.parametrize("inside", ["```", "`````", "~~~", "</details>\n\n# x", "| a |"])
def test_output_never_leaves_its_block_of_code(inside: str) -> None:
    found = MARKDOWN.parse(fenced(f"before\n{inside}\nafter"))

    assert [token.type for token in found] == ["fence"]
    assert found[0].content == f"before\n{inside}\nafter\n"


def test_the_end_of_a_long_output_is_what_is_kept() -> None:
    assert fenced("a" * 100 + "end", 10).splitlines()[1] == "…aaaaaaend"


@pytest.mark.parametrize("show", [code, html_code, inline, fenced])
@pytest.mark.parametrize("mark", ["<!-- highwater:verdict -->", "<!\u200b-- highwater:verdict -->"])
def test_nobody_writes_a_mark_by_which_our_own_comments_are_found(
    show: Callable[..., str], mark: str
) -> None:
    assert "<!--" not in show(f"a {mark} b")


def test_what_stands_between_backticks_is_code_and_all_else_is_plain() -> None:
    assert prose("Ask with `/highwater run`, @all.") == (
        "Ask with `/highwater run`, &#64;&#8203;all."
    )
    assert prose("`a|b` and ` `") == "<code>a&#124;b</code> and &#96; &#96;"


@given(st.text(alphabet="`a |@<*#\\n\\\\", max_size=30))
def test_prose_holds_no_markup_outside_of_its_code(text: str) -> None:
    bare = re.sub(r"`[^`]+(?:``[^`]+)*`|<code>.*?</code>|&#\d+;", "", prose(text))

    assert not re.search(r"[`|@<*\n\\]", bare)
