"""How many records a ledger takes a second, and what kill -9 leaves of it: one JSON line.

``rate`` counts the records of several processes that append to one file without fsync, ``durable``
those of one process whose every record is on the disk before the next. In each round of ``rounds``
a writer is killed at a random moment; what it had been told is written must be there afterwards,
no line may be torn, and the ledger must be sound.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))  # benchmarks are run by path, from any folder

from bot.store.ledger_file import LedgerFile, read_lines  # noqa: E402 - the path comes first
from bot.store.writers import this_writer  # noqa: E402
from engine.audit.records import Entry, Scalar  # noqa: E402
from engine.audit.verify import examine  # noqa: E402

RECORDS = 20_000
DURABLE = 300
WRITERS = 2
ROUNDS = 100


def now() -> datetime:
    """Give the time, as a clock of the bot does."""
    return datetime.now(UTC)


def entries(name: str) -> Iterator[Entry]:
    """Make the two records of a tournament's cell."""
    ctx = {"engine": "skfolio", "profile": "hrp", "simulator": "bt", "window_index": 7}
    fields: dict[str, Any] = {"run_id": "t1", "step": "backtest_optimize", "ctx": ctx}
    yield Entry(**fields, kind="intent", id=name)
    outputs: dict[str, Scalar] = {"weights": "a" * 64, "sharpe": 1.25}
    yield Entry(**fields, kind="outcome", ref=name, status="success", outputs=outputs)


def write(path: Path, count: int, *, durable: bool, told: bool) -> None:
    """Append *count* records once a line comes in; where it is *told*, write a dot after each."""
    file = LedgerFile(path, this_writer())
    os.write(1, b"r")  # ready
    sys.stdin.readline()
    for index in range(count // 2):
        for entry in entries(f"{os.getpid()}-{index}"):
            with file.appending(now) as ledger:
                ledger.append(entry, durable=durable)
            if told:
                os.write(1, b".")
    os.write(1, b"d")  # done


def spawn(path: Path, count: int, writers: int, *flags: str) -> list[subprocess.Popen[bytes]]:
    """Start processes that append, all at the same moment."""
    command = [sys.executable, __file__, "--write", str(path), "--count", str(count), *flags]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    running = [subprocess.Popen(command, **pipes) for _ in range(writers)]
    for one in running:
        read(one, 1)
    for one in running:
        if one.stdin is not None:
            one.stdin.write(b"\n")
            one.stdin.flush()
    return running


def read(process: subprocess.Popen[bytes], count: int = -1) -> bytes:
    """Read so many bytes of what a process writes, or all that is left."""
    return b"" if process.stdout is None else process.stdout.read(count)


def rate_of(path: Path, writers: int, count: int, *flags: str) -> float:
    """Measure records a second, from the signal to start to the last one's end."""
    running = spawn(path, count // writers, writers, *flags)
    started = time.perf_counter()
    for one in running:
        read(one, 1)
    seconds = time.perf_counter() - started
    for one in running:
        one.wait()
    found = examine(read_lines(path))
    if found.flaws or found.head.records != count // writers * writers:
        print(found, file=sys.stderr)
        raise SystemExit(1)
    return found.head.records / seconds


def killed(path: Path, seed: int) -> tuple[int, int]:
    """Kill two writers at a random moment: how many records were lost, and how many are torn."""
    dice = random.Random(seed)
    before = examine(read_lines(path)).head.records if path.exists() else 0
    running = spawn(path, 1_000_000, WRITERS, "--told")
    time.sleep(dice.uniform(0, 0.05))
    for one in running:
        one.send_signal(signal.SIGKILL)
    told = sum(len(read(one)) for one in running)
    for one in running:
        one.wait()
    lines = list(read_lines(path))
    torn = 0 if not lines or lines[-1].endswith(b"\n") else 1
    return max(0, before + told - (len(lines) - torn)), torn


def rounds_of(folder: Path, count: int) -> dict[str, int]:
    """Kill writers again and again; afterwards the ledger must be sound, its intents closed."""
    path = folder / "killed.jsonl"
    results = [killed(path, seed) for seed in range(count)]
    with LedgerFile(path, this_writer()).appending(now) as ledger:
        ledger.append(Entry(run_id="t1", step="check", kind="note"))
    found = examine(read_lines(path))
    return {
        "rounds": count,
        "lost_records": sum(lost for lost, _ in results),
        "torn": sum(torn for _, torn in results),
        "records": found.head.records,
        "flaws": len(found.flaws),
        "open_intents": len(found.open_intents),
        "lost_intents": found.lost,
    }


def main() -> None:
    """Measure and print, or be one of the writers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--count", type=int, default=RECORDS)
    parser.add_argument("--durable", action="store_true")
    parser.add_argument("--told", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    if given.write is not None:
        write(given.write, given.count, durable=given.durable, told=given.told)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rates = {
            str(writers): round(rate_of(folder / f"{writers}.jsonl", writers, given.count))
            for writers in (1, WRITERS, 4 * WRITERS)
        }
        durable = round(rate_of(folder / "durable.jsonl", 1, DURABLE, "--durable"))
        result = {"rate": rates, "durable": durable, "killed": rounds_of(folder, given.rounds)}
    print(json.dumps(result, sort_keys=True))


if __name__ == "__main__":
    main()
