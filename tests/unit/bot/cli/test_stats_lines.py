from __future__ import annotations

import io
import json
import tracemalloc
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from bot.cli.stats_lines import MAX_LINE, LineError, run


class Endless(io.BufferedIOBase):
    """One line of so many pieces of 64 KiB, never whole in memory."""

    def __init__(self, pieces: int) -> None:
        self._left = pieces

    def read1(self, size: int = -1, /) -> bytes:
        self._left -= 1
        return b"x" * 65_536 if self._left >= 0 else b""


class Chunks:
    """Echoes lines, refuses those that begin with "bad", and remembers what came together."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, lines: Sequence[tuple[int, bytes]]) -> Iterator[bytes | LineError]:
        self.sizes.append(len(lines))
        for number, line in lines:
            bad = line.startswith(b"bad")
            yield LineError(number, {"a": number}, "is bad") if bad else b"<" + line + b">"


def ran(text: bytes, chunk: int = 4096, answers: Any = None) -> tuple[int, list[str], list[str]]:
    stdout, stderr = io.BytesIO(), io.StringIO()
    code = run(io.BytesIO(text), stdout, stderr, answers or Chunks(), chunk)
    return code, stdout.getvalue().decode().splitlines(), stderr.getvalue().splitlines()


def test_lines_are_answered_in_order() -> None:
    assert ran(b"a\nb\nc\n") == (0, ["<a>", "<b>", "<c>"], [])


def test_a_last_line_without_its_end_is_answered() -> None:
    assert ran(b"a\nb")[1] == ["<a>", "<b>"]


def test_blank_lines_are_counted_and_not_answered() -> None:
    code, out, told = ran(b"\n  \na\n\r\nbad\n\n")
    assert out == ["<a>", '{"id":{"a":5},"line":5,"error":"is bad"}']
    assert (code, told) == (5, ["line 5: is bad"])


def test_nothing_in_is_nothing_out() -> None:
    assert ran(b"") == (0, [], [])


def test_a_bad_line_leaves_the_others_alone() -> None:
    code, out, _ = ran(b"a\nbad\nc\n")
    assert (code, out[0], out[2]) == (5, "<a>", "<c>")
    assert json.loads(out[1]) == {"id": {"a": 2}, "line": 2, "error": "is bad"}


def test_twenty_errors_are_told_and_then_a_count() -> None:
    code, out, told = ran(b"bad\n" * 50)
    assert (code, len(out), len(told)) == (5, 50, 21)
    assert told[19:] == ["line 20: is bad", "50 lines had errors; the first 20 are above."]


def test_no_more_than_a_chunk_is_answered_together() -> None:
    answers = Chunks()
    ran(b"a\n" * 25, 10, answers)
    assert answers.sizes == [10, 10, 5]


def test_long_lines_are_not_gathered_beyond_their_bytes() -> None:
    answers = Chunks()
    ran((b"x" * (MAX_LINE // 2) + b"\n") * 5, answers=answers)
    assert max(answers.sizes) == 2


@pytest.mark.parametrize("end", [b"\nb\n", b""])
def test_a_line_that_is_too_long_is_refused_by_its_number(end: bytes) -> None:
    code, out, _ = ran(b"a\n" + b"x" * (MAX_LINE + 1) + end)
    refused = {"id": None, "line": 2, "error": "the line is longer than 16 MiB."}
    assert (code, out[0], json.loads(out[1])) == (5, "<a>", refused)
    assert out[2:] == (["<b>"] if end else [])


def test_a_line_without_end_takes_no_more_memory_than_the_longest() -> None:
    stdout = io.BytesIO()
    tracemalloc.start()
    code = run(Endless(4 * MAX_LINE // 65_536), stdout, io.StringIO(), Chunks())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (code, stdout.getvalue().count(b"\n")) == (5, 1)
    assert peak < 1.5 * MAX_LINE


def test_the_longest_line_is_answered() -> None:
    code, (out,), _ = ran(b"x" * MAX_LINE)
    assert (code, len(out)) == (0, MAX_LINE + 2)


@pytest.mark.parametrize("known", ["\ud800", {1, 2}, 10**30, float("nan"), object()])
def test_an_id_that_json_cannot_hold_is_no_crash(known: Any) -> None:
    code, (out,), _ = ran(b"x\n", answers=lambda _: iter([LineError(1, known, "is bad")]))
    assert code == 5
    assert json.loads(out)["error"] == "is bad"


def test_what_steers_a_terminal_is_not_told() -> None:
    answers = iter([LineError(1, None, "a\x1b[2J\nline 9: b\ud800")])
    _, (out,), told = ran(b"x\n", answers=lambda _: answers)
    assert told == ["line 1: a[2J line 9: b"]
    assert json.loads(out)["line"] == 1
