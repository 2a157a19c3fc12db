"""What a job of GitHub Actions knows of itself: its repository, its event, its token.

Values are made of the job's environment and of the event's file; nothing is asked or read here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from bot.ports import Repository
from bot.setting_table import Secret, parse_web_url
from engine.configuration import Tier
from engine.errors import UserError, Where
from engine.values import CommitSha, RepositoryName

SUMMARY_LIMIT = 1024 * 1024  # bytes of a step's summary
FULL_LABEL = "highwater:full"
LIMITS = (
    "Measured inside a GitHub Actions job: on one machine, whose neighbours may disturb it, with "
    "no second machine to confirm a regression and no null runs that certify this one. There are "
    "no commands, no buttons, no accepted regressions, no history and no replay; for those, serve "
    "the GitHub App."
)
_SHA = r"^(?:[0-9a-f]{40}|[0-9a-f]{64})\Z"
_Sha = Annotated[str, msgspec.Meta(pattern=_SHA)]


class _Source(msgspec.Struct, frozen=True):
    full_name: str


class _Side(msgspec.Struct, frozen=True):
    sha: _Sha
    repo: _Source | None = None


class _Label(msgspec.Struct, frozen=True):
    name: str


class _Pull(msgspec.Struct, frozen=True):
    number: int
    head: _Side
    base: _Side
    labels: tuple[_Label, ...] = ()


class _Home(msgspec.Struct, frozen=True):
    default_branch: str = ""


class _Group(msgspec.Struct, frozen=True):
    base_sha: _Sha


class _Event(msgspec.Struct, frozen=True):
    pull_request: _Pull | None = None
    merge_group: _Group | None = None
    before: str | None = None  # of a push: what the branch led to; zeros where it is new
    ref: str | None = None
    repository: _Home = _Home()


class JobPull(msgspec.Struct, frozen=True, kw_only=True):
    """The pull request that a job runs for; *target* is the tip of its target branch."""

    number: int
    head: CommitSha
    target: CommitSha
    from_fork: bool
    tier: Tier


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A job of GitHub Actions; without a pull request it can say its verdict and post none.

    *head* is what the job runs for, *before* what it came from, where its event tells that.
    """

    repository: Repository
    pull_request: JobPull | None
    head: CommitSha | None
    before: CommitSha | None
    default_branch: str
    api_url: str
    page: str
    token: Secret | None
    summary: Path | None


def read_job(environ: Mapping[str, str], event: bytes) -> Job:
    """Read what a job is about: *event* is the content of ``GITHUB_EVENT_PATH``.

    Raises:
        UserError: this is no such job, or one whose event must not run a stranger's code.
    """
    if environ.get("GITHUB_ACTIONS") != "true":
        problem = "--post works inside a GitHub Actions job, and this is none."
        raise UserError(problem, None, "Leave --post out, or run it as a step of a workflow.")
    _require_harmless(environ.get("GITHUB_EVENT_NAME", ""))
    told = _decoded(event)
    name = RepositoryName(_given(environ, "GITHUB_REPOSITORY"))
    summary = environ.get("GITHUB_STEP_SUMMARY")
    return Job(
        repository=Repository(name=name),
        pull_request=_pull(told.pull_request, name),
        head=_commit(environ.get("GITHUB_SHA", "")),
        before=_before(told),
        default_branch=told.repository.default_branch,
        api_url=_url(environ, "GITHUB_API_URL"),
        page=f"{_url(environ, 'GITHUB_SERVER_URL')}/{name}/actions/runs/"
        f"{environ.get('GITHUB_RUN_ID', '')}",
        token=_token(environ),
        summary=Path(summary) if summary else None,
    )


def _require_harmless(event: str) -> None:
    """Refuse events under which a fork's code would run beside the repository's secrets."""
    if event in {"pull_request_target", "workflow_run", "issue_comment"}:
        problem = (
            f"the event {event} runs with the repository's secrets, and a check runs the code of "
            "the pull request."
        )
        raise UserError(problem, None, "Trigger the workflow with `on: pull_request`.")


def _decoded(event: bytes) -> _Event:
    try:
        return msgspec.json.decode(event, type=_Event)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        problem = f"the event cannot be read: {broken}."
        where = Where("environment", field="GITHUB_EVENT_PATH")
        raise UserError(problem, where, "Run it as a step of a workflow.") from broken


def _pull(pull: _Pull | None, name: RepositoryName) -> JobPull | None:
    if pull is None:
        return None
    # A fork that was deleted shows as no repository: what is not surely our own is a fork.
    source = pull.head.repo.full_name if pull.head.repo else None
    tier: Tier = "full" if any(one.name == FULL_LABEL for one in pull.labels) else "quick"
    return JobPull(
        number=pull.number,
        head=CommitSha(pull.head.sha),
        target=CommitSha(pull.base.sha),
        from_fork=source != name,
        tier=tier,
    )


def _commit(text: str) -> CommitSha | None:
    """Take a commit's name; None: it is not one, or the zeros that stand for none."""
    return CommitSha(text) if re.fullmatch(_SHA, text) and text.strip("0") else None


def _before(told: _Event) -> CommitSha | None:
    """Tell what a merge group, or a push to the default branch, is to be compared with.

    Another branch is compared with the default branch, whatever it led to before.
    """
    if told.merge_group is not None:
        return CommitSha(told.merge_group.base_sha)
    home = told.repository.default_branch
    if told.before is None or not home or told.ref != f"refs/heads/{home}":
        return None
    return _commit(told.before)


def _given(environ: Mapping[str, str], variable: str) -> str:
    value = environ.get(variable, "")
    if not value:
        problem = "it is not set, though this is a GitHub Actions job."
        where = Where("environment", field=variable)
        raise UserError(problem, where, "Run it as a step of a workflow.")
    return value


def _url(environ: Mapping[str, str], variable: str) -> str:
    text = _given(environ, variable)
    try:
        return parse_web_url(text)
    except ValueError:
        where = Where("environment", field=variable)
        problem = f"{text[:200]!r} is no http(s) address."
        raise UserError(problem, where, "Run it as a step of a workflow.") from None


def _token(environ: Mapping[str, str]) -> Secret | None:
    text = environ.get("GITHUB_TOKEN", "").strip()
    return Secret(text) if text else None
