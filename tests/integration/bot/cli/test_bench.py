"""``highwater bench`` as a person uses it, in a repository of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.bench_comparison import WEAK_RULE, WEAK_RULE_OF_SAMPLES
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.tasks import write_files
from worker.machine import this_machine

CONFIGURATION = """\
version: 1
suites:
  core:
    kind: benchmark
    command: [python, bench.py, "{out}"]
    format: samples
    runs_on: [linux]
  other:
    kind: benchmark
    command: [python, bench.py, "{out}", other]
    format: samples
    runs_on: [linux]
"""
BENCH = """\
import json, sys
case = {"metric": "wall", "unit": "us", "better": "lower"}
name = (sys.argv[2:] or ["sum"])[0]
launches = [case | {"case": name, "samples": [LEVEL, LEVEL * 1.5]}]
json.dump({"schema_version": 1, "launches": launches}, open(sys.argv[1], "w"))
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(write_files(tmp_path, {".highwater.yml": CONFIGURATION, ".git/HEAD": ""}))
    level(tmp_path, 100)
    return tmp_path


def level(repository: Path, microseconds: float) -> None:
    (repository / "bench.py").write_text(BENCH.replace("LEVEL", str(microseconds)))


def bench(*more: str) -> CommandResult:
    return run_cli("bench", "run", "--launches", "2", *more)


def baselines(repository: Path) -> dict[str, Any]:
    machine = this_machine()
    name = f"{machine.platform}-{machine.fingerprint[:8]}.json"
    found: dict[str, Any] = json.loads((repository / "benchmarks/baselines" / name).read_text())
    return found


def test_missing_baselines_are_recorded_with_this_platform(repository: Path) -> None:
    done = bench()
    assert done.code == 0
    assert "⚠ NO BASELINE: sum recorded for future comparisons" in done.stdout
    found = baselines(repository)
    assert found["fingerprint"] == this_machine().fingerprint
    assert set(found["baselines"]) == {"sum", "other"}
    assert found["baselines"]["sum"]["mean_ns"] == pytest.approx(125_000)
    assert found["baselines"]["sum"]["sample_size"] == 4


def test_samples_of_every_launch_are_written(repository: Path) -> None:
    bench("core", "--out", "out")
    document = json.loads((repository / "out/samples.json").read_text())
    assert document["fingerprint"] == this_machine().fingerprint
    assert [one["samples"] for one in document["launches"]] == [
        pytest.approx([0.0001, 0.00015]),
        pytest.approx([0.0001, 0.00015]),
    ]


def test_a_regression_ends_with_1_and_changes_no_baseline(repository: Path) -> None:
    bench()
    before = baselines(repository)
    level(repository, 120)
    done = bench("core")
    assert done.code == 1
    assert "❌ REGRESSION DETECTED: sum" in done.stdout
    assert WEAK_RULE in done.stdout
    assert baselines(repository) == before


def test_a_first_run_compares_nothing_and_names_no_rule(repository: Path) -> None:
    done = bench("core")
    assert (done.code, WEAK_RULE in done.stdout) == (0, False)
    assert f"Baselines: {repository}" in done.stdout.replace("\n", "")


@pytest.mark.parametrize("by", ["flag", "environment", ".env"])
def test_existing_baselines_are_replaced_only_when_asked(
    repository: Path, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    bench()
    level(repository, 120)
    if by == "environment":
        monkeypatch.setenv("UPDATE_BASELINES", "1")
    if by == ".env":
        monkeypatch.delenv("HIGHWATER_ENV_FILE")
        (repository / ".env").write_text("UPDATE_BASELINES=1\n")
    done = bench("core", *(["--update-baselines"] if by == "flag" else []))
    assert done.code == 0
    levels = baselines(repository)["baselines"]
    assert levels["sum"]["mean_ns"] == pytest.approx(150_000)
    assert levels["other"]["mean_ns"] == pytest.approx(125_000)


def test_what_is_replaced_is_no_regression(repository: Path) -> None:
    bench()
    level(repository, 120)
    done = bench("core", "--update-baselines")
    assert "✓ BASELINE REPLACED: sum 125 µs → 150 µs (+20.00% change)" in done.stdout
    assert "REGRESSION" not in done.stdout


def test_a_wish_that_is_neither_yes_nor_no_is_told(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPDATE_BASELINES", "maybe")
    done = bench()
    assert (done.code, "UPDATE_BASELINES" in done.stderr) == (5, True)


def test_an_improvement_is_within_budget(repository: Path) -> None:
    bench()
    level(repository, 50)
    done = bench("core")
    assert done.code == 0
    assert "✓ IMPROVEMENT: sum is 50.00% faster than baseline" in done.stdout


def test_a_case_that_is_gone_is_never_green(repository: Path) -> None:
    bench()
    code = (repository / "bench.py").read_text().replace('"sum"', '"product"')
    (repository / "bench.py").write_text(code)
    done = bench()
    assert done.code == 4
    assert "sum has a baseline but was not measured" in done.stdout


def test_a_suite_that_measures_nothing_is_never_green(repository: Path) -> None:
    nothing = '{"schema_version": 1, "launches": []}'
    code = f"import sys; open(sys.argv[1], 'w').write('{nothing}')"
    (repository / "bench.py").write_text(code)
    assert bench().code == 4
    assert not (repository / "benchmarks").exists()


def test_a_failing_command_ends_with_1_and_its_output(repository: Path) -> None:
    (repository / "bench.py").write_text("raise SystemExit('no such luck')")
    done = bench()
    assert done.code == 1
    assert "benchmark core ended with status 1" in done.stderr
    assert "no such luck" in done.stderr


def test_an_unknown_suite_is_told_with_the_known_ones(repository: Path) -> None:
    done = bench("cor")
    assert done.code == 5
    assert "has no benchmark suite 'cor'." in done.stderr
    assert "It has: core, other." in done.stderr


def test_two_suites_with_one_case_are_refused(repository: Path) -> None:
    text = CONFIGURATION.replace('"{out}", other', '"{out}"')
    (repository / ".highwater.yml").write_text(text)
    done = bench()
    assert done.code == 5
    assert "suites core and other both have a case 'sum'" in done.stderr


def test_the_baselines_of_other_hardware_are_not_overwritten(repository: Path) -> None:
    bench()
    (path,) = (repository / "benchmarks/baselines").iterdir()
    path.write_text(path.read_text().replace(this_machine().fingerprint, "0" * 16))
    done = bench()
    assert done.code == 5
    assert "is of hardware 0000000000000000" in done.stderr


def test_a_broken_baseline_file_is_kept_and_told_before_measuring(repository: Path) -> None:
    bench()
    (path,) = (repository / "benchmarks/baselines").iterdir()
    path.write_text("{")
    (repository / "bench.py").write_text("open('measured', 'w')")
    assert bench().code == 5
    assert path.read_text() == "{"
    assert not (repository / "measured").exists()


def test_a_place_that_cannot_be_written_is_told_before_measuring(repository: Path) -> None:
    (repository / "bench.py").write_text("open('measured', 'w')")
    done = bench("--out", "bench.py/out")
    assert (done.code, "no file can be written there" in done.stderr) == (5, True)
    assert not (repository / "measured").exists()


def test_the_command_sees_no_setting_of_ours(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "REDIS_URL", "QUEUE_URL"):
        monkeypatch.setenv(name, "redis://:hunter2@queue/0")
    monkeypatch.setenv("HIGHWATER_WEBHOOK_SECRET", "hunter2")
    code = "import os\nopen('seen', 'w').write('hunter2' if 'hunter2' in str(os.environ) else '')\n"
    (repository / "bench.py").write_text(code + BENCH.replace("LEVEL", "100"))
    assert bench("core").code == 0
    assert (repository / "seen").read_text() == ""


def test_nothing_that_a_command_starts_outlives_it(repository: Path) -> None:
    code = """\
import os, signal, subprocess, sys, time
sleeping = [sys.executable, "-c", "import time; time.sleep(99)"]
open("pid", "w").write(str(subprocess.Popen(sleeping, start_new_session=True).pid))
os.kill(os.getppid(), signal.SIGKILL)
time.sleep(99)
"""
    (repository / "bench.py").write_text(code)
    bench("core")
    assert not psutil.pid_exists(int((repository / "pid").read_text()))


@pytest.fixture
def files(repository: Path) -> tuple[str, str]:
    """Make this platform's baselines and samples of the same level; gives their paths."""
    bench("core", "--out", "out")
    (baseline,) = (repository / "benchmarks/baselines").iterdir()
    return "out/samples.json", str(baseline)


def compare(current: str, baseline: str, *more: str) -> CommandResult:
    return run_cli("bench", "compare", "--current", current, "--baseline", baseline, *more)


def test_equal_samples_are_within_budget(files: tuple[str, str]) -> None:
    done = compare(*files)
    assert done.code == 0
    assert "✓ OK: sum within acceptable variance (+0.00% change)" in done.stdout


def test_comparing_writes_nothing(repository: Path, files: tuple[str, str]) -> None:
    before = sorted((path, path.stat().st_mtime_ns) for path in repository.rglob("*"))
    compare(*files)
    assert sorted((path, path.stat().st_mtime_ns) for path in repository.rglob("*")) == before


def test_the_threshold_decides(repository: Path, files: tuple[str, str]) -> None:
    level(repository, 108)
    bench("core", "--out", "out")
    assert [compare(*files, "--threshold", bound).code for bound in ("0.05", "0.10")] == [1, 0]


@pytest.mark.parametrize("threshold", ["nan", "inf", "-0.1", "x"])
def test_a_threshold_that_is_no_fraction_is_wrong_usage(
    files: tuple[str, str], threshold: str
) -> None:
    assert compare(*files, "--threshold", threshold).code == 2


def test_a_case_without_a_baseline_is_not_recorded(
    repository: Path, files: tuple[str, str]
) -> None:
    run_cli("bench", "run", "other", "--out", "new", "--launches", "2")
    done = compare("new/samples.json", "out/samples.json")
    assert "⚠ NO BASELINE: other not recorded (bench run records)" in done.stdout
    assert done.code == 4


def test_samples_can_be_compared_with_samples(files: tuple[str, str]) -> None:
    assert compare(files[0], files[0]).code == 0


def test_another_platforms_baselines_are_never_compared(
    repository: Path, files: tuple[str, str]
) -> None:
    path = Path(files[1])
    path.write_text(path.read_text().replace(this_machine().fingerprint, "0" * 16))
    done = compare(*files)
    assert done.code == 4
    assert done.stderr.startswith("No verdict: measured on hardware")


OLDER = {"fingerprint": None}  # a file of the source document's form


def rewritten(path: str, **fields: Any) -> None:
    document = json.loads(Path(path).read_text())
    Path(path).write_text(json.dumps({**document, **fields}))


def test_an_older_file_of_another_platform_is_not_compared(files: tuple[str, str]) -> None:
    rewritten(files[1], **OLDER, platform="aarch64-linux-gnu")
    done = compare(*files)
    assert (done.code, done.stdout) == (4, "")
    assert "aarch64-linux-gnu" in done.stderr


def test_an_older_file_of_this_platform_is_compared_and_said_to_be_one(
    files: tuple[str, str],
) -> None:
    rewritten(files[1], **OLDER)
    done = compare(*files)
    assert done.code == 0
    assert "Of the baselines only the platform is known" in done.stdout


@pytest.mark.parametrize("fingerprint", [None, "0" * 16])
def test_samples_of_unknown_hardware_are_not_compared(
    files: tuple[str, str], fingerprint: str | None
) -> None:
    rewritten(files[0], fingerprint=fingerprint)
    rewritten(files[1], **OLDER)
    assert compare(*files).code == 4


def test_samples_on_both_sides_are_not_said_to_be_missing(files: tuple[str, str]) -> None:
    done = compare(files[0], files[0])
    assert WEAK_RULE_OF_SAMPLES in done.stdout
    assert "without samples of both sides" not in done.stdout


def test_samples_without_a_case_are_no_verdict(repository: Path, files: tuple[str, str]) -> None:
    (repository / files[0]).write_text('{"schema_version": 1, "launches": []}')
    assert compare(*files).code == 4


@pytest.mark.parametrize("content", ["", "{", "[]", '{"launches": 3}', "\x00"])
def test_a_file_that_is_none_ends_with_1(
    repository: Path, files: tuple[str, str], content: str
) -> None:
    (repository / "broken.json").write_text(content)
    for paths in (("broken.json", files[1]), (files[0], "broken.json")):
        done = compare(*paths)
        assert done.code == 1
        assert "broken.json" in done.stderr


def test_json_stands_alone_on_standard_output(files: tuple[str, str]) -> None:
    done = compare(*files, "--format", "json")
    assert json.loads(done.stdout)["cases"][0]["status"] == "ok"
