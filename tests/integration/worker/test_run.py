"""An order carried out for real: git, an environment, processes, a report."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from engine.errors import TransientError
from engine.orders import BenchmarkEvidence, RunReport
from engine.values import Side
from tests.fakes.orders import BENCH, Files, Work
from worker import run
from worker.run import carry_out

FILES: Files = {"bench.py": BENCH, "README.md": "base"}


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def work(tmp_path: Path, cache: Path) -> Work:
    return Work(tmp_path, cache)


def report_of(work: Work, base: Files, head: Files, **options: object) -> RunReport:
    source = work.repository(base, head)
    order = source.order(**options)  # type: ignore[arg-type]
    return carry_out(order, work.place(order, source).bundle, work.settings)


def saying(expression: str) -> str:
    """A benchmark that fails with what *expression* says, so that a test can read it."""
    return f"import os, sys\nsys.exit({expression})\n"


def tail(work: Work, expression: str, **options: object) -> str:
    report = report_of(work, {"bench.py": saying(expression)}, {"x": "y"}, **options)
    assert report.failure is not None
    return report.failure.tail.strip()


def test_a_benchmark_is_measured_on_both_sides_in_pairs(work: Work) -> None:
    report = report_of(work, FILES, {"README.md": "head"})
    assert report.failure is None
    assert isinstance(report.evidence, BenchmarkEvidence)
    sides = [launch.side for launch in report.evidence.launches]
    assert len(sides) >= 2
    assert sides.count(Side.BASE) == sides.count(Side.HEAD)


def test_the_report_answers_its_order_and_names_the_machine(work: Work) -> None:
    report = report_of(work, FILES, {"README.md": "head"}, run="check-9")
    assert (report.run, report.runner) == ("check-9", "tester")
    assert len(report.machine.fingerprint) == 16


def test_nothing_is_left_in_the_work_directory(work: Work) -> None:
    report_of(work, FILES, {"README.md": "head"})
    assert list((work.settings.work_dir / "tester").iterdir()) == []


def test_a_head_whose_code_crashes_is_the_candidates_failure(work: Work) -> None:
    report = report_of(work, FILES, {"bench.py": "raise SystemExit('no such luck')"})
    assert report.failure is not None
    assert (report.failure.blame, report.failure.side) == ("candidate", Side.HEAD)
    assert "no such luck" in report.failure.tail


def test_a_set_up_that_fails_names_its_command_and_side(work: Work) -> None:
    setup = (("python", "-c", "import pathlib; exit(pathlib.Path('README.md').read_text() or 0)"),)
    report = report_of(work, {**FILES, "README.md": ""}, {"README.md": "broken"}, setup=setup)
    assert report.failure is not None
    assert report.failure.side is Side.HEAD
    assert report.failure.step.startswith("setup: python -c ")
    assert report.failure.ending == "ended with status 1"
    assert report.failure.tail == "broken\n"


def test_a_malformed_output_is_wrong_input(work: Work) -> None:
    broken = "import sys; open(sys.argv[1], 'w').write('{')"
    report = report_of(work, {"bench.py": broken}, {"README.md": "x"})
    assert report.failure is not None
    assert report.failure.blame == "input"


def test_measuring_stops_at_the_suites_time(work: Work) -> None:
    report = report_of(work, {"bench.py": "import time; time.sleep(60)"}, {"x": "y"}, timeout_s=1.5)
    assert report.failure is not None
    assert report.failure.blame == "time"
    assert report.failure.tail.startswith("one pair takes more than ")
    assert report.failure.tail.endswith("timeout_s is 1.5")


def test_a_missing_bundle_may_be_mended_by_another_try(work: Work) -> None:
    source = work.repository(FILES)
    with pytest.raises(TransientError, match="source is missing"):
        carry_out(source.order(), work.folder / "nowhere", work.settings)


def test_the_repositorys_code_runs_in_an_interpreter_of_its_own(work: Work) -> None:
    assert tail(work, "sys.prefix").startswith("cache/environments/")


@pytest.mark.parametrize("package", ["engine", "worker", "bot", "rq", "msgspec"])
def test_none_of_our_packages_can_be_imported(work: Work, package: str) -> None:
    find = f"__import__('importlib.util').util.find_spec({package!r})"
    assert tail(work, f"repr({find})") == "None"


def test_nothing_of_the_runners_environment_is_seen(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHWATER_WEBHOOK_SECRET", "s3cret")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    names = tail(work, "' '.join(sorted(os.environ))").split()
    assert {"HIGHWATER_WEBHOOK_SECRET", "HTTPS_PROXY", "QUEUE_URL"}.isdisjoint(names)


def test_set_up_sees_the_network_variables_that_the_operator_allows(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    code = "import os; exit(os.environ['HTTPS_PROXY'] + str('AWS_SECRET_ACCESS_KEY' in os.environ))"
    report = report_of(work, FILES, {"x": "y"}, setup=(("python", "-c", code),))
    assert report.failure is not None
    assert report.failure.tail == "http://proxy.exampleFalse\n"


def test_both_sides_run_under_paths_of_one_length(work: Work) -> None:
    code = saying("str(len(os.getcwd() + sys.prefix + os.environ['HOME']))")
    setup = (("python", "-c", "pass"),)
    base = report_of(Work(work.folder / "1"), {"bench.py": code}, {"bench.py": BENCH}, setup=setup)
    head = report_of(Work(work.folder / "2"), {"bench.py": BENCH}, {"bench.py": code}, setup=setup)
    assert base.failure is not None
    assert head.failure is not None
    assert (base.failure.side, head.failure.side) == (Side.BASE, Side.HEAD)
    assert base.failure.tail == head.failure.tail != ""


def test_a_set_up_that_rewrites_measuring_files_changes_nothing(work: Work) -> None:
    rewrite = "import os; os.path.exists('evil') and open('bench.py', 'w').write('exit(9)')"
    setup = (("python", "-c", rewrite),)
    report = report_of(work, FILES, {"evil": ""}, setup=setup, measures=["bench.py"])
    assert report.failure is None


def test_code_that_rewrites_measuring_files_is_refused(work: Work) -> None:
    bench = f"import core\n{BENCH}"
    rewrite = "print(end='', file=open('bench.py', 'a')); open('bench.py', 'a').write('#')"
    files = {"bench.py": bench, "core.py": ""}
    report = report_of(work, files, {"core.py": rewrite}, measures=["bench.py"])
    assert (report.evidence, report.failure is not None) == (None, True)
    assert report.failure is not None
    assert (report.failure.blame, report.failure.side) == ("candidate", Side.HEAD)
    assert report.failure.tail == "bench.py"


CASES = "import core\n\ndef bench_sum():\n    return sum(range(core.{0}))\n"
SPEC: dict[str, object] = {
    "spec": "cases.py",
    "command": None,
    "format": None,
    "measure": {"max_pairs": 5},
}


def own_copy_report(work: Work, head: Files) -> RunReport:
    files = {"cases.py": CASES.format("N"), "core.py": "N = 20_000\n"}
    source = work.repository(files, {"cases.py": CASES.format("M"), **head})
    changed = {"measuring_changed": ("cases.py",)}
    order = msgspec.structs.replace(source.order(**SPEC), **changed)  # type: ignore[arg-type]
    return carry_out(order, work.place(order, source).bundle, work.settings)


def test_head_is_measured_by_its_own_copy_after_the_pairs(work: Work) -> None:
    evidence = own_copy_report(work, {"core.py": "N = 20_000\nM = 60_000\n"}).evidence

    assert isinstance(evidence, BenchmarkEvidence)
    levels = {
        (launch.purpose, launch.side): min(launch.measured[0].samples)
        for launch in evidence.launches
    }
    assert [one.purpose for one in evidence.launches[-5:]] == ["own_copy"] * 5
    assert levels["own_copy", Side.HEAD] > 2 * levels["pair", Side.HEAD]


def test_head_that_needs_its_own_copy_is_measured_by_that_alone(work: Work) -> None:
    evidence = own_copy_report(work, {"core.py": "M = 20_000\n"}).evidence

    assert isinstance(evidence, BenchmarkEvidence)
    of_head = [one for one in evidence.launches if one.side is Side.HEAD and one.measured]
    assert {one.purpose for one in of_head} == {"own_copy"}


def test_code_that_rewrites_its_own_copy_is_refused(work: Work) -> None:
    rewrite = "open('cases.py', 'a').write('#')\nM = 20_000\n"
    report = own_copy_report(work, {"core.py": rewrite})

    assert report.failure is not None
    assert report.failure.tail == "cases.py"


def test_the_report_says_whether_the_machine_is_dedicated(work: Work) -> None:
    work.settings = replace(work.settings, dedicated=True)
    assert report_of(work, FILES, {"README.md": "head"}).dedicated


TAMPERING = """\
import pathlib, sysconfig
folder = pathlib.Path(sysconfig.get_paths()["purelib"])
folder.chmod(0o755)
(folder / "sitecustomize.py").write_text("import time")
"""


def tampered(work: Work) -> list[Path]:
    return list((work.settings.cache_dir / "environments").rglob("sitecustomize.py"))


def test_code_that_writes_into_its_shared_environment_is_refused(tmp_path: Path) -> None:
    work = Work(tmp_path)
    report = report_of(work, FILES, {"bench.py": TAMPERING + BENCH})
    assert (report.evidence, report.failure is None) == (None, False)
    assert report.failure is not None
    assert report.failure.blame == "candidate"
    assert report.failure.ending == "changed its environment while it was measured"
    assert "sitecustomize.py" in report.failure.tail
    assert tampered(work) == []


def test_code_that_fails_leaves_no_changed_environment_to_others(tmp_path: Path) -> None:
    work = Work(tmp_path)
    report = report_of(work, FILES, {"bench.py": f"{TAMPERING}raise SystemExit('crashed')"})
    assert report.failure is not None
    assert report.failure.tail == "crashed\n"
    assert tampered(work) == []


def test_an_output_names_no_place_of_this_machine(work: Work) -> None:
    code = "import os, sys\nprint(os.getcwd(), sys.prefix, os.environ['HOME'])\n1 / 0\n"
    report = report_of(work, {"bench.py": code}, {"x": "y"})
    assert report.failure is not None
    assert str(work.folder) not in report.failure.tail
    assert str(work.settings.cache_dir) not in report.failure.tail
    assert report.failure.tail.startswith(". cache/environments/")
    assert "bench.py" in report.failure.tail


def test_an_output_shows_no_credentials_of_an_index(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://ada:s3cret@index.example/simple")
    code = "import os; exit(os.environ['PIP_INDEX_URL'])"
    report = report_of(work, FILES, {"x": "y"}, setup=(("python", "-c", code),))
    assert report.failure is not None
    assert report.failure.tail == "https://****@index.example/simple\n"


def test_a_folder_that_cannot_be_removed_takes_no_outcome_with_it(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_folder: Path) -> None:
        if list(_folder.glob("*")):
            raise PermissionError

    monkeypatch.setattr(run, "remove_tree", failing)
    assert report_of(work, FILES, {"x": "y"}).evidence is not None


def test_the_base_interpreter_is_not_our_own_environments(work: Work) -> None:
    assert not work.settings.base_python.is_relative_to(sys.prefix)
