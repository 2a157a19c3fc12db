"""``highwater check`` as a person uses it: a repository of their own, real measuring."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.fakes.bot_stage import BENCH, CONFIGURATION, FILES, SLOWER
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.worktrees import WorkTree

BOTH = (
    CONFIGURATION
    + """\
  other:
    kind: benchmark
    command: ["python", "bench.py", "{out}"]
    format: samples
    runs_on: [linux]
    paths: ["other/**"]
"""
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "environment-cache"


@pytest.fixture
def tree(tmp_path: Path) -> WorkTree:
    return WorkTree.create(tmp_path / "strategies", FILES)


def check(tree: WorkTree, cache: Path, *more: str) -> CommandResult:
    state = tree.directory.parent / "state"
    places = ("--repo", str(tree.directory), "--cache-dir", str(cache), "--state-dir", str(state))
    return run_cli("check", *places, *more)


@dataclass(frozen=True)
class Checked:
    """A regression that was checked once, for many questions."""

    done: CommandResult
    report: str
    document: dict[str, object]
    untouched: bool


@pytest.fixture(scope="module")
def regression(cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    folder = tmp_path_factory.mktemp("regression")
    tree = WorkTree.create(folder / "strategies", FILES)
    tree.write({"work.py": "from slow import CASES\n", "slow.py": SLOWER})
    before = tree.state()
    report, document = folder / "new" / "report.md", folder / "verdict.json"
    done = check(tree, cache, "--report", str(report), "--json", str(document))
    return Checked(
        done, report.read_text(), json.loads(document.read_bytes()), tree.state() == before
    )


def test_a_regression_in_an_untracked_file_ends_with_1(regression: Checked) -> None:
    assert regression.done.code == 1
    assert regression.document["outcome"] == "regression"


def test_a_check_of_the_work_tree_touches_neither_refs_nor_index(regression: Checked) -> None:
    assert regression.untouched


def test_the_terminal_says_the_decision_first_and_what_to_do_last(regression: Checked) -> None:
    lines = regression.done.stdout.splitlines()
    assert lines[0].startswith("Regression: parse is ")
    next_steps = " ".join(lines[lines.index("Next".ljust(len(lines[-1]))) :])
    assert "doubt it: highwater check --base" in " ".join(next_steps.split())
    assert "Wrote" in regression.done.stderr


def test_the_report_is_the_comment_without_what_a_laptop_lacks(regression: Checked) -> None:
    assert regression.report.splitlines()[1].startswith("## ❌ Regression: `parse`")
    for absent in ("highwater replay", "Re-run", "push"):
        assert absent not in regression.report


def test_json_stands_alone_and_docs_alone_are_skipped(tree: WorkTree, cache: Path) -> None:
    tree.write({"README.md": "words"})
    done = check(tree, cache, "--format", "json")
    document = json.loads(done.stdout)
    assert (done.code, document["skipped"], document["suites"]) == (0, ["core"], [])


def test_a_named_suite_runs_whatever_changed(tree: WorkTree, cache: Path) -> None:
    tree.commit({".highwater.yml": BOTH})
    tree.write({"README.md": "words"})
    document = json.loads(check(tree, cache, "--suite", "other", "--format", "json").stdout)
    assert [suite["suite"] for suite in document["suites"]] == ["other"]
    assert document["outcome"] == "pass"


@pytest.mark.parametrize("strict, code", [(False, 4), (True, 1)])
def test_a_case_that_is_gone_is_no_verdict_and_strictly_a_failure(
    tree: WorkTree, cache: Path, *, strict: bool, code: int
) -> None:
    tree.write({"work.py": "CASES = {'parse': 10.0}\n"})
    assert check(tree, cache, *(["--strict"] if strict else [])).code == code


def test_a_case_that_fails_is_a_failed_check_with_its_output(tree: WorkTree, cache: Path) -> None:
    tree.write({"work.py": "raise SystemExit('no \\x1b[31msuch\\x1b[2J luck')\n"})
    done = check(tree, cache)
    assert done.code == 1
    assert "no such luck" in done.stdout
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    "arguments, said",
    [
        ((), "hold the same files"),
        (("--base", "gone"), "'gone' is not a commit"),
        (("--suite", "cores"), "there are: core."),
        (("--report", "work.py/x.md"), "no file can be written there"),
    ],
)
def test_what_cannot_be_checked_is_told_before_anything_is_measured(
    tree: WorkTree,
    cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.chdir(tree.directory)
    if arguments:
        tree.write({"work.py": SLOWER, "bench.py": "raise SystemExit('measured')"})
    done = check(tree, cache, *arguments)
    assert (done.code, done.stdout) == (5, "")
    assert said in done.stderr


ESCAPING = """\
import os, pathlib, signal, subprocess, sys, time
mark = pathlib.Path({mark!r})
child = "import time; time.sleep(99)"
mark.write_text(str(subprocess.Popen([sys.executable, "-c", child], start_new_session=True).pid))
os.kill(os.getppid(), signal.SIGKILL)
time.sleep(99)
"""


def test_what_escapes_a_killed_guard_does_not_survive_the_check(
    tree: WorkTree, cache: Path, tmp_path: Path
) -> None:
    mark = tmp_path / "pid"
    tree.write({"work.py": ESCAPING.format(mark=str(mark))})
    check(tree, cache)
    assert not psutil.pid_exists(int(mark.read_text()))


@pytest.fixture
def hanging(tree: WorkTree, cache: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Start a check whose bench waits for ever; its temporary files are in ``tmp``."""
    code = f"import time; open({str(tmp_path / 'reached')!r}, 'w'); time.sleep(99)\n"
    tree.write({"work.py": code})
    tree.commit({"bench.py": "import work\n" + BENCH})
    (tmp_path / "tmp").mkdir()
    tree.write({"x": ""})
    argv = ["-m", "bot.cli.main", "check", "--suite", "core", "--repo", str(tree.directory)]
    process = subprocess.Popen(
        [sys.executable, *argv, "--cache-dir", str(cache), "--state-dir", str(tmp_path / "state")],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stderr=subprocess.PIPE,
    )
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_check_that_is_ended_leaves_neither_folders_nor_processes(
    hanging: subprocess.Popen[bytes], tmp_path: Path, number: signal.Signals
) -> None:
    give_up = time.monotonic() + 60
    while not (tmp_path / "reached").exists() and time.monotonic() < give_up:
        time.sleep(0.05)
    assert list((tmp_path / "tmp").iterdir())
    started = psutil.Process(hanging.pid).children(recursive=True)
    hanging.send_signal(number)
    _, said = hanging.communicate(timeout=30)
    assert hanging.returncode == {signal.SIGTERM: 143, signal.SIGINT: 130}[number], said
    assert b"Traceback" not in said
    assert list((tmp_path / "tmp").iterdir()) == []
    assert [one for one in started if one.is_running()] == []


def test_a_workflow_command_stands_on_the_budgets_line_and_tells_the_effect(
    tree: WorkTree, cache: Path
) -> None:
    tree.write({"work.py": SLOWER})
    shown = check(tree, cache, "--format", "github").stdout
    (error,) = [line for line in shown.splitlines() if line.startswith("::error ")]
    line = 1 + CONFIGURATION.splitlines().index("      default: {time: {max_worsening: 0.10}}")
    assert error.startswith(f"::error file=.highwater.yml,line={line},")
    assert "99 %25 interval" in error


NOISY = """\
import json, random, sys
launches = [
    {"case": "parse", "metric": "wall", "unit": "ms", "better": "lower",
     "samples": [10 * random.lognormvariate(0, 0.2)] * 20}
]
json.dump({"schema_version": 1, "launches": launches}, open(sys.argv[1], "w"))
"""


def suite_of(done: CommandResult) -> dict[str, Any]:
    (suite,) = json.loads(done.stdout)["suites"]
    return dict(suite)


def test_a_check_of_the_same_files_goes_on_with_the_same_evidence(
    tree: WorkTree, cache: Path
) -> None:
    few = CONFIGURATION + "    measure: {max_pairs: 5}\n"
    tree.commit({"bench.py": NOISY, ".highwater.yml": few})
    tree.write({"work.py": SLOWER})
    checks = [suite_of(check(tree, cache, "--format", "json")) for _ in range(2)]
    tree.commit({"work.py": SLOWER})
    third = suite_of(check(tree, cache, "--base", "HEAD~1", "--head", "HEAD", "--format", "json"))

    first, second = ([row["pairs"] for row in one["findings"]] for one in checks)
    assert first == [5]
    assert second[0] > 5
    said = "reuses 5 pairs of earlier checks here of the same files"
    assert said in checks[1]["caveats"]
    # A commit of the same files is no other question: nothing is begun anew.
    assert third["findings"][0]["pairs"] >= second[0]


def test_what_was_decided_stays_decided_however_often_it_is_asked(
    tree: WorkTree, cache: Path
) -> None:
    tree.write({"work.py": SLOWER})
    one, two = (suite_of(check(tree, cache, "--format", "json")) for _ in range(2))

    assert one["findings"] == two["findings"]
    assert two["outcome"] == "regression"


def test_other_files_are_another_question(tree: WorkTree, cache: Path) -> None:
    tree.write({"work.py": SLOWER})
    check(tree, cache)
    tree.write({"work.py": SLOWER + "# more\n"})
    caveats = suite_of(check(tree, cache, "--format", "json"))["caveats"]

    assert not any("reuses" in caveat for caveat in caveats)
    assert len(list((tree.directory.parent / "state" / "evidence").glob("*.json"))) == 2


def test_draws_follow_from_nothing_that_anybody_could_know(tree: WorkTree, cache: Path) -> None:
    tree.commit({"work.py": SLOWER})
    state = tree.directory.parent / "state"
    seeds = []
    for _ in range(2):
        check(tree, cache, "--base", "HEAD~1", "--head", "HEAD")
        (kept,) = (state / "evidence").glob("*.json")
        seeds.append(json.loads(kept.read_text())["seed"])
        kept.unlink()

    assert seeds[0] != seeds[1]


def test_where_nothing_can_be_kept_it_is_measured_and_told(
    tree: WorkTree, cache: Path, tmp_path: Path
) -> None:
    tree.write({"work.py": SLOWER})
    (tmp_path / "state").write_text("a file")
    done = check(tree, cache)

    assert done.code == 1
    assert "Nothing of this check will be kept" in done.stderr


def test_evidence_that_was_spoilt_is_told_and_measured_anew(tree: WorkTree, cache: Path) -> None:
    tree.write({"work.py": SLOWER})
    check(tree, cache)
    (kept,) = (tree.directory.parent / "state" / "evidence").glob("*.json")
    kept.write_text('{"seed": ')
    done = check(tree, cache)

    assert (done.code, "Measuring anew" in done.stderr) == (1, True)
    assert json.loads(kept.read_text())["schema_version"] == 1


def test_without_linux_nothing_is_measured_and_the_machine_is_named() -> None:
    code = (
        "import sys; import bot.cli.main; import worker.machine as machine; "
        "machine.require_linux.__defaults__ = ('darwin',); "
        "import os; del os.sched_getaffinity; "
        "sys.exit(bot.cli.main.main(sys.argv[1:]))"
    )
    for command in (("check",), ("null",), ("bench", "run"), ("runner",)):
        argv = [sys.executable, "-c", code, *command]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert done.returncode == 5
        assert "Measuring needs Linux, and this is darwin." in done.stderr
