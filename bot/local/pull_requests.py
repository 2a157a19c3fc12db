"""What people do on a forge: open a pull request, push to it, close it, ask for a rerun.

Each changes the local forge as the same act changes GitHub, and gives the webhooks that
GitHub would send of it; ``bot.local.deliver`` sends them.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import select

from bot.local import pull_rows
from bot.local.deliver import Webhook
from bot.local.forge import LocalForge
from bot.local.payloads import PullRequestAction, Scene, check_run_event, pull_request_event
from bot.local.repositories import Source
from bot.store.engine import reading
from bot.store.local_tables import LOCAL_PULL_REQUESTS
from engine.errors import UserError
from engine.values import CommitSha, RepositoryName

_COLUMNS = LOCAL_PULL_REQUESTS.c


def open_pull_request(
    forge: LocalForge, name: RepositoryName, head_branch: str, base_branch: str, title: str
) -> Webhook:
    """Open a pull request; *head_branch* is a branch, or ``owner:branch`` of a fork on disk.

    Gives the ``opened`` webhook, whose ``pull_request`` is the new number.

    Raises:
        UserError: no such repository or branch, or the two branches stand on one commit.
    """
    source = Source.of(name, head_branch)
    head = forge.repositories.tip(source.repository, source.branch)
    if head == forge.repositories.tip(name, base_branch):
        problem = f"there is nothing between {base_branch} and {head_branch}"
        raise UserError(problem, None, "Commit to the branch first.")
    row: dict[str, str | bool] = {
        "author": source.repository.partition("/")[0],
        "title": title,
        "head": head,
        "head_branch": head_branch,
        "base_ref": base_branch,
        "state": "open",
        "from_fork": source.repository != name,
    }
    number = pull_rows.add(forge.database, name, row)
    forge.repositories.take_head(name, number, source)
    return webhook_of(forge, name, number, "opened")


def push(forge: LocalForge, name: RepositoryName, head_branch: str) -> tuple[Webhook, ...]:
    """Tell the forge that commits were added to *head_branch* on disk.

    Gives a ``synchronize`` webhook for each open pull request of that branch whose head moved.

    Raises:
        UserError: no such repository or branch.
    """
    source = Source.of(name, head_branch)
    webhooks = []
    for pull in pull_rows.open_of_branch(forge.database, name, head_branch):
        number, before = pull.pull_request.number, pull.pull_request.head
        head = forge.repositories.take_head(name, number, source)
        if head != before:
            pull_rows.change(forge.database, name, number, {"head": head})
            webhooks.append(webhook_of(forge, name, number, "synchronize", before))
    return tuple(webhooks)


def close_pull_request(forge: LocalForge, name: RepositoryName, number: int) -> Webhook:
    """Close a pull request without merging; UserError when it is not open."""
    return _set_state(forge, name, number, "closed")


def reopen_pull_request(forge: LocalForge, name: RepositoryName, number: int) -> Webhook:
    """Open a closed pull request again; UserError when it is not closed."""
    return _set_state(forge, name, number, "open")


def rerequest(forge: LocalForge, name: RepositoryName, check_run_id: int) -> Webhook:
    """Ask for a check run again, as the button on its page does; UserError when there is none."""
    stored = forge.check_run(check_run_id)
    numbers = numbers_at(forge, name, stored.run.head)
    body = check_run_event("rerequested", scene_of(forge, name), stored, numbers)
    return Webhook("check_run", body, numbers[0] if numbers else None)


def numbers_at(forge: LocalForge, name: RepositoryName, head: CommitSha) -> tuple[int, ...]:
    """Name the pull requests of a commit, closed ones too."""
    at_head = (_COLUMNS.repository == name) & (_COLUMNS.head == head)
    with reading(forge.database) as connection:
        return tuple(connection.scalars(select(_COLUMNS.number).where(at_head)))


def _set_state(
    forge: LocalForge, name: RepositoryName, number: int, state: Literal["open", "closed"]
) -> Webhook:
    if forge.local_pull_request(name, number).pull_request.state == state:
        problem = f"pull request #{number} of {name} is {state} already"
        raise UserError(problem, None, "There is nothing to do.")
    pull_rows.change(forge.database, name, number, {"state": state})
    return webhook_of(forge, name, number, "closed" if state == "closed" else "reopened")


def webhook_of(
    forge: LocalForge,
    name: RepositoryName,
    number: int,
    action: PullRequestAction,
    before: CommitSha | None = None,
) -> Webhook:
    """Give the webhook of a pull request as it is now."""
    local = forge.local_pull_request(name, number)
    target = forge.repositories.tip(name, local.pull_request.base_ref)
    body = pull_request_event(action, scene_of(forge, name, target), local, before=before)
    return Webhook("pull_request", body, number)


def scene_of(forge: LocalForge, name: RepositoryName, target: CommitSha | None = None) -> Scene:
    """Say where something happened, and when."""
    default = forge.repositories.default_branch(name)
    return Scene(repository=name, default_branch=default, base_sha=target, now=forge.now())
