"""Several processes append to one ledger, and some are killed: nothing is torn, nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bot.store.ledger_file import LedgerFile, read_lines
from bot.store.writers import this_writer
from engine.audit.records import Entry
from engine.audit.verify import examine

WRITER = """\
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from bot.store.ledger_file import LedgerFile
from bot.store.writers import this_writer
from engine.audit.records import Entry
file = LedgerFile(Path(sys.argv[1]), this_writer())
for index in range(int(sys.argv[2])):
    name = f"{os.getpid()}-{index}"
    for entry in (
        Entry(run_id="r", step="verdict", kind="intent", id=name),
        Entry(run_id="r", step="verdict", kind="outcome", ref=name, status="success"),
    ):
        with file.appending(lambda: datetime.now(UTC)) as ledger:
            ledger.append(entry, durable=False)
        os.write(1, b".")
"""
FOR_EVER = 1_000_000
ROUNDS = 8
WRITERS = 3


def start(path: Path, count: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", WRITER, str(path), str(count)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


def began(process: subprocess.Popen[bytes]) -> int:
    """Wait until a process has written a record."""
    assert process.stdout is not None
    return len(process.stdout.read(1))


def told(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process' end, and count the records that it said it has written."""
    with process:
        assert process.stdout is not None
        return len(process.stdout.read())


def test_what_several_processes_append_is_one_sound_chain(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    writers = [start(path, 200) for _ in range(WRITERS)]

    assert [told(one) for one in writers] == [400] * WRITERS

    found = examine(read_lines(path))
    assert (found.flaws, found.open_intents, found.head.records) == ((), (), 400 * WRITERS)


def test_killed_writers_tear_and_lose_nothing_and_their_intents_are_closed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.jsonl"
    written = 0
    for turn in range(ROUNDS):
        writers = [start(path, FOR_EVER) for _ in range(WRITERS)]
        begun = sum(began(one) for one in writers)
        time.sleep(turn / 200)
        for one in writers:
            one.send_signal(signal.SIGKILL)
        written += begun + sum(told(one) for one in writers)

    with LedgerFile(path, this_writer()).appending(lambda: datetime.now(UTC)) as ledger:
        ledger.append(Entry(run_id="r", step="check", kind="note"))

    found = examine(read_lines(path))
    assert (found.flaws, found.open_intents, found.recoveries) == ((), (), 0)
    assert found.head.records > written
