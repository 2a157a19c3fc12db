"""Both forges on one stage: GitHub through the HTTP fake, and the local one.

``from tests.fakes.forge_stage import stage`` gives a test both, one after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import msgspec
import pytest

from bot.github.client import GitHubApi
from bot.github.forge import GitHubForge
from bot.local import acts, pull_requests
from bot.local.deliver import Webhook
from bot.local.forge import LocalForge
from bot.ports import (
    Annotation,
    CheckAction,
    CheckRun,
    Conclusion,
    Forge,
    OpenedIssue,
    Repository,
    ReviewState,
    Role,
)
from bot.settings import GitHubCredentials, Secret
from bot.store.engine import open_database
from engine.values import CommitSha, RepositoryName
from tests.fakes import github_acts
from tests.fakes.database import migrated
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
    comment: Callable[[str, int, str], Webhook]
    press: Callable[[int, str, str], Webhook]
    label: Callable[[int, str, str], Webhook]
    draft: Callable[[int], None]
    ready: Callable[[int], Webhook]
    announce: Callable[[int], Webhook]
    review: Callable[[int, str, ReviewState], Webhook]
    merge: Callable[[int, str], tuple[Webhook, Webhook]]
    pushed: Callable[[str, CommitSha, str], Webhook]
    merge_group: Callable[[int], Webhook]
    set_role: Callable[[str, Role], None]
    labels: Callable[[int], list[str]]
    reactions: Callable[[int], list[str]]
    issues: Callable[[], list[OpenedIssue]]
    keep_time: Callable[[Callable[[], datetime]], None]  # by which people act


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
            comment=partial(_about_number, github_acts.comment, fake.world),
            press=partial(github_acts.press, fake.world, NAME),
            label=partial(github_acts.label, fake.world, NAME),
            draft=lambda number: setattr(fake.world.pull(NAME, number), "draft", True),
            ready=partial(github_acts.ready, fake.world, NAME),
            announce=partial(github_acts.announce, fake.world, NAME),
            review=partial(github_acts.review, fake.world, NAME),
            merge=partial(github_acts.merge, fake.world, NAME),
            pushed=partial(github_acts.pushed, fake.world, NAME),
            merge_group=partial(github_acts.merge_group, fake.world, NAME),
            set_role=lambda login, role: fake.world.permissions.update(
                {(NAME, login): role.name.lower()}
            ),
            labels=lambda number: sorted(fake.world.pull(NAME, number).labels),
            reactions=lambda comment: [
                content for of, content in fake.world.reactions if of == comment
            ],
            issues=lambda: [
                OpenedIssue(
                    number=each.number,
                    title=each.title,
                    body=each.body,
                    open=each.state == "open",
                )
                for each in fake.world.issues
            ],
            keep_time=lambda now: setattr(fake.world, "now", now),
        )
        forge.close()
        assert fake.violations == []


@contextmanager
def _local_stage(root: Path, disk: BareRepository, folder: Path) -> Iterator[Stage]:
    database = open_database(migrated(folder / "bot.db"))
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
        comment=partial(_about_number, acts.comment, forge),
        press=partial(acts.press, forge, NAME),
        label=partial(acts.label, forge, NAME),
        draft=partial(acts.draft, forge, NAME),
        ready=partial(acts.ready, forge, NAME),
        announce=lambda number: pull_requests.webhook_of(forge, NAME, number, "opened"),
        review=partial(acts.review, forge, NAME),
        merge=partial(acts.merge, forge, NAME),
        pushed=partial(acts.pushed, forge, NAME),
        merge_group=partial(acts.merge_group, forge, NAME),
        set_role=partial(forge.set_role, repository),
        labels=lambda number: list(forge.local_pull_request(NAME, number).pull_request.labels),
        reactions=lambda comment: list(forge.reactions(comment)),
        issues=lambda: list(forge.issues(NAME)),
        keep_time=lambda now: None,  # what is said on disk arrives at once
    )
    database.dispose()


def _about_number(
    act: Callable[..., Webhook], where: object, author: str, number: int, body: str
) -> Webhook:
    return act(where, NAME, number, author, body)


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
            actions=tuple(CheckAction(**one) for one in each.get("actions", [])),
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
