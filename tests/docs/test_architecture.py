"""ARCHITECTURE.md's table of the path is held against the tree and against a traced run."""

from __future__ import annotations

import inspect
import re
import sys
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from tests.fakes.bot_stage import SLOWER, Bot, opened

REPLACED_BY_A_FAKE = "worker.queue.rq_queue:RedisOrderQueue.submit"


def listed(root: Path) -> list[str]:
    text = (root / "ARCHITECTURE.md").read_text()
    return re.findall(r"^\| \d+ \| `([a-z_.0-9]+:[A-Za-z_.]+)`", text, re.MULTILINE)


def function(name: str) -> Any:
    module, _, path = name.partition(":")
    found: Any = import_module(module)
    for part in path.split("."):
        found = getattr(found, part)
    return found


def test_the_path_starts_at_the_receiver_ends_at_the_comment_and_is_short(root: Path) -> None:
    names = listed(root)
    assert names[0] == "bot.web:receive"
    assert names[-1] == "engine.reports.comment:render_comment"
    assert 10 < len(names) < 20


def test_every_function_of_the_path_exists_and_is_at_most_40_lines_long(root: Path) -> None:
    lengths = {name: len(inspect.getsourcelines(function(name))[0]) for name in listed(root)}
    assert {name: lines for name, lines in lengths.items() if lines > 40} == {}


def test_a_check_calls_the_functions_of_the_path_in_their_order(root: Path, bot: Bot) -> None:
    codes = {function(name).__code__: name for name in listed(root)}
    called: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        code: CodeType = frame.f_code
        if event == "call" and code in codes and codes[code] not in called:
            called.append(codes[code])

    sys.setprofile(note)
    try:
        opened(bot, "slower", {"work.py": SLOWER})
        bot.work_off()
    finally:
        sys.setprofile(None)

    assert called == [name for name in listed(root) if name != REPLACED_BY_A_FAKE]
