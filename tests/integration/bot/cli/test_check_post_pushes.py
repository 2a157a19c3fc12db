"""``highwater check --post`` in jobs without a pull request, on clones as Actions makes them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.git import git
from tests.fakes.bot_stage import FILES, SLOWER
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.git_repositories import BareRepository

NAME = "quant/research"
REPOSITORY = {"default_branch": "main"}
SAME = FILES["work.py"] + "# the same\n"


@dataclass
class Branch:
    """A repository, and jobs that a branch of it starts."""

    folder: Path
    disk: BareRepository
    cache: Path
    monkeypatch: pytest.MonkeyPatch
    document: dict[str, Any] = field(default_factory=dict)

    def checkout(self, branch: str) -> Path:
        """Do what actions/checkout does: all branches as remote ones, and one that is its own."""
        tree = self.folder / "checkout"
        tree.mkdir()
        git(tree, "init", "-q", "--initial-branch=master")
        git(tree, "remote", "add", "origin", self.disk.directory.as_uri())
        git(tree, "fetch", "-q", "origin", "+refs/heads/*:refs/remotes/origin/*")
        git(tree, "checkout", "-q", "-B", branch, f"refs/remotes/origin/{branch}")
        (tree / ".highwater-program").mkdir()  # the workflow puts the program there
        (tree / ".highwater-program" / "setup.py").write_text("")
        return tree

    def run(self, branch: str, head: str, event: dict[str, Any], *more: str) -> CommandResult:
        tree, verdict = self.checkout(branch), self.folder / "verdict.json"
        (self.folder / "event.json").write_text(json.dumps(event))
        self._enter(head)
        self.monkeypatch.chdir(tree)
        places = ("--cache-dir", str(self.cache), "--state-dir", str(self.folder / "state"))
        result = run_cli("check", "--post", "--json", str(verdict), *places, *more)
        self.document = json.loads(verdict.read_text()) if verdict.exists() else {}
        return result

    def _enter(self, head: str) -> None:
        job = {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_EVENT_NAME": "push",
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_API_URL": "https://api.github.invalid",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_SHA": head,
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
        }
        for name, value in job.items():
            self.monkeypatch.setenv(name, value)


@pytest.fixture
def branch(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Branch:
    disk = BareRepository.create(tmp_path, NAME)
    cache = tmp_path_factory.getbasetemp() / "environment-cache"
    monkeypatch.delenv("HIGHWATER_ENV_FILE", raising=False)
    return Branch(tmp_path, disk, cache, monkeypatch)


def test_a_push_to_the_default_branch_is_compared_with_what_stood_there(branch: Branch) -> None:
    before = branch.disk.commit("main", FILES)
    head = branch.disk.commit("main", {"work.py": SLOWER})
    event = {"before": before, "ref": "refs/heads/main", "repository": REPOSITORY}

    result = branch.run("main", head, event)

    assert (result.code, branch.document.get("base")) == (1, before), result.stderr
    assert branch.document["head"] == head  # and not what else lies in the checkout
    assert "## ❌" in (branch.folder / "summary.md").read_text()


def test_a_push_to_another_branch_is_compared_with_the_default_branch(branch: Branch) -> None:
    main = branch.disk.commit("main", FILES)
    before = branch.disk.commit("feature", {"work.py": SLOWER}, onto="main")
    head = branch.disk.commit("feature", {"work.py": SLOWER + "# still\n"})
    event = {"before": before, "ref": "refs/heads/feature", "repository": REPOSITORY}

    result = branch.run("feature", head, event)

    assert (result.code, branch.document.get("base")) == (1, main), result.stderr


def test_a_merge_group_is_compared_with_its_base(branch: Branch) -> None:
    base = branch.disk.commit("main", FILES)
    head = branch.disk.commit("queue", {"work.py": SAME}, onto="main")
    branch.disk.commit("main", {"work.py": SLOWER})
    event = {"merge_group": {"base_sha": base, "head_sha": head}, "repository": REPOSITORY}

    result = branch.run("queue", head, event)

    assert (result.code, branch.document.get("base")) == (0, base), result.stderr


def test_after_a_forced_push_it_says_what_to_name(branch: Branch) -> None:
    head = branch.disk.commit("main", FILES)
    event = {"before": "e" * 40, "ref": "refs/heads/main", "repository": REPOSITORY}

    result = branch.run("main", head, event)

    assert (result.code, "--base" in result.stderr) == (5, True)


def test_a_commit_that_changes_no_file_passes_with_nothing_measured(branch: Branch) -> None:
    before = branch.disk.commit("main", FILES)
    head = branch.disk.commit("main", {})
    event = {"before": before, "ref": "refs/heads/main", "repository": REPOSITORY}

    result = branch.run("main", head, event)

    assert (result.code, branch.document["suites"]) == (0, []), result.stderr


def test_a_job_at_the_default_branchs_tip_has_nothing_to_measure(branch: Branch) -> None:
    head = branch.disk.commit("main", FILES)

    result = branch.run("main", head, {"repository": REPOSITORY})

    assert (result.code, branch.document["suites"]) == (0, []), result.stderr
