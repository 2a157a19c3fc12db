"""Whatever people write: the parser never raises, and reads back what reports write."""

from __future__ import annotations

import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.commands.lines import command_lines
from bot.commands.parse import Asked, parse_comment
from engine.commands import PREFIX, PROMOTE_PREFIX, Verb, entry_of, written
from engine.reports.replies import Mistake, mistake

PIECES = st.sampled_from(
    [
        PREFIX,
        PROMOTE_PREFIX,
        *(str(verb) for verb in Verb),
        *("suite=", "tag=", "pairs=", "base=", "case=", "reason=", "until=", "core::a", "60"),
        *(" ", "\n", "\r\n", "\r", "\t", "\u00a0", "\u2028", "\u200b", "\u202e", "\x00", "\ue000"),
        *('"', "“", "”", "„", "'", "\\", "`", "```", "~~~", "> ", "- ", "    ", "1. "),
        *("<!--", "-->", "<pre>", "</pre>", "<", "---", "===", "#", "[", "](", "*", "@a", "\ud800"),
    ]
)
BODIES = st.one_of(st.text(), st.lists(st.one_of(PIECES, st.text(max_size=5))).map("".join))
LINES = BODIES.map(lambda text: f"{PREFIX} {text}")


@given(BODIES | LINES)
@example("/highwater run " + '"' * 100)
@settings(max_examples=400)
def test_no_comment_makes_the_parser_or_its_answer_raise(body: str) -> None:
    for found in parse_comment(body):
        if isinstance(found, Mistake):
            assert mistake(found)
        else:
            entry = entry_of(found.verb)
            assert all(entry.argument(name) is not None for name in found.arguments)


@given(BODIES)
def test_what_is_quoted_or_fenced_is_never_a_command(body: str) -> None:
    lines = re.split(r"\r\n|\r|\n", body)
    assert command_lines("\n".join(f"> {line}" for line in lines)) == ()
    fence = "`" * (1 + max(3, *(len(run) for run in re.findall("`+", body)), 3))
    assert command_lines(f"{fence}\n{body}\n{fence}") == ()


@given(
    suite=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", fullmatch=True),
    case=st.from_regex(r"[\x21-\x7e](?:[\x20-\x7e]{0,40}[\x21-\x7e])?", fullmatch=True),
    reason=st.text(
        st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=80
    ).filter(re.compile(r"\w").search),  # a reason has a word
)
@example(suite="core", case="test_a[x y]", reason='because "it" is \\ so')
@example(suite="core", case="a=b", reason="``` <!-- `x`")
def test_a_command_that_a_report_shows_is_read_back_as_it_was_meant(
    suite: str, case: str, reason: str
) -> None:
    line = written(Verb.ACCEPT, case=f"{suite}::{case}", reason=reason)
    found = parse_comment(line)
    arguments = {"case": f"{suite}::{case}", "reason": reason}
    # GitHub hides what looks like HTML or code; what is left of the line is still no other command.
    assert [one for one in found if isinstance(one, Asked)] == [
        Asked(line=0, verb=Verb.ACCEPT, arguments=arguments)
    ]
