"""Commands are bounded in time and output, and nothing of them survives."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

import worker.processes
from engine.errors import CandidateError
from engine.samples import Conditions
from worker.machine import measuring_cpus
from worker.processes import OUTPUT_BYTES, Finished, Measuring, guarded, run, scrubbed

ESCAPE = "(setsid setsid env -i sleep {0} &) ; "  # two sessions away, with an empty environment


def shell(
    text: str, tmp_path: Path, *, timeout_s: float = 20, output_bytes: int = OUTPUT_BYTES
) -> Finished:
    argv = ["sh", "-c", text]
    environ = scrubbed(tmp_path)
    return run(argv, cwd=tmp_path, environ=environ, timeout_s=timeout_s, output_bytes=output_bytes)


def sleepers(seconds: str) -> list[psutil.Process]:
    return [p for p in psutil.process_iter() if _command(p) == ["sleep", seconds]]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def gone(seconds: str, within_s: float = 10.0) -> bool:
    deadline = time.monotonic() + within_s
    while sleepers(seconds) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not sleepers(seconds)


def test_output_of_both_streams_is_in_the_tail_and_stdout_alone_in_stdout(tmp_path: Path) -> None:
    finished = shell("echo one; echo two >&2; exit 3", tmp_path)
    assert sorted(finished.tail.split()) == ["one", "two"]
    assert (finished.stdout, finished.returncode) == ("one\n", 3)


def test_a_flood_of_output_is_capped_to_its_tail(tmp_path: Path) -> None:
    finished = shell("yes x | head -c 3000000; echo end", tmp_path, output_bytes=1000)
    assert len(finished.tail) == 1000
    assert finished.tail.endswith("end\n")
    assert len(finished.stdout) == 1000


def test_the_environment_is_exactly_the_one_that_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHWATER_WEBHOOK_SECRET", "s3cret")
    finished = run(["env"], cwd=tmp_path, environ={"PATH": "/usr/bin:/bin", "A": "1"}, timeout_s=20)
    assert sorted(finished.stdout.split()) == ["A=1", "PATH=/usr/bin:/bin"]


def test_standard_input_is_empty(tmp_path: Path) -> None:
    assert shell("cat | wc -c", tmp_path).stdout.strip() == "0"


def test_a_program_that_does_not_exist_says_so(tmp_path: Path) -> None:
    finished = run(["no-such-program"], cwd=tmp_path, environ=scrubbed(tmp_path), timeout_s=20)
    assert finished.returncode == 127
    assert finished.tail == "cannot run 'no-such-program': No such file or directory\n"


def test_a_timeout_ends_the_command_in_time(tmp_path: Path) -> None:
    finished = shell("sleep 60", tmp_path, timeout_s=0.5)
    assert finished.timed_out
    assert not finished.succeeded
    assert 0.5 <= finished.wall_s < 10


def test_a_timeout_kills_daemons_that_left_session_and_environment(tmp_path: Path) -> None:
    shell(ESCAPE.format("7101.5") + "sleep 60", tmp_path, timeout_s=1.0)
    assert sleepers("7101.5") == []


def test_the_end_of_a_command_kills_what_it_left_running(tmp_path: Path) -> None:
    finished = shell(ESCAPE.format("7102.5") + "echo done", tmp_path)
    assert finished.succeeded
    assert sleepers("7102.5") == []


def test_a_background_child_that_holds_the_output_does_not_hold_up_the_end(tmp_path: Path) -> None:
    finished = shell("sleep 7103.5 & echo done", tmp_path)
    assert finished.stdout == "done\n"
    assert finished.wall_s < 10


def test_an_exception_in_the_caller_kills_everything(tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise TimeoutError

    previous = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 1.0)
    try:
        with pytest.raises(TimeoutError):
            shell(ESCAPE.format("7104.5") + "sleep 60", tmp_path)
    finally:
        signal.signal(signal.SIGALRM, previous)
    assert gone("7104.5")


def test_sigkill_of_the_caller_kills_everything(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from worker.processes import run, scrubbed\n"
        f"run(['sh', '-c', {ESCAPE.format('7105.5') + 'echo up > up; sleep 60'!r}],"
        f" cwd=Path({str(tmp_path)!r}), environ=scrubbed(Path('/tmp')), timeout_s=60)"
    )
    caller = subprocess.Popen([sys.executable, "-c", code])
    _wait_for(tmp_path / "up")
    caller.kill()
    caller.wait()
    assert gone("7105.5")


def test_a_command_that_kills_its_guard_is_the_candidates_failure(tmp_path: Path) -> None:
    with pytest.raises(CandidateError, match="guard was killed"):
        shell("echo said; kill -9 $PPID; sleep 60", tmp_path)


def test_a_command_that_signals_its_process_group_hits_itself_alone(tmp_path: Path) -> None:
    assert shell("kill -KILL 0; sleep 60", tmp_path).returncode == -signal.SIGKILL


def test_the_time_of_children_counts_as_cpu_time(tmp_path: Path) -> None:
    burn = f"{sys.executable} -c 'import time\nwhile time.process_time() < 0.4: pass' & wait"
    assert shell(burn, tmp_path).cpu_s >= 0.4


def test_several_commands_at_once_do_not_kill_each_other(tmp_path: Path) -> None:
    results: list[Finished] = []
    threads = [
        threading.Thread(target=lambda n=n: results.append(shell(f"sleep 0.{n}", tmp_path)))
        for n in range(1, 5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [finished.returncode for finished in results] == [0] * 4


def test_no_file_descriptor_is_left_open(tmp_path: Path) -> None:
    shell("true", tmp_path)
    before = _open_files()
    shell("true", tmp_path)
    assert _open_files() == before


def test_an_interactive_command_converses(tmp_path: Path) -> None:
    environ = scrubbed(tmp_path)
    with guarded(["cat"], cwd=tmp_path, environ=environ, interactive=True) as command:
        command.stdin.write(b"hello\n")
        command.stdin.flush()
        answer = command.stdout.readline()
        command.stdin.close()
        ending = command.ending()
    assert (answer, ending.returncode) == (b"hello\n", 0)


SEEN = """
import ctypes, json, os
print(json.dumps([sorted(os.sched_getaffinity(0)), os.getpriority(os.PRIO_PROCESS, 0),
                  bool(ctypes.CDLL(None).personality(0xFFFFFFFF) & 0x0040000)]))
"""


def test_a_measured_command_runs_under_the_conditions_that_are_told(tmp_path: Path) -> None:
    wanted = Measuring(cpus=measuring_cpus(1), fixed_addresses=True)
    argv = [sys.executable, "-c", SEEN]

    finished = run(argv, cwd=tmp_path, environ=scrubbed(tmp_path), timeout_s=20, measuring=wanted)

    cpus, nice, fixed = json.loads(finished.stdout)
    told = finished.conditions
    assert (tuple(cpus), fixed) == (told.cpus, told.fixed_addresses)
    assert (nice <= wanted.nice) is told.raised_priority
    assert told.cpus == wanted.cpus
    assert 0.0001 < (told.reference_s or 0) < 0.1


def test_conditions_that_the_kernel_refuses_are_left_out_and_told(tmp_path: Path) -> None:
    wanted = Measuring(cpus=(10_000,))
    argv = [sys.executable, "-c", SEEN]

    finished = run(argv, cwd=tmp_path, environ=scrubbed(tmp_path), timeout_s=20, measuring=wanted)

    assert finished.succeeded
    assert (finished.conditions.cpus, finished.conditions.fixed_addresses) == (None, False)


def test_what_is_not_measured_runs_as_it_is_and_tells_nothing(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", SEEN]

    finished = run(argv, cwd=tmp_path, environ=scrubbed(tmp_path), timeout_s=20)

    assert json.loads(finished.stdout)[0] == sorted(os.sched_getaffinity(0))
    assert finished.conditions == Conditions()


def test_involuntary_switches_of_all_descendants_are_counted(tmp_path: Path) -> None:
    wanted = Measuring(cpus=measuring_cpus(1))
    work = "import time\nuntil = time.monotonic() + 0.5\nwhile time.monotonic() < until: pass"
    text = f"{sys.executable} -c '{work}' & {sys.executable} -c '{work}' & wait"

    finished = run(
        ["sh", "-c", text], cwd=tmp_path, environ=scrubbed(tmp_path), timeout_s=20, measuring=wanted
    )

    assert (finished.conditions.involuntary_switches or 0) > 10
    assert finished.wall_s < finished.cpu_s * 1.5 + 0.5


HARNESS = Path(worker.processes.__file__).parent / "harness"


@pytest.mark.parametrize("file", sorted(HARNESS.glob("*.py")), ids=lambda file: file.name)
def test_the_harness_imports_itself_and_the_standard_library_alone(file: Path) -> None:
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    ours = {file.stem for file in HARNESS.glob("*.py")}
    names = {name.partition(".")[0] for name in names}
    assert names <= set(sys.stdlib_module_names) | ours


@pytest.mark.parametrize("name", sorted(path.name for path in HARNESS.glob("*.py")))
def test_what_a_repositorys_python_runs_is_of_the_syntax_of_python_3_8(name: str) -> None:
    ast.parse((HARNESS / name).read_text(), feature_version=(3, 8))


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _wait_for(path: Path, within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert path.exists()
