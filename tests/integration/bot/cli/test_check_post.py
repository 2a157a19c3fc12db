"""``highwater check --post`` as a step of a workflow: a real clone, real measuring, a GitHub."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.git import git
from tests.fakes.bot_stage import FILES, SLOWER
from tests.fakes.cli import CommandResult, run_cli
from tests.fakes.git_repositories import PERSON, BareRepository
from tests.fakes.github import FORBIDDEN, LOST_REPLY, FakeGitHub, fake_github

NAME = "quant/research"
MARKER = "<!-- highwater:verdict -->"
TOKEN = "ghs_of_the_job"
LOGIN = "github-actions[bot]"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.getbasetemp() / "environment-cache"


@dataclass
class Workflow:
    """A pull request of GitHub's, and the jobs that run for it."""

    folder: Path
    disk: BareRepository
    github: FakeGitHub
    cache: Path
    monkeypatch: pytest.MonkeyPatch
    jobs: int = 0

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text()

    def bodies(self, author: str = LOGIN) -> list[str]:
        return [one.body for one in self.github.comments(NAME, 1) if one.author == author]

    def open(self, files: Mapping[str, str]) -> None:
        self.disk.commit("feature", files, onto="main")
        self.github.open_pull_request(NAME, "feature", "main", "Faster")

    def push(self, files: Mapping[str, str]) -> None:
        self.disk.commit("feature", files)
        self.github.push(NAME, 1)

    def checkout(self, *, depth: int | None = None) -> Path:
        """Do what actions/checkout does: the merge of head into its target, detached."""
        self.jobs += 1
        tree = self.folder / f"checkout-{self.jobs}"
        shallow = () if depth is None else ("--depth", str(depth))
        git(self.folder, "clone", "-q", *shallow, self.disk.directory.as_uri(), str(tree))
        if depth is None:
            git(tree, "switch", "-q", "--detach", "origin/main")
            merge = ("merge", "-q", "--no-ff", "-m", "merge", "origin/feature")
            git(tree, *merge, environ=PERSON)
        return tree

    def run(self, *more: str, tree: Path | None = None, **environ: str) -> CommandResult:
        pull = self.github.world.pull(NAME, 1)
        source = environ.pop("SOURCE", NAME)
        event = {
            "pull_request": {
                "number": 1,
                "head": {"sha": pull.head, "repo": {"full_name": source}},
                "base": {"sha": self.github.world.tip(NAME, "main")},
            },
            "repository": {"default_branch": "main"},
        }
        (self.folder / "event.json").write_text(json.dumps(event))
        for name, value in {**self.variables(), **environ}.items():
            self.monkeypatch.setenv(name, value)
        place = tree or self.checkout()
        state = self.folder / f"state-{self.jobs}"  # a hosted machine remembers nothing
        places = ("--repo", str(place), "--cache-dir", str(self.cache), "--state-dir", str(state))
        return run_cli("check", "--post", *places, *more)

    def variables(self) -> dict[str, str]:
        return {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_EVENT_NAME": "pull_request",
            "GITHUB_EVENT_PATH": str(self.folder / "event.json"),
            "GITHUB_API_URL": self.github.base_url,
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "77",
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            "GITHUB_TOKEN": TOKEN,
        }


@pytest.fixture
def workflow(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workflow]:
    disk = BareRepository.create(tmp_path, NAME)
    disk.commit("main", FILES)
    with fake_github(tmp_path) as github:
        github.world.tokens[TOKEN] = datetime.now(UTC) + timedelta(hours=1)
        github.world.logins[TOKEN] = LOGIN
        yield Workflow(tmp_path, disk, github, cache, monkeypatch)
        assert github.violations == []


def test_a_regression_is_commented_annotated_and_summarised(workflow: Workflow) -> None:
    workflow.open({"work.py": SLOWER})
    report = workflow.folder / "report.md"

    result = workflow.run("--report", str(report))

    (body,) = workflow.bodies()
    assert result.code == 1, result.stderr
    assert body.startswith(f"{MARKER}\n## ❌ ")
    assert "parse" in body
    assert body.splitlines()[1] in workflow.summary
    assert body.splitlines()[:8] == report.read_text().splitlines()[:8]
    assert "::error file=.highwater.yml,line=" in result.stdout
    assert "inside a GitHub Actions job" in workflow.summary
    assert "/highwater" not in body  # nobody listens to commands


def test_the_head_is_measured_and_not_the_merge_commit(workflow: Workflow) -> None:
    workflow.open({"work.py": SLOWER})
    document = workflow.folder / "verdict.json"
    workflow.run("--json", str(document))

    verdict = json.loads(document.read_text())
    assert verdict["head"] == workflow.github.world.pull(NAME, 1).head
    assert (verdict["pull_request"], verdict["repository"]) == (1, NAME)
    assert verdict["kind"] == "actions"


def test_a_fix_brings_the_same_comment_up_to_date(workflow: Workflow) -> None:
    workflow.open({"work.py": SLOWER})
    workflow.run()
    workflow.push({"work.py": FILES["work.py"] + "# the same\n"})

    result = workflow.run()

    (body,) = workflow.bodies()
    assert (result.code, body.splitlines()[1].startswith("## ✅ ")) == (0, True)


def test_green_that_turns_red_is_said_once_more(workflow: Workflow) -> None:
    workflow.open({"work.py": SLOWER})
    workflow.run()
    workflow.push({"work.py": FILES["work.py"] + "# the same\n"})
    workflow.run()
    workflow.push({"work.py": SLOWER})
    workflow.run()
    workflow.run()

    sticky, extra = workflow.bodies()
    assert sticky.startswith(f"{MARKER}\n## ❌ ")
    assert "turned from green to red" in extra


def test_all_within_budget_says_nothing_where_nothing_was_said(workflow: Workflow) -> None:
    workflow.open({"work.py": FILES["work.py"] + "# the same\n"})

    result = workflow.run()

    assert (result.code, workflow.bodies()) == (0, [])
    assert "## ✅" in workflow.summary


def test_a_pull_request_that_touches_nothing_measured_passes(workflow: Workflow) -> None:
    workflow.open({"README.md": "Words.\n"})

    assert (workflow.run().code, workflow.bodies()) == (0, [])


def test_a_forks_job_that_may_not_comment_has_its_verdict_all_the_same(
    workflow: Workflow,
) -> None:
    workflow.open({"work.py": SLOWER})
    workflow.github.fail("POST", "/comments$", FORBIDDEN)

    result = workflow.run(SOURCE="stranger/research")

    assert result.code == 1
    assert "fork's pull request has a token that may only read" in result.stderr
    assert "## ❌" in workflow.summary


def test_a_comment_whose_reply_is_lost_is_there_once(workflow: Workflow) -> None:
    workflow.open({"work.py": SLOWER})
    workflow.github.fail("POST", "/comments$", LOST_REPLY)

    result = workflow.run()

    assert (len(workflow.bodies()), "Not commented" in result.stderr) == (1, False)


def test_without_a_token_it_says_how_to_give_one(workflow: Workflow) -> None:
    workflow.open({"work.py": SLOWER})

    result = workflow.run(GITHUB_TOKEN="")

    assert (result.code, "env: GITHUB_TOKEN" in result.stderr) == (1, True)


def test_somebody_elses_comment_with_our_mark_is_left_alone(workflow: Workflow) -> None:
    workflow.open({"work.py": SLOWER})
    workflow.github.comment_as("mallory", NAME, 1, f"{MARKER}\n## ✅ All is well")

    workflow.run()

    assert workflow.bodies("mallory") == [f"{MARKER}\n## ✅ All is well"]
    assert len(workflow.bodies()) == 1


def test_a_persons_token_finds_its_own_comment_again(workflow: Workflow) -> None:
    workflow.github.world.logins[TOKEN] = "ada"
    workflow.open({"work.py": SLOWER})
    workflow.run()
    workflow.run()

    assert len(workflow.bodies("ada")) == 1


def test_a_shallow_clone_is_refused_with_the_input_that_mends_it(workflow: Workflow) -> None:
    workflow.disk.commit("main", {"README.md": "Words.\n"})
    workflow.open({"work.py": SLOWER})

    result = workflow.run(tree=workflow.checkout(depth=1))

    assert (result.code, "`fetch-depth: 0`" in result.stderr) == (5, True)


def test_a_clone_without_head_is_refused_with_the_input_that_mends_it(workflow: Workflow) -> None:
    workflow.open({"work.py": SLOWER})
    tree = workflow.checkout()
    workflow.push({"work.py": SLOWER + "# later\n"})

    result = workflow.run(tree=tree)

    assert (result.code, "fetch-depth: 0" in result.stderr) == (5, True)


def test_rules_that_only_the_pull_request_declares_apply_after_the_merge(
    workflow: Workflow,
) -> None:
    bare = BareRepository(workflow.disk.directory)
    git(bare.directory, "update-ref", "-d", "refs/heads/main")
    bare.commit("main", {"README.md": "Words.\n"})
    workflow.open(FILES)

    result = workflow.run()

    assert (result.code, workflow.bodies()) == (0, [])
    assert "applies after the merge" in result.stderr


def test_json_is_alone_on_standard_output(workflow: Workflow) -> None:
    workflow.open({"work.py": SLOWER})

    result = workflow.run("--format", "json")

    assert json.loads(result.stdout)["outcome"] == "regression"


def test_the_token_is_not_told_and_the_repositorys_code_does_not_see_it(
    workflow: Workflow,
) -> None:
    spying = FILES["bench.py"] + "import os\nprint(dict(os.environ))\nraise SystemExit(1)\n"
    workflow.open({"bench.py": spying})

    result = workflow.run()

    told = [result.stdout, result.stderr, workflow.summary, *workflow.bodies()]
    assert [text for text in told if TOKEN in text] == []


def test_outside_of_actions_it_is_refused_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)

    result = run_cli("check", "--post", "--repo", str(tmp_path))

    assert (result.code, "inside a GitHub Actions job" in result.stderr) == (5, True)


def test_another_head_than_the_pull_requests_is_wrong_usage(tmp_path: Path) -> None:
    assert run_cli("check", "--post", "--head", "main", "--repo", str(tmp_path)).code == 2
