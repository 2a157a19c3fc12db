"""GitHubForge before the fake GitHub: the fixtures ``fake``, ``connect``, ``forge``, ``head``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.github.client import GitHubApi
from bot.github.forge import GitHubForge
from bot.ports import Annotation, CheckRun, Conclusion, Repository
from bot.settings import GitHubCredentials, Secret
from engine.values import CommitSha, RepositoryName
from tests.fakes.git_repositories import BareRepository
from tests.fakes.github import INSTALLATION, FakeGitHub, fake_github

NAME = RepositoryName("quant/research")
REPOSITORY = Repository(name=NAME, installation=INSTALLATION)
MARKER = "<!-- highwater:verdict -->"
BODY = f"{MARKER}\nSlower."

Connect = Callable[..., GitHubForge]


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeGitHub]:
    disk = BareRepository.create(tmp_path, NAME)
    disk.commit("main", {"README.md": "A strategy.\n"})
    disk.commit("feature", {"README.md": "A better one.\n"}, onto="main")
    with fake_github(tmp_path) as served:
        served.open_pull_request(NAME, "feature", "main", "Faster")
        yield served


@pytest.fixture
def connect(fake: FakeGitHub) -> Iterator[Connect]:
    opened: list[GitHubForge] = []

    def make(**changes: object) -> GitHubForge:
        tokens = changes.pop("tokens", None)
        api = GitHubApi(api_url=fake.base_url, clone_url=fake.clone_url, write_spacing_s=0.0)
        credentials = GitHubCredentials(fake.app_id, Secret(fake.world.private_key))
        opened.append(GitHubForge.connect(credentials, replace(api, **changes), tokens))
        return opened[-1]

    yield make
    for forge in opened:
        forge.close()
    assert fake.violations == []


@pytest.fixture
def forge(connect: Connect) -> GitHubForge:
    return connect()


@pytest.fixture
def head(fake: FakeGitHub) -> CommitSha:
    return CommitSha(fake.world.tip(NAME, "feature"))


def queued(head: CommitSha) -> CheckRun:
    return CheckRun(
        name="highwater", head=head, external_id="check-1", status="queued", title="Q", summary="S"
    )


def failed(head: CommitSha, annotations: int = 0) -> CheckRun:
    return CheckRun(
        name="highwater",
        head=head,
        external_id="check-1",
        status="completed",
        conclusion=Conclusion.FAILURE,
        title="Slower",
        summary="12 %",
        annotations=tuple(
            Annotation(path="b.yaml", line=line, level="failure", title="T", message="over")
            for line in range(1, annotations + 1)
        ),
    )
