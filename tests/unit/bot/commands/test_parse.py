from __future__ import annotations

import pytest

from bot.commands.parse import MAX_COMMANDS, Asked, parse_comment
from engine.commands import TABLE
from engine.reports.replies import Mistake, MistakeKind


def asked(body: str) -> Asked:
    (found,) = parse_comment(body)
    assert isinstance(found, Asked), found
    return found


def mistaken(body: str) -> Mistake:
    (found,) = parse_comment(body)
    assert isinstance(found, Mistake), found
    return found


@pytest.mark.parametrize("entry", TABLE, ids=lambda entry: entry.verb)
def test_every_example_of_the_table_is_a_command(entry: object) -> None:
    assert asked(entry.example).verb is entry.verb  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "line,arguments",
    [
        ("suite=core  tag=linux pairs=60", {"suite": "core", "tag": "linux", "pairs": "60"}),
        ("base=release/1.2", {"base": "release/1.2"}),
        ('suite="core"', {"suite": "core"}),
        ("suite=“core”", {"suite": "core"}),
        ("suite=„core“", {"suite": "core"}),
        ("suite=core\u00a0pairs=9", {"suite": "core", "pairs": "9"}),
        ("suite=core\u200e", {"suite": "core"}),
        ("\tsuite=core\t", {"suite": "core"}),
        ("", {}),
    ],
)
def test_arguments_of_run_are_read(line: str, arguments: dict[str, str]) -> None:
    assert asked(f"/highwater run {line}").arguments == arguments


@pytest.mark.parametrize(
    "line,case,reason",
    [
        ('core::a reason="so it is"', "core::a", "so it is"),
        ('case=core::a reason="x"', "core::a", "x"),
        ('"core::a[x y]" reason=short', "core::a[x y]", "short"),
        ("core::a[x=1] reason=“it\u2019s so”", "core::a[x=1]", "it\u2019s so"),
        ('core::* reason="a \\"b\\" \\\\ c"', "core::*", 'a "b" \\ c'),
        ('core::b::c reason="k=v `x` @y <z>"', "core::b::c", "k=v `x` @y <z>"),
        ('reason="first" case=core::a', "core::a", "first"),
    ],
)
def test_case_and_reason_of_accept_are_read(line: str, case: str, reason: str) -> None:
    assert asked(f"/highwater accept {line}").arguments == {"case": case, "reason": reason}


@pytest.mark.parametrize(
    "line,kind",
    [
        ("/highwater walk", MistakeKind.VERB),
        ("/highwater Run", MistakeKind.VERB),
        ("/highwater approve sha=1", MistakeKind.VERB),
        ("/highwater promote-baseline", MistakeKind.VERB),
        ("/highwater run speed=3", MistakeKind.ARGUMENT),
        ("/highwater cancel now=1", MistakeKind.ARGUMENT),
        ("/highwater run suite=a suite=b", MistakeKind.TWICE),
        ("/highwater run pairs=4", MistakeKind.VALUE),
        ("/highwater run suite=", MistakeKind.VALUE),
        ("/highwater run suite=../x", MistakeKind.VALUE),
        ("/highwater run suite=co\u200bre", MistakeKind.VALUE),
        ("/highwater mute core::a until=tomorrow reason=x", MistakeKind.VALUE),
        ('/highwater accept core::a reason="  "', MistakeKind.VALUE),
        (f'/highwater accept core::a reason="{"x" * 501}"', MistakeKind.VALUE),
        ("/highwater accept core reason=x", MistakeKind.VALUE),
        ("/highwater accept core::a", MistakeKind.MISSING),
        ("/promote-baseline suite=core", MistakeKind.MISSING),
        ('/highwater accept core::a reason="x', MistakeKind.UNCLOSED),
        ('/highwater accept core::a reason="x\\"', MistakeKind.UNCLOSED),
        ("/highwater cancel all", MistakeKind.STRAY),
        ('/highwater run suite="core"pairs=9', MistakeKind.STRAY),
        ("/highwater more core too", MistakeKind.STRAY),
    ],
)
def test_a_wrong_line_is_a_mistake_that_says_what_is_wrong(line: str, kind: MistakeKind) -> None:
    assert mistaken(line).kind is kind


def test_the_same_command_twice_is_asked_for_once() -> None:
    assert len(parse_comment("/highwater run\n/highwater  run\n\n/highwater rerun")) == 2


def test_a_comment_holds_a_bounded_number_of_commands() -> None:
    body = "\n".join(f"/highwater run suite=s{number}" for number in range(3 * MAX_COMMANDS))
    *first, last = parse_comment(body)
    assert len(first) == MAX_COMMANDS
    assert isinstance(last, Mistake)
    assert last.kind is MistakeKind.TOO_MANY
