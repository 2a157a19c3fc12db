from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bot.local.payloads import Scene, check_run_event, pull_request_event
from bot.local.records import LocalCheckRun, LocalPullRequest
from bot.local.repositories import Source
from bot.ports import CheckRun, PullRequest
from engine.values import CommitSha, RepositoryName
from tests.fakes.github_shapes import examples

NAME = RepositoryName("quant/research")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HEAD = CommitSha("a" * 40)
BASE = CommitSha("b" * 40)
SCENE = Scene(repository=NAME, default_branch="main", base_sha=BASE, now=NOW)


def opened(head_branch: str = "faster") -> LocalPullRequest:
    read = PullRequest(
        number=4, state="open", head=HEAD, base_ref="main", from_fork=":" in head_branch, title="F"
    )
    return LocalPullRequest(pull_request=read, head_branch=head_branch)


def payload(**options: Any) -> Any:
    return json.loads(pull_request_event("opened", SCENE, opened(), **options))


def missing(ours: Any, real: Any, path: str = "") -> list[str]:
    """List the paths of *ours* that GitHub's own payload does not have."""
    if not isinstance(ours, dict) or not isinstance(real, dict):
        return []
    unknown = [f"{path}/{key}" for key in ours if key not in real]
    return unknown + [
        each
        for key in ours.keys() & real.keys()
        for each in missing(ours[key], real[key], f"{path}/{key}")
    ]


def test_it_has_no_field_that_githubs_own_does_not_have() -> None:
    real = next(each for each in examples()["pull_request"] if each["action"] == "synchronize")

    assert missing(payload(before=BASE), real) == []


def test_a_push_names_the_head_before_and_after() -> None:
    given = payload(before=BASE)

    assert (given["before"], given["after"]) == (BASE, HEAD)


@pytest.mark.parametrize(
    "head_branch,repository,ref",
    [("faster", "quant/research", "faster"), ("ada:x/y", "ada/research", "x/y")],
)
def test_the_head_names_its_repository_and_branch(
    head_branch: str, repository: str, ref: str
) -> None:
    given = json.loads(pull_request_event("opened", SCENE, opened(head_branch)))

    head = given["pull_request"]["head"]
    assert (head["repo"]["full_name"], head["ref"], head["sha"]) == (repository, ref, HEAD)


def test_a_fork_has_another_id_than_what_it_was_forked_from() -> None:
    given = json.loads(pull_request_event("opened", SCENE, opened("ada:faster")))

    pull_request = given["pull_request"]
    assert pull_request["head"]["repo"]["id"] != pull_request["base"]["repo"]["id"]


def test_a_source_of_the_same_owner_is_the_repository_itself() -> None:
    assert Source.of(NAME, "quant:faster") == Source(NAME, "faster")


def test_the_same_push_a_moment_later_is_no_duplicate() -> None:
    later = msgspec.structs.replace(SCENE, now=NOW + timedelta(microseconds=1))
    bodies = {pull_request_event("synchronize", each, opened()) for each in (SCENE, later)}
    assert len(bodies) == 2


def test_a_check_run_asked_for_again_is_no_duplicate() -> None:
    run = CheckRun(
        name="highwater", head=HEAD, external_id="c", status="completed", title="T", summary="S"
    )
    stored = LocalCheckRun(id=1, run=run, updated_utc=NOW)
    later = msgspec.structs.replace(SCENE, now=NOW + timedelta(microseconds=1))
    bodies = {check_run_event("rerequested", each, stored, (4,)) for each in (SCENE, later)}
    assert len(bodies) == 2
