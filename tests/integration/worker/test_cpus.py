"""Reservations of CPUs between processes, by locks that the kernel takes back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from worker.cpus import reserved
from worker.machine import measuring_cpus, ranked_cpus

HOLDS = """\
import sys
from pathlib import Path
from worker.cpus import reserved
with reserved(int(sys.argv[2]), folder=Path(sys.argv[1])) as got:
    print(*got.cpus, flush=True)
    sys.stdin.read()
"""


def holder(folder: Path, count: int) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", HOLDS, str(folder), str(count)]
    process = subprocess.Popen(argv, stdin=-1, stdout=-1, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_the_first_one_gets_the_best_cpu_for_itself(tmp_path: Path) -> None:
    with reserved(1, folder=tmp_path) as got:
        assert (got.cpus, got.alone) == (measuring_cpus(1), True)


def test_another_process_gets_another_cpu_or_is_told_that_it_is_not_alone(tmp_path: Path) -> None:
    process = holder(tmp_path, 1)
    try:
        with reserved(1, patience_s=0.1, folder=tmp_path) as got:
            is_other = got.cpus != measuring_cpus(1)
            assert got.alone is is_other is (len(ranked_cpus()) > 2)
            assert 0 not in got.cpus or len(ranked_cpus()) == 1
    finally:
        process.communicate("")


def test_a_holder_that_is_killed_holds_nothing(tmp_path: Path) -> None:
    process = holder(tmp_path, len(ranked_cpus()))
    process.kill()
    process.communicate()
    with reserved(1, patience_s=5.0, folder=tmp_path) as got:
        assert got.alone


def test_who_cannot_have_all_holds_none(tmp_path: Path) -> None:
    everything = len(ranked_cpus())
    with (
        reserved(1, folder=tmp_path),
        reserved(everything, patience_s=0.1, folder=tmp_path) as got,
    ):
        assert (len(got.cpus), got.alone) == (everything, False)
    with reserved(everything, patience_s=0.1, folder=tmp_path) as got:
        assert got.alone


def test_where_nothing_can_be_locked_it_goes_on_and_says_so(tmp_path: Path) -> None:
    with reserved(1, folder=tmp_path / "gone") as got:
        assert (got.cpus, got.alone) == (measuring_cpus(1), False)


def test_a_pipe_in_the_place_of_a_lock_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "highwater-cpus.lock")
    with reserved(1, patience_s=0.1, folder=tmp_path) as got:
        assert got.cpus == measuring_cpus(1)


def test_everybody_may_lock_what_somebody_made(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with reserved(1, folder=tmp_path):
            modes = {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == {0o644}
