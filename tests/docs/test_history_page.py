"""The page about the history is followed command by command, in a repository that has one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from engine.settling import StepState
from tests.fakes.bot_stage import FILES, SLOWER
from tests.fakes.cli import run_cli
from tests.fakes.stored_histories import Remembered
from tests.unit.engine.test_debts import debt

PAGE = "docs/how-to/watch-the-history.md"
BASELINE = "x86_64-linux-gnu-1a2b3c4d.json"
pytestmark = pytest.mark.needs_program("git", "git")


def commands(page: Path) -> list[tuple[list[str], int]]:
    """List the page's commands with the code that each is to end with."""
    shell = "\n".join(re.findall(r"^```sh\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL))
    found = []
    for line in filter(None, shell.splitlines()):
        code = re.search(r"# ends with (\d+)$", line)
        found.append((shlex.split(line, comments=True), int(code[1]) if code else 0))
    return found


def test_the_page_can_be_followed_to_the_letter(
    root: Path,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known = Remembered.create(tmp_path, FILES)
    known.origin(known.tree.tip()).rename(tmp_path / BASELINE)
    known.step((0.0100, 0.0145), {"work.py": SLOWER})
    folder = known.tree.directory / "benchmarks" / "baselines"
    (tmp_path / BASELINE).rename(folder / BASELINE)
    known.merge({}, "Nicer parser (#12)")
    known.owe(debt(12))
    monkeypatch.chdir(known.tree.directory)
    monkeypatch.setenv("HIGHWATER_STATE_DIR", str(known.state))
    cache = tmp_path_factory.getbasetemp() / "environment-cache"
    monkeypatch.setenv("HIGHWATER_CACHE_DIR", str(cache))

    ended = [(words, run_cli(*words[1:]), code) for words, code in commands(root / PAGE)]

    known.database.dispose()
    assert len(ended) == 7
    for words, done, code in ended:
        assert done.code == code, f"{words}: {done.stderr}"
    assert "PR 12: +1.0 %" in ended[-1][1].stdout
    assert "PR 12: +1.0 %" in ended[-2][1].stdout


def test_every_state_of_a_step_is_explained(root: Path) -> None:
    page = (root / PAGE).read_text()
    assert [state for state in StepState if f"| {state} |" not in page] == []
