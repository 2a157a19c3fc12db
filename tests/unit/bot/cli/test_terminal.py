from __future__ import annotations

import io
import re
import unicodedata

import msgspec
import pytest
from rich.console import Console

from bot.cli.terminal import render_terminal
from engine.findings import Verdict
from tests.fakes.situations import situations

STEERING = "&#8238;&#27;\x1b[2J\x1b]0;owned\x07\x9b31m\x08\r\u202e\u2066evil\x00"


def shown(verdict: Verdict, width: int = 200) -> str:
    file = io.StringIO()
    Console(file=file, width=width, color_system=None).print(render_terminal(verdict))
    return file.getvalue()


def steering(text: str) -> list[str]:
    hidden = {"Cc", "Cf", "Cs", "Co"}
    return [one for one in text if unicodedata.category(one) in hidden and one != "\n"]


def hostile() -> Verdict:
    """Put what steers a terminal into every text that comes from a repository."""
    verdict = situations()["hostile"]
    (suite,) = verdict.suites
    findings = tuple(
        msgspec.structs.replace(
            one,
            case=STEERING + one.case,
            metric=one.metric + STEERING,
            unit=one.unit + STEERING,
            step=one.step + STEERING,
            detail=one.detail + STEERING,
        )
        for one in suite.findings
    )
    suite = msgspec.structs.replace(
        suite,
        suite=suite.suite + STEERING,
        findings=findings,
        caveats=(STEERING,),
        output_tail=f"{STEERING}\n\n  {STEERING}",
    )
    return msgspec.structs.replace(verdict, suites=(suite,), pull_request=None)


@pytest.mark.parametrize("width", [80, 400])
def test_hostile_text_cannot_steer_the_terminal(width: int) -> None:
    assert steering(shown(hostile(), width)) == []


def test_hostile_names_are_still_told_apart() -> None:
    assert "owned | @everyone" in shown(hostile(), 400)


@pytest.mark.parametrize("name", sorted(set(situations()) - {"hostile"}))
def test_every_situation_is_shown_with_its_decision_first(name: str) -> None:
    text = shown(situations()[name])

    assert text.splitlines()[0].strip()
    assert "(no name)" not in text
    assert steering(text) == []


def test_output_keeps_its_indentation() -> None:
    assert '\n  File "bench.py", line 3' in shown(situations()["candidate_failed"])


def test_what_to_do_next_comes_last_without_markdown() -> None:
    verdict = msgspec.structs.replace(situations()["cannot_tell"], pull_request=None)

    last = shown(verdict).rstrip().splitlines()[-1].strip()
    command = "highwater check --base 5e6f7a8b5e --suite core"
    assert last == f"- Check again while this machine is quiet: {command}"


def test_what_is_undecided_and_how_sure_are_said_in_the_terminal_too() -> None:
    text = shown(situations()["cannot_tell"], 400)

    assert "\nCannot tell\n- " in re.sub(r" +\n", "\n", text)
    assert "Changes show from ±" in text
    assert "(Holm at 1 % over them together)" in text
    assert "- Caveats: the load average was 7.9 on 2 cores." in text
