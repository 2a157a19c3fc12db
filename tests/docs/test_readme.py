"""The README's comment is the program's own, and its example file is valid."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

import highwater
from engine.configuration_file import parse_configuration
from engine.reports.comment import render_comment
from engine.reports.document import parse_document
from engine.reports.sections import Links


def test_the_readme_shows_the_comment_as_the_program_renders_it(root: Path) -> None:
    verdict = parse_document((root / "docs/reference/example-verdict.json").read_bytes())
    url = f"https://highwater.example.org/verdicts/{verdict.check}.json"

    comment = render_comment(verdict, Links(details_url=url, json_url=url, run=verdict.check))

    assert comment in (root / "README.md").read_text()


def test_the_readmes_configuration_is_valid(root: Path) -> None:
    (block,) = re.findall(r"```yaml\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)

    parsed = parse_configuration(block.encode())

    assert sorted(parsed.configuration.suites) == ["ci_smoke", "core"]


def test_the_readmes_strategy_trades(root: Path, tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text(), re.DOTALL)
    (tmp_path / "breakout.py").write_text(block)
    strategy = runpy.run_path(str(tmp_path / "breakout.py"))["Breakout"]

    bars = highwater.load_bars(root / "benchmarks/data/sp500.csv")

    assert len(highwater.run(strategy(), bars).trades) > 10


def test_ci_calls_the_readmes_test_command(root: Path) -> None:
    assert "\nmake test\n" in (root / "README.md").read_text()
    assert (root / ".ci/run").read_text().rstrip().endswith("make test")
