"""Both forges on one stage: GitHub through the HTTP fake, and the local one.

``from tests.fakes.forge_stage import stage`` gives a test both, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from bot.github.client import GitHubApi
from bot.github.forge import GitHubForge
from bot.local import pull_requests
from bot.local.deliver import Webhook
from bot.local.forge import LocalForge
from bot.ports import Annotation, CheckRun, Conclusion, Forge, Repository
from bot.settings import GitHubCredentials, Secret
from bot.store.engine import open_database
from bot.store.migrate import migrate
from engine.values import CommitSha, RepositoryName
from tests.fakes.git_repositories import BareRepository
from tests.fakes.github import INSTALLATION, FakeGitHub, fake_github

NAME = RepositoryName("quant/research")
MARKER = "<!-- highwater:verdict -->"
NOWHERE = CommitSha("0" * 40)


@dataclass(frozen=True)
class Stage:
    """A forge, the repository behind it, and what people do and see there."""

    forge: Forge
    repository: Repository
    disk: BareRepository
    root: Path
    open_pull_request: Callable[[str, str, str], Webhook]
    push: Callable[[Webhook], Webhook]
    close: Callable[[int], Webhook]
    reopen: Callable[[int], Webhook]
    rerequest: Callable[[int], Webhook]
    comment_as: Callable[[str, int, str], int]
    bodies: Callable[[int], list[str]]
    check_runs: Callable[[str], list[CheckRun]]


@pytest.fixture(params=["github", "local"])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    root = tmp_path / "repositories"
    disk = BareRepository.create(root, NAME)
    disk.commit("main", {"README.md": "A strategy.\n", "sweeps/ci.yaml": b"grid: {}\n"})
    disk.commit("feature", {"README.md": "A better strategy.\n"}, onto="main")
    opened = _github_stage if request.param == "github" else _local_stage
    with opened(root, disk, tmp_path) as made:
        yield made


@contextmanager
def _github_stage(root: Path, disk: BareRepository, folder: Path) -> Iterator[Stage]:
    del folder
    with fake_github(root) as fake:
        api = GitHubApi(api_url=fake.base_url, clone_url=fake.clone_url, write_spacing_s=0.0)
        forge = GitHubForge.connect(
            GitHubCredentials(fake.app_id, Secret(fake.world.private_key)), api
        )
        yield Stage(
            forge=forge,
            repository=Repository(name=NAME, installation=INSTALLATION),
            disk=disk,
            root=root,
            open_pull_request=lambda head, base, title: fake.open_pull_request(
                NAME, head, base, title
            ),
            push=lambda webhook: fake.push(NAME, webhook.pull_request or 0),
            close=lambda number: fake.set_state(NAME, number, "closed"),
            reopen=lambda number: fake.set_state(NAME, number, "open"),
            rerequest=lambda check_run: fake.rerequest(NAME, check_run),
            comment_as=lambda author, number, body: fake.comment_as(author, NAME, number, body),
            bodies=lambda number: [each.body for each in fake.comments(NAME, number)],
            check_runs=lambda head: _check_runs_of(fake, head),
        )
        forge.close()
        assert fake.violations == []


@contextmanager
def _local_stage(root: Path, disk: BareRepository, folder: Path) -> Iterator[Stage]:
    url = f"sqlite:///{folder / 'bot.db'}"
    migrate(url)
    database = open_database(url)
    forge = LocalForge(database, root)
    repository = Repository(name=NAME)
    yield Stage(
        forge=forge,
        repository=repository,
        disk=disk,
        root=root,
        open_pull_request=lambda head, base, title: pull_requests.open_pull_request(
            forge, NAME, head, base, title
        ),
        push=lambda webhook: _pushed(forge, webhook),
        close=lambda number: pull_requests.close_pull_request(forge, NAME, number),
        reopen=lambda number: pull_requests.reopen_pull_request(forge, NAME, number),
        rerequest=lambda check_run: pull_requests.rerequest(forge, NAME, check_run),
        comment_as=lambda author, number, body: forge.add_comment_as(
            author, repository, number, body
        ),
        bodies=lambda number: [each.body for each in forge.comments(NAME, number)],
        check_runs=lambda head: [each.run for each in forge.check_runs(NAME, CommitSha(head))],
    )
    database.dispose()


def _pushed(forge: LocalForge, webhook: Webhook) -> Webhook:
    local = forge.local_pull_request(NAME, webhook.pull_request or 0)
    (pushed,) = pull_requests.push(forge, NAME, local.head_branch)
    return pushed


def _check_runs_of(fake: FakeGitHub, head: str) -> list[CheckRun]:
    return [
        CheckRun(
            name=each["name"],
            head=each["head_sha"],
            external_id=each["external_id"],
            status=each["status"],
            conclusion=None if each["conclusion"] is None else Conclusion(each["conclusion"]),
            title=each["output"]["title"],
            summary=each["output"]["summary"],
            text=each["output"]["text"],
            annotations=tuple(
                Annotation(
                    path=one["path"],
                    line=one["start_line"],
                    level=one["annotation_level"],
                    title=one["title"],
                    message=one["message"],
                )
                for one in each["annotations"]
            ),
            details_url=each["details_url"],
        )
        for each in fake.check_runs(NAME, head)
    ]


def head_of(stage: Stage, branch: str = "feature") -> CommitSha:
    return stage.forge.tip(stage.repository, branch)


def check_run(head: CommitSha, **changes: object) -> CheckRun:
    queued = CheckRun(
        name="highwater", head=head, external_id="check-1", status="queued", title="Q", summary="S"
    )
    return msgspec.structs.replace(queued, **changes)
