"""Pages that a newcomer follows step by step: their files are written and their commands run.

A fence below a paragraph that ends in "`PATH`:" is the content of that file. A fence of shell is
run line by line; a line that is to fail says so in a comment, ``# ends with CODE``. Lines of make
are left out: its targets have tests of their own.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.fakes.bot_stage import FILES
from tests.fakes.cli import run_cli
from tests.fakes.worktrees import WorkTree

TUTORIAL = "docs/tutorial/first-check.md"
SWEEP = "docs/how-to/write-a-sweep.md"
BACKTEST = "docs/how-to/run-a-backtest.md"
STRATEGY = "docs/how-to/write-a-strategy.md"
CERTIFY = "docs/how-to/certify-a-runner.md"
OURS = re.compile(r"HIGHWATER_|REDIS_URL|QUEUE_URL|DATABASE_URL|VIRTUAL_ENV")
PERSON = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Somebody"), ("EMAIL", "somebody@example.org"))
}
pytestmark = pytest.mark.needs_program("git", "git")


def steps(page: Path) -> Iterator[str]:
    """Turn a page into lines of a script, in the page's order."""
    named = None
    for token in MarkdownIt("commonmark").parse(page.read_text()):
        if token.type == "inline":
            found = re.search(r"`([\w./-]+\.\w+)`:$", token.content)
            named = found[1] if found else None
        elif token.type == "fence":
            if token.info == "sh":
                yield from (_command(line) for line in token.content.splitlines())
            elif named is not None:
                yield _file(named, token.content)
            named = None


def _command(line: str) -> str:
    if "make" in shlex.split(line, comments=True):
        return ":"
    expected = re.search(r"# ends with (\d+)$", line)
    if expected is None:
        return line
    return f'code=0; {line[: expected.start()]} || code=$?; test "$code" = {expected[1]}'


def _file(name: str, content: str) -> str:
    folder = shlex.quote(str(Path(name).parent))
    return f"mkdir -p {folder}; cat > {shlex.quote(name)} <<'END OF FILE'\n{content}END OF FILE"


def follow(page: Path, start: Path) -> subprocess.CompletedProcess[str]:
    """Do what *page* says, in *start*, as somebody who has Highwater's .venv there."""
    (start / ".venv").symlink_to(sys.prefix)
    home = start / "home"
    home.mkdir()
    environ = {name: text for name, text in os.environ.items() if not OURS.match(name)}
    script = "\n".join(["set -e -x", *steps(page)])
    return subprocess.run(
        ["bash", "-c", script],
        cwd=start,
        env={**environ, **PERSON, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


def test_the_tutorial_can_be_followed_to_the_letter(root: Path, tmp_path: Path) -> None:
    (tmp_path / "highwater").mkdir()

    done = follow(root / TUTORIAL, tmp_path / "highwater")

    assert done.returncode == 0, done.stderr
    assert "count" in (tmp_path / "verdict.md").read_text()


@pytest.fixture(scope="module")
def swept(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository of somebody who followed the page of sweeps."""
    start = tmp_path_factory.mktemp("swept")
    script = start / "page.md"
    beginning = (
        "```sh\n. .venv/bin/activate\nmkdir repository\ncd repository\ngit init -q -b main\n```\n\n"
    )
    script.write_text(beginning + (root / SWEEP).read_text())

    done = follow(script, start)

    assert done.returncode == 0, done.stderr
    return start / "repository"


def test_the_page_of_sweeps_can_be_followed_to_the_letter(swept: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=swept, capture_output=True, text=True, check=True
    )
    assert listed.stdout.split() == [
        ".gitignore",
        ".highwater.yml",
        "data/make_prices.py",
        "data/prices.csv",
        "strategies/cross.py",
        "strategies/sma.py",
        "sweeps/baseline.json",
        "sweeps/cross.yaml",
        "sweeps/perf_budget.yaml",
        "sweeps/smoke.yaml",
    ]


def test_the_class_of_the_page_of_sweeps_is_swept_over_its_folds(swept: Path) -> None:
    lines = (swept / "runs/sweeps/cross/results.jsonl").read_bytes().splitlines()
    rows = [json.loads(line) for line in lines]
    assert {row["status"] for row in rows} == {"ok"}
    assert len(rows) == 160


def test_the_suite_of_the_page_of_sweeps_sees_a_worse_strategy(
    swept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HIGHWATER_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("HIGHWATER_STATE_DIR", str(tmp_path / "state"))
    strategy = swept / "strategies" / "sma.py"
    strategy.write_text(strategy.read_text().replace("rising *", "(1 - rising) *"))

    result = run_cli("check", "--repo", str(swept), "--base", "main")

    assert (result.code, "sharpe" in result.stdout) == (1, True)


def test_the_page_of_backtests_can_be_followed_to_the_letter(root: Path, tmp_path: Path) -> None:
    script = tmp_path / "page.md"
    beginning = "```sh\n. .venv/bin/activate\ngit init -q -b main\n```\n\n"
    script.write_text(beginning + (root / BACKTEST).read_text())

    done = follow(script, tmp_path)

    assert done.returncode == 0, done.stderr
    plots = [tmp_path / one / "equity.png" for one in ("runs/backtests/sma", "runs/again")]
    assert plots[0].read_bytes() == plots[1].read_bytes()


def test_the_page_of_strategies_can_be_followed_to_the_letter(root: Path, tmp_path: Path) -> None:
    script = tmp_path / "page.md"
    beginning = "```sh\n. .venv/bin/activate\ngit init -q -b main\n```\n\n"
    bars = re.search(
        r"^## The bars\n.*?(?=^## )", (root / BACKTEST).read_text(), re.MULTILINE | re.DOTALL
    )
    assert bars is not None
    script.write_text(beginning + bars[0] + (root / STRATEGY).read_text())

    done = follow(script, tmp_path)

    assert done.returncode == 0, done.stderr
    runs = tmp_path / "runs"
    trades = {
        one.name: json.loads((one / "metrics.json").read_text())["trades"]
        for one in (runs / "backtests").iterdir()
    }
    assert set(trades) == {"breakout", "crossing", "momentum"}
    assert all(trades.values()), trades
    overhead = json.loads((runs / "overheads/breakout/overhead.json").read_text())
    assert [part["name"] for part in overhead["parts"]] == ["engine", "hooks", "compiled_rules"]
    by_hand = by_python("by_hand.py", tmp_path, root)
    breakout = json.loads((runs / "backtests/breakout/metrics.json").read_text())
    assert abs(float(by_hand) - breakout["sharpe"]) < 0.2  # that run had no costs
    assert re.match(r"1000 pairs; \d+/\d+ ends at \d{5,}", by_python("many.py", tmp_path, root))


def by_python(script: str, folder: Path, root: Path) -> str:
    """Run a *script* of a page as in a notebook; give what it prints."""
    done = subprocess.run(
        [sys.executable, script],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_page_of_certificates_can_be_followed_to_the_letter(root: Path, tmp_path: Path) -> None:
    (tmp_path / "start").mkdir()
    tree = WorkTree.create(tmp_path / "start" / "strategies", FILES)
    tree.commit({"work.py": FILES["work.py"] + "# the same\n"})
    script = tmp_path / "page.md"
    beginning = "```sh\n. .venv/bin/activate\ncd strategies\n```\n\n"
    script.write_text(beginning + (root / CERTIFY).read_text())

    done = follow(script, tmp_path / "start")

    assert done.returncode == 0, done.stderr
    assert "0 of 8 null comparisons" in " ".join(done.stdout.split())
