"""The driver of benchmark suites, on real processes and a real pytest-benchmark."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from engine.errors import UserError
from engine.orders import BenchmarkEvidence
from engine.stats.constants import MIN_PAIRS
from engine.values import Side
from tests.fakes.tasks import Files, task_of
from worker.machine import measuring_cpus
from worker.suites import DRIVERS
from worker.suites.task import SideError, Task, TooSlowError

BENCH = """\
import json, os, sys
level = float(open("level").read())
print("measuring")
case = {"case": "sum", "metric": "wall", "unit": "ms", "better": "lower"}
launches = [case | {"samples": [level, level + 1, int(os.environ["HIGHWATER_SEED"])]}]
cases = sys.argv[2:] or ["sum"]
json.dump({"schema_version": 1, "launches": [one for one in launches if one["case"] in cases]},
          open(sys.argv[1], "w"))
"""
FILES: Files = {"bench.py": BENCH, "level": "10"}
SUITE: dict[str, Any] = {
    "kind": "benchmark",
    "format": "samples",
    "command": ["python", "bench.py", "{out}", "{cases}"],
}
ONE_PAIR: dict[str, Any] = {**SUITE, "max_minutes": 0.0001}


def measure(task: Task) -> BenchmarkEvidence:
    evidence = DRIVERS[task.order.suite.kind](task)
    assert isinstance(evidence, BenchmarkEvidence)
    return evidence


def test_each_pair_launches_both_sides_in_its_own_order(tmp_path: Path) -> None:
    launches = measure(task_of(tmp_path, FILES, **SUITE)).launches
    assert len(launches) == 2 * MIN_PAIRS
    for first, other in zip(launches[::2], launches[1::2], strict=True):
        assert (first.pair, first.first, other.first) == (other.pair, True, False)
        assert {first.side, other.side} == set(Side)
    assert {launch.side for launch in launches if launch.first} == set(Side)


def test_each_side_measures_its_own_tree(tmp_path: Path) -> None:
    launches = measure(task_of(tmp_path, FILES, {"level": "20"}, **ONE_PAIR)).launches
    levels = {launch.side: launch.measured[0].samples[0] for launch in launches}
    assert levels == {Side.BASE: 0.010, Side.HEAD: 0.020}


def test_both_sides_of_a_pair_get_one_seed(tmp_path: Path) -> None:
    launches = measure(task_of(tmp_path, FILES, **SUITE)).launches
    seeds = {launch.pair: set[float]() for launch in launches}
    for launch in launches:
        seeds[launch.pair].add(launch.measured[0].samples[2])
    assert [len(found) for found in seeds.values()] == [1] * MIN_PAIRS
    assert len(set.union(*seeds.values())) == MIN_PAIRS


def test_the_process_itself_is_timed(tmp_path: Path) -> None:
    (launch, *_) = measure(task_of(tmp_path, FILES, **ONE_PAIR)).launches
    assert launch.cpu_s > 0
    assert 0 < launch.wall_s < 30


def test_listed_cases_are_told_and_handed_to_the_command(tmp_path: Path) -> None:
    listing = ["python", "-c", "print(open('cases').read())"]
    base, head = {**FILES, "cases": "sum\nproduct"}, {"cases": "product"}
    evidence = measure(task_of(tmp_path, base, head, **ONE_PAIR, list=listing))
    assert (evidence.listed_base, evidence.listed_head) == (("sum", "product"), ("product",))
    assert {launch.side: len(launch.measured) for launch in evidence.launches} == {
        Side.BASE: 1,
        Side.HEAD: 0,
    }


def test_max_minutes_ends_with_what_is_measured(tmp_path: Path) -> None:
    files = {**FILES, "bench.py": "import time; time.sleep(0.2)\n" + BENCH}
    evidence = measure(task_of(tmp_path, files, **SUITE, max_minutes=0.02))
    assert 2 <= len(evidence.launches) < 2 * MIN_PAIRS
    assert len(evidence.launches) % 2 == 0


def test_suites_that_measure_nothing_stop_after_a_pair(tmp_path: Path) -> None:
    nothing = '{"schema_version": 1, "launches": []}'
    files = {"bench.py": f"import sys; open(sys.argv[1], 'w').write('{nothing}')"}
    evidence = measure(task_of(tmp_path, files, **SUITE))
    assert [launch.measured for launch in evidence.launches] == [(), ()]


def test_a_failing_command_is_its_sides_error(tmp_path: Path) -> None:
    head = {"bench.py": "print('what happened'); raise SystemExit(3)"}
    with pytest.raises(SideError, match="what happened") as caught:
        measure(task_of(tmp_path, FILES, head, **SUITE))
    assert caught.value.side is Side.HEAD
    assert str(caught.value).startswith("command ended with status 3")


def test_a_hanging_command_is_stopped_at_the_deadline(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(TooSlowError, match=r"one pair takes more than \d s"):
        measure(task_of(tmp_path, {"bench.py": "while True: pass"}, left_s=1.0, **SUITE))
    assert time.monotonic() - started < 10


LATER = """\
import os, sys, time
open("launches", "a").write("x")
if os.path.getsize("launches") > 2: time.sleep(60)
"""


def test_a_later_pair_that_overruns_is_left_out_and_told(tmp_path: Path) -> None:
    files = {**FILES, "bench.py": LATER + BENCH}
    started = time.monotonic()
    evidence = measure(task_of(tmp_path, files, left_s=5.0, **SUITE))
    assert time.monotonic() - started < 10
    assert evidence.cut_short
    assert [launch.pair for launch in evidence.launches] == [0, 0, 1, 1]


def test_a_side_that_fails_in_a_later_pair_is_its_sides_error(tmp_path: Path) -> None:
    files = {**FILES, "bench.py": LATER.replace("time.sleep(60)", "raise SystemExit(3)") + BENCH}
    with pytest.raises(SideError, match="ended with status 3"):
        measure(task_of(tmp_path, files, **SUITE))


def test_a_command_that_kills_its_guard_is_its_sides_error(tmp_path: Path) -> None:
    kills = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
    with pytest.raises(SideError, match="was killed") as caught:
        measure(task_of(tmp_path, FILES, {"bench.py": kills}, **SUITE))
    assert caught.value.side is Side.HEAD
    assert str(caught.value).startswith("command was killed with its guard")


def test_a_list_without_its_end_is_refused(tmp_path: Path) -> None:
    listing = ["python", "-c", "print('\\n'.join(f'{n:0600}' for n in range(9000)))"]
    with pytest.raises(UserError, match=r"suites\.core\.list: .*more than 5010000 bytes on base"):
        measure(task_of(tmp_path, FILES, **SUITE, list=listing))


def test_a_long_list_is_read_to_its_end(tmp_path: Path) -> None:
    listing = ["python", "-c", "print('\\n'.join(f'{n:0200}' for n in range(9000)))"]
    suite = {**ONE_PAIR, "command": ["python", "bench.py", "{out}"]}
    evidence = measure(task_of(tmp_path, FILES, **suite, list=listing))
    assert len(evidence.listed_base or ()) == 9000


def test_a_failing_list_is_its_sides_error(tmp_path: Path) -> None:
    with pytest.raises(SideError, match="list ended with status 1"):
        measure(task_of(tmp_path, FILES, **SUITE, list=["python", "-c", "import gone"]))


@pytest.mark.parametrize(
    "writes, problem",
    [
        ("pass", r"(base|head)'s \{out\}: the file is missing"),
        ("open(out, 'w').write('{')", "JSON is malformed|truncated"),
        ("import os; os.symlink('/etc/passwd', out)", "cannot be read"),
        ("import os; os.mkfifo(out)", "not a regular file"),
        ("open(out, 'w').write(two)", "wall of case 'a' occurs twice"),
    ],
)
def test_an_output_file_that_is_none_is_a_clear_error(
    tmp_path: Path, writes: str, problem: str
) -> None:
    entry = '{"case": "a", "metric": "wall", "unit": "s", "better": "lower", "samples": [1]}'
    two = f'{{"schema_version": 1, "launches": [{entry}, {entry}]}}'
    code = f"import sys; out = sys.argv[1]; two = '{two}'; {writes}"
    with pytest.raises(UserError, match=problem):
        measure(task_of(tmp_path, {"bench.py": code}, **SUITE))


TWO = """\
import json, os, sys
started = len(os.listdir("asked"))
open(f"asked/{started:03}-{os.environ['OMP_NUM_THREADS']}", "w").write(" ".join(sys.argv[2:]))
def launch(case, level):
    return {"case": case, "metric": "wall", "unit": "ms", "better": "lower", "samples": [level]}
noisy = 10 + 3 * (started * 7 % 5) * os.getcwd().endswith("head")
launches = {"calm": launch("calm", 10), "noisy": launch("noisy", noisy)}
cases = sys.argv[2:] or [*launches]
json.dump({"schema_version": 1, "launches": [launches[case] for case in cases]},
          open(sys.argv[1], "w"))
"""
TWO_FILES: Files = {"bench.py": TWO, "asked/000-0": ""}


def asked(task: Task) -> list[str]:
    folder = task.trees[Side.BASE] / "asked"
    return [file.read_text() for file in sorted(folder.iterdir())[1:]]


def test_only_what_is_undecided_is_dealt_further_pairs(tmp_path: Path) -> None:
    task = task_of(tmp_path, TWO_FILES, **SUITE, measure={"max_pairs": 12})
    evidence = measure(task)

    assert len(evidence.launches) == 24
    assert asked(task) == [""] * MIN_PAIRS + ["noisy"] * (12 - MIN_PAIRS)


def test_listed_names_that_are_no_cases_are_all_asked_for_in_every_round(tmp_path: Path) -> None:
    listing = ["python", "-c", "print('all')"]
    files = {**TWO_FILES, "bench.py": TWO.replace("sys.argv[2:] or", "")}
    task = task_of(tmp_path, files, **SUITE, list=listing, measure={"max_pairs": 8})

    measure(task)

    assert set(asked(task)) == {"all"}


def test_a_case_that_is_not_measured_any_more_ends_the_rounds(tmp_path: Path) -> None:
    once = TWO.replace("cases = sys.argv[2:] or", "cases = ['calm'] if started > 5 else")
    task = task_of(tmp_path, {**TWO_FILES, "bench.py": once}, **SUITE)

    assert 2 * MIN_PAIRS <= len(measure(task).launches) < 2 * 36


def test_thread_pools_are_one_unless_declared(tmp_path: Path) -> None:
    task = task_of(tmp_path, TWO_FILES, **ONE_PAIR, measure={"threads": 2})
    launch = measure(task).launches[0]

    folder = task.trees[Side.BASE] / "asked"
    assert [file.name for file in sorted(folder.iterdir())[1:]] == ["001-2"]
    assert len(launch.conditions.cpus or ()) == min(2, len(os.sched_getaffinity(0)))


def test_a_launch_of_a_command_tells_its_conditions(tmp_path: Path) -> None:
    conditions = measure(task_of(tmp_path, FILES, **ONE_PAIR)).launches[0].conditions

    assert conditions.cpus == measuring_cpus(1)
    assert (conditions.reference_s or 0) > 0
    assert conditions.fixed_addresses is False


PYTEST_FILES: Files = {
    "benchmarks/test_it.py": """\
import pytest

@pytest.mark.parametrize("size", [10, 100])
def test_sum(benchmark, size):
    assert benchmark(sum, range(size)) == size * (size - 1) // 2

def test_plain():
    assert True
""",
    "pytest.ini": "[pytest]\naddopts = -p no:cacheprovider\n",
}
PYTEST = ["env", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", "python", "-m", "pytest"]
FAST = ["-p", "pytest_benchmark.plugin", "--benchmark-max-time=0.01", "--benchmark-min-rounds=3"]
PYTEST_SUITE: dict[str, Any] = {
    "kind": "benchmark",
    "format": "pytest-benchmark",
    "list": [*PYTEST, "benchmarks", "--collect-only", "-q"],
    "command": [*PYTEST, "{cases}", "--benchmark-json={out}", *FAST],
    "max_minutes": 0.01,
}


def test_pytest_benchmark_is_listed_measured_and_read(tmp_path: Path) -> None:
    evidence = measure(task_of(tmp_path, PYTEST_FILES, **PYTEST_SUITE))
    cases = ("benchmarks/test_it.py::test_sum[10]", "benchmarks/test_it.py::test_sum[100]")
    assert evidence.listed_head == (*cases, "benchmarks/test_it.py::test_plain")
    for launch in evidence.launches:
        assert tuple(measured.case for measured in launch.measured) == cases
        assert all(len(measured.samples) >= 3 for measured in launch.measured)
        assert all(0 < sample < 0.01 for one in launch.measured for sample in one.samples)


def test_a_failing_test_fails_its_side(tmp_path: Path) -> None:
    head = {
        "benchmarks/test_it.py": "def test_sum(benchmark):\n    assert benchmark(sum, [1]) == 2"
    }
    with pytest.raises(SideError, match="assert 1 == 2") as caught:
        measure(task_of(tmp_path, PYTEST_FILES, head, **PYTEST_SUITE))
    assert caught.value.side is Side.HEAD
