"""The examples of other people's engines, each checked end to end on real bars."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.guarded_examples import ENGINES, EXAMPLES, example

pytestmark = pytest.mark.needs_program("git", "git")


def checked(tree: Path, state: Path) -> CommandResult:
    places = ("--cache-dir", str(state / "cache"), "--state-dir", str(state / "state"))
    return run_cli("check", "--repo", str(tree), *places, "--format", "json")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_tighter_stop_that_costs_sharpe_is_a_regression(engine: str, tmp_path: Path) -> None:
    tree = example(engine, tmp_path / "tree")
    strategy = (EXAMPLES / engine / "strategy.py").read_text()
    assert "STOP = 0.08" in strategy
    tree.write({"strategy.py": strategy.replace("STOP = 0.08", "STOP = 0.01")})

    done = checked(tree.directory, tmp_path)

    document = json.loads(done.stdout)
    assert (done.code, document["outcome"]) == (1, "regression"), done.stdout + done.stderr
    assert "sharpe" in done.stdout


@pytest.mark.parametrize("engine", ENGINES)
def test_the_same_strategy_in_other_words_passes_with_the_same_trades(
    engine: str, tmp_path: Path
) -> None:
    tree = example(engine, tmp_path / "tree")
    strategy = (EXAMPLES / engine / "strategy.py").read_text()
    tree.write({"strategy.py": strategy.replace("STOP", "DISTANCE") + "\n\nUNUSED = 1\n"})

    done = checked(tree.directory, tmp_path)

    document = json.loads(done.stdout)
    assert (done.code, document["outcome"]) == (0, "pass"), done.stdout + done.stderr


@pytest.mark.parametrize("engine", ENGINES)
def test_the_writer_has_ten_lines_at_most_beside_its_imports(engine: str) -> None:
    lines = (EXAMPLES / engine / "write_rows.py").read_text().splitlines()[1:]
    written = [line for line in lines if line and not re.match("import |from ", line)]
    assert len(written) <= 10


@pytest.mark.parametrize("engine", ENGINES)
def test_only_the_declaration_its_budget_and_the_writer_are_added(engine: str) -> None:
    names = {path.name for path in (EXAMPLES / engine).iterdir() if path.is_file()}
    added = {".highwater.yml", "perf_budget.yaml", "write_rows.py"}
    assert names == {"strategy.py", "requirements.txt", *added}


@pytest.mark.parametrize("name", ["write_rows.py", ".highwater.yml", "perf_budget.yaml"])
def test_the_page_shows_files_of_an_example_as_they_are(name: str, root: Path) -> None:
    page = (root / "docs/how-to/guard-another-engine.md").read_text()
    assert f"\n{(EXAMPLES / 'vectorbt' / name).read_text()}```\n" in page


def test_the_examples_declare_the_same_suite() -> None:
    declared = [yaml.safe_load((EXAMPLES / one / ".highwater.yml").read_text()) for one in ENGINES]
    assert declared[0] == declared[1] == declared[2]
