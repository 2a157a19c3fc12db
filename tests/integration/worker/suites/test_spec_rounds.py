"""How our own harness measures a launch: in turns, by its own clocks, until it is steady."""

from __future__ import annotations

import gc
from pathlib import Path
from statistics import median

import pytest

from engine.values import Side
from tests.fakes.tasks import task_of
from tests.integration.worker.suites.test_spec_cases import (
    FILES,
    ONE_PAIR,
    WORK,
    change,
    found,
    measure,
    one_pair,
)


def test_samples_of_cases_are_taken_in_turns(tmp_path: Path) -> None:
    cases = """\
import time
order = []

def bench_a():
    order.append("a")
    time.sleep(0.003)

def bench_b():
    order.append("b")
    time.sleep(0.003)

import atexit, os

def keep():
    with open(os.environ["HOME"] + "/order", "w") as out:
        out.write("".join(order))

atexit.register(keep)
"""
    task = task_of(tmp_path, {"benchmarks/cases.py": cases}, **ONE_PAIR)
    measure(task)

    told = (tmp_path / "home/order").read_text()
    assert told[-30:] in {"ab" * 15, "ba" * 15}


def test_all_samples_of_a_steady_case_are_kept_when_another_needs_more(tmp_path: Path) -> None:
    cases = """\
calls = 0

def bench_late():
    global calls
    calls += 1
    return sum(range(100_000 if calls > 8 else 300_000))

def bench_even():
    return sum(range(100_000))
"""
    evidence = one_pair(tmp_path, {"benchmarks/cases.py": cases}, measure={"warmup": 0})

    for case in ("late", "even"):
        assert len(found(evidence, Side.BASE, case).samples) == 15
    assert found(evidence, Side.BASE, "late").steady is True


def test_a_clock_or_loop_that_is_patched_changes_nothing(tmp_path: Path) -> None:
    patched = """\
import gc, itertools, resource, statistics, sys, time
import __main__

def slow(clock):
    return lambda: clock() // 20

for module in (__main__, time):
    for name in ("perf_counter_ns", "process_time_ns", "timed", "timer", "cpu_ns"):
        if hasattr(module, name) or module is __main__:
            setattr(module, name, slow(getattr(module, name, time.monotonic_ns)))
itertools.repeat = lambda *_: ()
class Less:
    ru_stime = 0.0
    ru_utime = property(lambda self: -time.monotonic())
resource.getrusage = lambda *_: Less()
for name in ("bench", "cases", "clocks", "rounds"):
    assert name not in sys.modules, name
"""
    evidence = one_pair(tmp_path, FILES, {"work.py": patched + WORK})

    for metric in ("wall", "cpu"):  # a clock of theirs would show a twentieth, or less than none
        assert 1 / 4 < 1 + change(evidence, metric) < 4
    assert not evidence.failed


@pytest.mark.parametrize(
    "head, collector, moved",
    [
        ("import gc\ngc.disable()\n", (), False),
        ("import gc\ngc.set_threshold(5, 6, 7)\n", (5, 6, 7), False),
        ("import os\nos.sched_setaffinity(0, range(os.cpu_count()))\n", None, True),
    ],
    ids=["off", "thresholds", "cpus"],
)
def test_what_the_code_sets_for_its_process_is_recorded(
    tmp_path: Path, head: str, collector: tuple[int, ...] | None, moved: bool
) -> None:
    evidence = one_pair(tmp_path, FILES, {"work.py": head + WORK})
    base, head_ = (
        next(one.conditions for one in evidence.launches if one.side is side) for side in Side
    )

    assert base.collector == gc.get_threshold()
    assert base.cpus_at_end == base.cpus
    assert head_.collector == (base.collector if collector is None else collector)
    assert (head_.cpus_at_end != head_.cpus) is moved


def test_warm_up_goes_on_while_the_level_still_falls(tmp_path: Path) -> None:
    cases = """\
calls = 0

def bench_sum():
    global calls
    calls += 1
    return sum(range(100_000 if calls > 8 else 300_000))
"""
    evidence = one_pair(tmp_path, {"benchmarks/cases.py": cases}, measure={"warmup": 0})
    launch = found(evidence, Side.BASE, "sum", "cpu")

    assert (launch.steady, len(launch.samples)) == (True, 15)
    assert max(launch.samples) < 2 * median(launch.samples)


def test_a_level_that_never_settles_is_told(tmp_path: Path) -> None:
    cases = """\
import time
calls = 0

def bench_sum():
    global calls
    calls += 1
    end = time.perf_counter() + 0.0005 * calls
    while time.perf_counter() < end:
        pass
"""
    evidence = one_pair(tmp_path, {"benchmarks/cases.py": cases})

    assert found(evidence, Side.BASE, "sum").steady is False
