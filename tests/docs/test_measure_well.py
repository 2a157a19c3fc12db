"""The recipes for measuring are such: each is read, and each script does what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine.configuration_file import parse_configuration
from engine.formats import FORMATS
from worker.suites.harness import HARNESS

PAGE = (Path(__file__).parents[2] / "docs/how-to/measure-well.md").read_text()
RECIPES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
SCRIPTS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)

GO = """\
goos: linux
BenchmarkDecode/small-2         	   41026	      1312 ns/op	     120 B/op
BenchmarkDecode/small-2         	   40112	      1330.5 ns/op	     120 B/op
BenchmarkEncode         	   41026	      99.1 ns/op
PASS
"""


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_recipe_is_a_configuration(recipe: str) -> None:
    (suite,) = parse_configuration(recipe.encode()).configuration.suites.values()
    assert (suite.spec is None) == (suite.format in FORMATS)


def test_there_is_a_recipe_of_each_way_to_measure() -> None:
    suites = [
        suite
        for recipe in RECIPES
        for suite in parse_configuration(recipe.encode()).configuration.suites.values()
    ]
    assert [suite.format for suite in suites] == [None, "pytest-benchmark", "samples"]


@pytest.mark.parametrize("tool", ["Criterion", "Go", "Google Benchmark", "JMH"])
def test_every_tool_has_its_short_launch(tool: str) -> None:
    assert f"| {tool} | `" in PAGE


def test_the_options_of_the_recipe_are_pytest_benchmarks() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, check=True
    ).stdout
    named = re.findall(r"--benchmark-[a-z-]+", RECIPES[1])
    assert named
    assert [option for option in named if option not in shown] == []


def test_the_script_for_go_writes_samples(tmp_path: Path) -> None:
    (tmp_path / "go").write_text(f"#!/bin/sh\ncat <<'END'\n{GO}END\n")
    (tmp_path / "go").chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    out = tmp_path / "out.json"

    subprocess.run([sys.executable, "-c", SCRIPTS[1], str(out)], env=environ, check=True)

    found = {launch.case: launch.samples for launch in FORMATS["samples"](out.read_bytes(), "out")}
    assert found == {
        "BenchmarkDecode/small": pytest.approx((1312e-9, 1330.5e-9)),
        "BenchmarkEncode": pytest.approx((99.1e-9,)),
    }


def test_the_harness_is_where_the_runner_looks_for_it() -> None:
    assert HARNESS.is_file()
