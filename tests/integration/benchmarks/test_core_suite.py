"""The shipped benchmark suite: its results are right, and it measures what it says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from engine.baseline_files import parse_platform_baseline
from engine.configuration_file import parse_configuration
from engine.formats import samples_json
from engine.values import Better
from tests.fakes.cli import run_cli
from tests.fakes.worktrees import WorkTree

CASES = [
    "vector_similarity_768d_1000c",
    "spreading_activation_1000n_100i",
    "spreading_activation_1000n_depth5",
    "decay_calculation_10000m",
]


def core(root: Path, *arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run the suite, after *code* when there is any."""
    suite = root / "benchmarks/suites/core"
    script = f"import runpy, sys\nsys.path.insert(0, {str(suite)!r})\n{code}\n"
    script += f"runpy.run_path({str(suite / 'run.py')!r}, run_name='__main__')\n"
    argv = [sys.executable, "-c", script, *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def test_its_cases_are_listed(root: Path) -> None:
    assert core(root, "--list").stdout.split() == CASES


def test_it_measures_every_case_and_writes_samples(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "samples.json"
    done = core(root, "--out", str(out), "--batches", "2")
    assert done.returncode == 0, done.stderr
    launches = samples_json.parse(out.read_bytes(), "samples.json")
    assert [launch.case for launch in launches] == CASES
    for launch in launches:
        assert (launch.metric, launch.unit, launch.better) == ("cpu", "s", Better.LOWER)
        assert len(launch.samples) == 2
        assert all(1e-7 < sample < 0.1 for sample in launch.samples)


def test_chosen_cases_alone_are_measured(root: Path, tmp_path: Path) -> None:
    out = tmp_path / "samples.json"
    core(root, "--out", str(out), "--batches", "1", CASES[3])
    launches = samples_json.parse(out.read_bytes(), "samples.json")
    assert [launch.case for launch in launches] == [CASES[3]]


def test_an_unknown_case_is_wrong_usage(root: Path, tmp_path: Path) -> None:
    done = core(root, "--out", str(tmp_path / "out"), "decay")
    assert done.returncode == 2
    assert "no such case: decay" in done.stderr


@pytest.mark.parametrize(
    "case, code",
    [
        (CASES[0], "import vector_similarity as m; m.np.dot = lambda a, b, out: out.fill(0)"),
        (CASES[1], "import spreading_activation as m; m.Synchronous.spread = lambda s, a, n: a"),
        (CASES[2], "import spreading_activation as m; m.FromOneSource.iterate = lambda s, n: 0"),
        (CASES[3], "import decay as m; m.np.exp = m.np.cos"),
    ],
)
def test_a_case_with_a_wrong_result_takes_no_time(
    root: Path, tmp_path: Path, case: str, code: str
) -> None:
    done = core(root, "--out", str(tmp_path / "out"), "--batches", "1", case, code=code)
    assert done.returncode == 1
    assert "AssertionError" in done.stderr
    assert not (tmp_path / "out").exists()


def test_its_configuration_is_valid(root: Path) -> None:
    parsed = parse_configuration((root / ".highwater.yml").read_bytes())
    assert set(parsed.configuration.suites) == {"ci_smoke", "core", "engine"}


def test_a_case_that_became_slower_is_a_regression(root: Path, tmp_path: Path) -> None:
    suite = "benchmarks/suites/core"
    files = {f"{suite}/{one.name}": one.read_text() for one in (root / suite).glob("*.py")}
    tree = WorkTree.create(tmp_path / "tree", {**files, ".highwater.yml": declared(root)})
    first = "        np.multiply(self.ages[chosen], np.float32(-1.0 / TAU), out=self.decayed)\n"
    more = "        np.exp(self.ages[chosen] * np.float32(-1e-9), out=self.decayed)\n"
    slower = files[f"{suite}/decay.py"].replace(first, 3 * more + first)
    tree.write({f"{suite}/decay.py": slower})
    cache = ("--cache-dir", str(tmp_path / "cache"), "--state-dir", str(tmp_path / "state"))
    done = run_cli("check", "--repo", str(tree.directory), *cache, "--format", "json")
    document = json.loads(done.stdout)
    assert (done.code, document["outcome"]) == (1, "regression"), done.stdout


def declared(root: Path) -> str:
    """Declare one case of the suite, measured by the files that our own declaration names."""
    ours = parse_configuration((root / ".highwater.yml").read_bytes()).configuration
    command = [*(ours.suites["core"].command or ())[:-1], "--batches", "5", CASES[3]]
    packages = str(Path(np.__file__).parent.parent)  # what `setup` would install takes minutes
    setup = f"import site; open(site.getsitepackages()[0] + '/x.pth', 'w').write({packages!r})"
    core = {
        "kind": "benchmark",
        "command": command,
        "format": "samples",
        "measures": ours.suites["core"].measures,
        "budget": {"default": {"time": {"max_worsening": 0.25}}},
        "runs_on": ["linux"],
    }
    declaration = {"version": 1, "setup": [["python", "-c", setup]], "suites": {"core": core}}
    return json.dumps(declaration)


def test_the_committed_platform_baselines_are_of_its_cases(root: Path) -> None:
    files = sorted((root / "benchmarks/baselines").glob("*-????????.json"))
    assert files
    for file in files:
        baseline = parse_platform_baseline(file.read_bytes(), file.name)
        assert set(baseline.baselines) == set(CASES)
        assert baseline.fingerprint is not None
        assert file.name == f"{baseline.platform}-{baseline.fingerprint[:8]}.json"
