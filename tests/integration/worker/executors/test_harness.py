"""The process that calls a repository's function: whatever that does, its point has a row."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.sweep.grid import Point
from engine.sweep.rows import SweepRow
from tests.fakes.tasks import Files, write_files
from worker.executors import serial
from worker.executors.points import Work
from worker.processes import scrubbed

GOOD = "{'metrics': {'is': {'m': 1.0}, 'oos': {'m': 2.0}}}"


def work_of(root: Path, body: str, **changed: Any) -> Work:
    """Make a sweep of three points over ``f``, whose body is *body* for the second point."""
    code = f"import os, sys, time\ndef f(params, seed):\n    if params['i'] != 1: return {GOOD}\n"
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    return work_on(write_files(root, {"strategies/s.py": code + indented}), **changed)


def work_on(root: Path, **changed: Any) -> Work:
    plain = {
        "root": root,
        "file": "strategies/s.py",
        "name": "f",
        "points": [Point(index=i, id=f"p{i}", params={"i": i}, seed=i) for i in range(3)],
        "python": Path(sys.executable),
        "environ": scrubbed(root),
        "deadline": time.monotonic() + 30,
    }
    return Work(**(plain | changed))


def second(root: Path, body: str, **changed: Any) -> SweepRow:
    """Evaluate three points and see that only the second can have failed."""
    rows = serial.evaluate(work_of(root, body, **changed))
    assert [row.status for row in (rows[0], rows[2])] == ["ok", "ok"]
    return rows[1]


def error(root: Path, body: str) -> str:
    row = second(root, body)
    assert (row.status, row.metrics) == ("error", {})
    return row.error or ""


def test_a_returned_value_is_a_row(tmp_path: Path) -> None:
    row = second(tmp_path, f"return {GOOD}")
    assert (row.id, row.status) == ("p1", "ok")
    assert row.metrics == {"is": {"m": 1.0}, "oos": {"m": 2.0}}


def test_floats_arrive_bit_for_bit(tmp_path: Path) -> None:
    row = second(tmp_path, "return {'metrics': {'is': {'m': 0.1 + 0.2}, 'oos': {'m': 5e-324}}}")
    assert row.metrics == {"is": {"m": 0.1 + 0.2}, "oos": {"m": 5e-324}}


def test_the_point_is_timed_where_it_runs(tmp_path: Path) -> None:
    row = second(tmp_path, f"time.sleep(0.05); return {GOOD}")
    assert 0.05 <= row.elapsed_s < 1.0


def test_numbers_arrays_and_dates_of_numpy_are_plain_ones(tmp_path: Path) -> None:
    body = """\
import datetime, numpy as np
days = np.array(["2020-01-02", "2020-01-03"], dtype="datetime64[ns]")
return {
    "metrics": {"is": {"m": np.float32(0.5)}, "oos": {"m": np.int64(3)}},
    "returns": list(zip(days, np.array([0.25, 0.5]))),
    "trades": [np.arange(2), datetime.date(2020, 1, 2)],
}"""
    row = second(tmp_path, body)
    assert row.metrics == {"is": {"m": 0.5}, "oos": {"m": 3.0}}
    assert [value for _, value in row.returns or ()] == [0.25, 0.5]
    assert (row.returns or ())[0][0].startswith("2020-01-02")
    assert row.trades == ([0, 1], "2020-01-02")


def test_an_exception_keeps_the_end_of_its_traceback(tmp_path: Path) -> None:
    text = error(tmp_path, "raise ValueError('no bars')")
    assert text.endswith("ValueError: no bars")
    assert 'File "strategies/s.py", line 4' in text
    assert str(tmp_path) not in text


@pytest.mark.parametrize("value", ["float('nan')", "float('-inf')"])
def test_a_metric_that_is_not_finite_is_named(tmp_path: Path, value: str) -> None:
    body = f"return {{'metrics': {{'is': {{'m': 1.0}}, 'oos': {{'sharpe': {value}}}}}}}"
    assert "value.metrics.oos.sharpe is not finite" in error(tmp_path, body)


@pytest.mark.parametrize(
    "value",
    ["None", "3", "{}", "{'metrics': {'m': 1.0}}", "{'metrics': {'is': {'m': True}, 'oos': {}}}"],
)
def test_a_value_of_another_form_is_told_the_form(tmp_path: Path, value: str) -> None:
    assert "the function must return" in error(tmp_path, f"return {value}")


def test_a_value_that_is_no_json_is_a_failure(tmp_path: Path) -> None:
    body = f"found = {GOOD}; found['trades'] = [object()]; return found"
    assert "cannot be written as JSON: object is not" in error(tmp_path, body)


def test_a_value_that_holds_itself_is_a_failure(tmp_path: Path) -> None:
    assert "cannot be written" in error(
        tmp_path, "found = {}; found['metrics'] = found; return found"
    )


def test_a_value_that_is_too_long_is_a_failure(tmp_path: Path) -> None:
    body = f"found = {GOOD}; found['trades'] = ['x' * 17_000_000]; return found"
    assert "longer than" in error(tmp_path, body)


def test_sys_exit_fails_its_point_alone(tmp_path: Path) -> None:
    assert error(tmp_path, "sys.exit('enough')").endswith("SystemExit: enough")


def test_a_process_that_ends_is_started_anew(tmp_path: Path) -> None:
    text = error(tmp_path, "print('last words', file=sys.stderr, flush=True); os._exit(7)")
    assert text == "ended with exit status 7\nlast words"


def test_a_crash_fails_its_point_alone(tmp_path: Path) -> None:
    assert "killed by signal 11" in error(tmp_path, "import ctypes; ctypes.string_at(0)")


def test_prints_do_not_disturb_the_answers(tmp_path: Path) -> None:
    body = f"print('x' * 200_000, flush=True); os.write(1, b'{{}}\\n'); return {GOOD}"
    assert second(tmp_path, body).status == "ok"


def test_the_input_is_empty(tmp_path: Path) -> None:
    assert second(tmp_path, f"assert sys.stdin.read() == ''; return {GOOD}").status == "ok"


def test_a_flood_of_output_ends_the_process(tmp_path: Path) -> None:
    body = """\
while True:
    for descriptor in range(3, 20):
        try: os.write(descriptor, b"x" * 65536)
        except OSError: pass"""
    assert "wrote more than" in error(tmp_path, body)


def test_a_process_that_closes_its_channel_is_ended(tmp_path: Path) -> None:
    assert "closed its channel" in error(tmp_path, "os.closerange(3, 64); time.sleep(60)")


def test_points_that_the_time_is_up_for_are_told_from_failures(tmp_path: Path) -> None:
    work = work_of(tmp_path, "while True: pass", deadline=time.monotonic() + 1.5)
    rows = serial.evaluate(work)
    assert [row.status for row in rows] == ["ok", "timeout", "timeout"]
    assert rows[1].error == "timed out: the time for the sweep was up"
    assert rows[2].error == "not evaluated: the time for the sweep was up"


def test_a_point_leaves_no_process_behind(tmp_path: Path) -> None:
    body = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))\n"
        "while True: pass"
    )
    serial.evaluate(work_of(tmp_path, body, deadline=time.monotonic() + 1.5))
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


@pytest.mark.parametrize(
    "files, reason",
    [
        ({}, "no such file: strategies/s.py"),
        ({"strategies/s.py": "g = 1"}, "strategies/s.py has no function 'f'"),
        ({"strategies/s.py": "f = 1"}, "strategies/s.py has no function 'f'"),
        ({"strategies/s.py": "def f(:"}, "SyntaxError"),
        ({"strategies/s.py": "import gone"}, "No module named 'gone'"),
        ({"strategies/s.py": "raise SystemExit(3)"}, "SystemExit: 3"),
        ({"strategies/s.py": "import os; os._exit(3)"}, "ended with exit status 3"),
    ],
)
def test_a_function_that_cannot_be_loaded_fails_every_point(
    tmp_path: Path, files: Files, reason: str
) -> None:
    rows = serial.evaluate(work_on(write_files(tmp_path, files)))
    assert [row.status for row in rows] == ["error"] * 3
    assert all(reason in (row.error or "") for row in rows)


def test_a_file_outside_the_repository_is_not_loaded(tmp_path: Path) -> None:
    root = write_files(tmp_path / "root", {"README.md": ""})
    (tmp_path / "evil.py").write_text(f"def f(params, seed): return {GOOD}")
    (root / "s.py").symlink_to(tmp_path / "evil.py")
    rows = serial.evaluate(work_on(root, file="s.py"))
    assert "leads out of the repository" in (rows[0].error or "")


def test_modules_beside_the_file_and_below_the_root_are_found(tmp_path: Path) -> None:
    code = "from shared.a import A\nfrom b import B\nfrom . import c\n"
    files = {
        "strategies/__init__.py": "",
        "strategies/s.py": f"{code}def f(params, seed): return A[B][c.C]",
        "strategies/b.py": "B = 0",
        "strategies/c.py": "C = 0",
        "shared/a.py": f"A = [[{GOOD}]]",
    }
    rows = serial.evaluate(work_on(write_files(tmp_path, files)))
    assert [row.error for row in rows] == [None] * 3


@pytest.mark.parametrize("package", ["bot", "engine", "worker", "engine.errors"])
def test_none_of_our_packages_can_be_imported(tmp_path: Path, package: str) -> None:
    environ = scrubbed(tmp_path) | {"PYTHONPATH": str(Path.cwd())}
    row = second(tmp_path, f"import {package}", environ=environ)
    assert "ModuleNotFoundError: No module named" in (row.error or "")


def test_a_repositorys_packages_of_our_names_are_its_own(tmp_path: Path) -> None:
    write_files(tmp_path, {"engine/__init__.py": f"VALUE = {GOOD}", "worker.py": "", "bot.py": ""})
    environ = scrubbed(tmp_path) | {"PYTHONPATH": str(Path.cwd())}
    row = second(tmp_path, "import bot, engine, worker; return engine.VALUE", environ=environ)
    assert row.status == "ok"


def test_global_generators_are_seeded_for_each_point(tmp_path: Path) -> None:
    code = (
        "import random, numpy\ndef f(params, seed):\n"
        "    drawn = {'a': random.random(), 'b': float(numpy.random.random())}\n"
        "    return {'metrics': {'is': drawn, 'oos': {}}}\n"
    )
    root = write_files(tmp_path, {"strategies/s.py": code})
    all_three = serial.evaluate(work_on(root))
    alone = serial.evaluate(work_on(root, points=work_on(root).points[2:]))
    assert alone[0].metrics == all_three[2].metrics
    assert all_three[1].metrics != all_three[2].metrics


def test_numerical_libraries_get_one_thread(tmp_path: Path) -> None:
    body = f"assert os.environ['OPENBLAS_NUM_THREADS'] == '1'; return {GOOD}"
    assert second(tmp_path, body).status == "ok"
