"""What people do on a forge: open a pull request, push to it, close it, ask for a rerun.

Each changes the local forge as the same act changes GitHub, and gives the webhooks that
GitHub would send of it; ``bot.local.deliver`` sends them.
"""

from __future__ import annotations

from typing import Literal

from sqlalchemy import func, insert, select, update

from bot.local.deliver import Webhook
from bot.local.forge import LocalForge
from bot.local.payloads import PullRequestAction, Scene, check_run_event, pull_request_event
from bot.local.repositories import Source
from bot.store.engine import reading, writing
from bot.store.tables import LOCAL_PULL_REQUESTS
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
        "title": title,
        "head": head,
        "head_branch": head_branch,
        "base_ref": base_branch,
        "state": "open",
        "from_fork": source.repository != name,
    }
    number = _insert(forge, name, row)
    forge.repositories.take_head(name, number, source)
    return _webhook(forge, name, number, "opened")


def push(forge: LocalForge, name: RepositoryName, head_branch: str) -> tuple[Webhook, ...]:
    """Tell the forge that commits were added to *head_branch* on disk.

    Gives a ``synchronize`` webhook for each open pull request of that branch whose head moved.

    Raises:
        UserError: no such repository or branch.
    """
    of_branch = (_COLUMNS.repository == name) & (_COLUMNS.head_branch == head_branch)
    wanted = select(_COLUMNS.number, _COLUMNS.head).where(of_branch & (_COLUMNS.state == "open"))
    with reading(forge.database) as connection:
        rows = connection.execute(wanted.order_by(_COLUMNS.number)).all()
    source = Source.of(name, head_branch)
    webhooks = []
    for number, before in rows:
        head = forge.repositories.take_head(name, number, source)
        if head != before:
            _update(forge, name, number, {"head": head})
            webhooks.append(_webhook(forge, name, number, "synchronize", before))
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
    at_head = (_COLUMNS.repository == name) & (_COLUMNS.head == stored.run.head)
    with reading(forge.database) as connection:
        numbers = tuple(connection.scalars(select(_COLUMNS.number).where(at_head)))
    body = check_run_event("rerequested", _scene(forge, name), stored, numbers)
    return Webhook("check_run", body, numbers[0] if numbers else None)


def _insert(forge: LocalForge, name: RepositoryName, row: dict[str, str | bool]) -> int:
    highest = select(func.max(_COLUMNS.number)).where(_COLUMNS.repository == name)
    with writing(forge.database) as connection:
        number = int(connection.scalar(highest) or 0) + 1
        values = {"repository": name, "number": number, **row}
        connection.execute(insert(LOCAL_PULL_REQUESTS).values(values))
    return number


def _update(forge: LocalForge, name: RepositoryName, number: int, values: dict[str, str]) -> None:
    wanted = (_COLUMNS.repository == name) & (_COLUMNS.number == number)
    with writing(forge.database) as connection:
        connection.execute(update(LOCAL_PULL_REQUESTS).where(wanted).values(values))


def _set_state(
    forge: LocalForge, name: RepositoryName, number: int, state: Literal["open", "closed"]
) -> Webhook:
    if forge.local_pull_request(name, number).pull_request.state == state:
        problem = f"pull request #{number} of {name} is {state} already"
        raise UserError(problem, None, "There is nothing to do.")
    _update(forge, name, number, {"state": state})
    return _webhook(forge, name, number, "closed" if state == "closed" else "reopened")


def _webhook(
    forge: LocalForge,
    name: RepositoryName,
    number: int,
    action: PullRequestAction,
    before: CommitSha | None = None,
) -> Webhook:
    local = forge.local_pull_request(name, number)
    target = forge.repositories.tip(name, local.pull_request.base_ref)
    body = pull_request_event(action, _scene(forge, name, target), local, before=before)
    return Webhook("pull_request", body, number)


def _scene(forge: LocalForge, name: RepositoryName, target: CommitSha | None = None) -> Scene:
    default = forge.repositories.default_branch(name)
    return Scene(repository=name, default_branch=default, base_sha=target, now=forge.now())
