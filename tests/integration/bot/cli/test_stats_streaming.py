"""``highwater stats`` as a filter: a real process, real pipes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HIGHWATER = str(Path(sys.executable).with_name("highwater"))
ARGV = [HIGHWATER, "stats", "changepoints", "--jsonl"]
GOOD = json.dumps({"id": "x", "values": [1.0] * 6 + [2.0] * 6}).encode() + b"\n"
FOUND = {"id": "x", "points": [{"index": 6, "effect": 1.0}]}


def ran(lines: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(ARGV, input=lines, capture_output=True, check=False)


def test_each_line_is_answered_and_a_bad_one_makes_the_exit_code() -> None:
    done = ran(GOOD + b'{"id": 2, "values": [1, NaN]}\n\n' + GOOD)
    first, bad, last = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, first, last) == (5, FOUND, FOUND)
    assert (bad["id"], bad["line"]) == (2, 2)
    assert done.stderr.startswith(b"line 2: ")


def test_good_lines_end_with_zero_and_silence() -> None:
    done = ran(GOOD * 3)
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 3, b"")


def test_a_caller_who_waits_for_each_answer_gets_it() -> None:
    with subprocess.Popen(ARGV, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(3):
            process.stdin.write(GOOD)
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == FOUND
        process.stdin.close()
    assert process.returncode == 0


def test_a_reader_that_leaves_is_no_traceback() -> None:
    with subprocess.Popen(
        ARGV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        _, said = process.communicate(GOOD * 2000)
    assert (process.returncode, said) == (5, b"")


def test_without_jsonl_the_command_says_what_to_say() -> None:
    done = subprocess.run(ARGV[:-1], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"say --jsonl" in done.stderr


def test_closed_standard_input_is_an_error_in_words() -> None:
    argv = ["sh", "-c", 'exec "$0" stats changepoints --jsonl <&-', HIGHWATER]
    done = subprocess.run(argv, capture_output=True, check=False)
    assert done.returncode == 5
    assert b"standard input or standard output is closed" in done.stderr
