"""What people say and press on the local forge, and what follows of a merge.

Each changes the local forge as the same act changes GitHub, and gives the webhooks that
GitHub would send of it; ``bot.local.deliver`` sends them.
"""

from __future__ import annotations

from typing import Literal

from bot.git import git, git_succeeds
from bot.local import conversation_payloads as payloads
from bot.local import pull_rows
from bot.local.deliver import Webhook
from bot.local.forge import LocalForge
from bot.local.payloads import Scene
from bot.local.pull_requests import numbers_at, scene_of, webhook_of
from bot.local.records import LocalPullRequest
from bot.ports import Repository, Review, ReviewState
from engine.errors import UserError
from engine.values import CommitSha, RepositoryName


def comment(
    forge: LocalForge, name: RepositoryName, number: int, author: str, body: str
) -> Webhook:
    """Comment on a pull request; UserError when there is none of that number."""
    made = forge.add_comment_as(author, Repository(name=name), number, body)
    stored = next(each for each in forge.comments(name, number) if each.id == made)
    local = forge.local_pull_request(name, number)
    told = payloads.comment_event(scene_of(forge, name), local, stored)
    return Webhook("issue_comment", told, number)


def press(
    forge: LocalForge, name: RepositoryName, check_run_id: int, identifier: str, sender: str
) -> Webhook:
    """Press a button of a check run; UserError when it has no such button."""
    stored = forge.check_run(check_run_id)
    if identifier not in {each.identifier for each in stored.run.actions}:
        problem = f"the check run {check_run_id} has no button {identifier!r}"
        raise UserError(problem, None, "Press one that it shows.")
    numbers = numbers_at(forge, name, stored.run.head)
    told = payloads.press_event(scene_of(forge, name), stored, numbers, (identifier, sender))
    return Webhook("check_run", told, numbers[0] if numbers else None)


def label(forge: LocalForge, name: RepositoryName, number: int, word: str, sender: str) -> Webhook:
    """Put a label on a pull request; UserError when there is none of that number."""
    forge.set_label(Repository(name=name), number, word, present=True)
    local = forge.local_pull_request(name, number)
    told = payloads.labeled_event(_scene(forge, name, local), local, word, sender)
    return Webhook("pull_request", told, number)


def draft(forge: LocalForge, name: RepositoryName, number: int) -> None:
    """Make a pull request a draft."""
    pull_rows.change(forge.database, name, number, {"draft": True})


def ready(forge: LocalForge, name: RepositoryName, number: int) -> Webhook:
    """Say that a pull request is no draft any more."""
    pull_rows.change(forge.database, name, number, {"draft": False})
    return webhook_of(forge, name, number, "ready_for_review")


def review(
    forge: LocalForge, name: RepositoryName, number: int, author: str, state: ReviewState
) -> Webhook:
    """Review a pull request as it is now, or have one's review dismissed."""
    local = forge.local_pull_request(name, number)
    made = Review(author=author, state=state, commit=local.pull_request.head)
    forge.add_review(Repository(name=name), number, made)
    action: Literal["submitted", "dismissed"] = "dismissed" if state == "dismissed" else "submitted"
    told = payloads.review_event(action, _scene(forge, name, local), local, made)
    return Webhook("pull_request_review", told, number)


def merge(forge: LocalForge, name: RepositoryName, number: int, by: str) -> tuple[Webhook, Webhook]:
    """Merge a pull request: the webhooks of its closing and of the push to its target.

    Raises:
        UserError: it is not open, or does not merge cleanly.
    """
    pull = forge.local_pull_request(name, number).pull_request
    if pull.state != "open":
        problem = f"pull request #{number} of {name} is closed"
        raise UserError(problem, None, "Open it again first.")
    before = forge.repositories.tip(name, pull.base_ref)
    after = _merged(forge, name, (before, pull.head), f"Merge pull request #{number}", by)
    directory = forge.repositories.directory(name)
    git(directory, "update-ref", f"refs/heads/{pull.base_ref}", after, before)
    pull_rows.change(forge.database, name, number, {"state": "closed", "merged": True})
    return (
        webhook_of(forge, name, number, "closed"),
        pushed(forge, name, pull.base_ref, before, by),
    )


def pushed(
    forge: LocalForge, name: RepositoryName, branch: str, before: CommitSha | None, by: str
) -> Webhook:
    """Tell of a push to a branch that was at *before*; where it is now is read."""
    after = forge.repositories.tip(name, branch)
    told = payloads.push_event(scene_of(forge, name), branch, before, after, by)
    return Webhook("push", told)


def merge_group(forge: LocalForge, name: RepositoryName, number: int) -> Webhook:
    """Queue a pull request for merging: its group stands on a branch of its own."""
    pull = forge.local_pull_request(name, number).pull_request
    base = forge.repositories.tip(name, pull.base_ref)
    head = _merged(forge, name, (base, pull.head), f"Merge group of #{number}", "merge-queue")
    branch = f"gh-readonly-queue/{pull.base_ref}/pr-{number}-{base}"
    git(forge.repositories.directory(name), "update-ref", f"refs/heads/{branch}", head)
    told = payloads.group_event(scene_of(forge, name), pull.base_ref, base, (branch, head))
    return Webhook("merge_group", told)


def _scene(forge: LocalForge, name: RepositoryName, local: LocalPullRequest) -> Scene:
    """Say where it happened, with the tip of the pull request's target."""
    target = forge.repositories.tip(name, local.pull_request.base_ref)
    return scene_of(forge, name, target)


def _merged(
    forge: LocalForge,
    name: RepositoryName,
    ends: tuple[CommitSha, CommitSha],
    message: str,
    by: str,
) -> CommitSha:
    """Make the merge commit of two commits, without a work tree."""
    directory = forge.repositories.directory(name)
    if not git_succeeds(directory, "merge-tree", "--write-tree", *ends):
        problem = f"{ends[1][:7]} does not merge cleanly into {ends[0][:7]}"
        raise UserError(problem, None, "Merge the target into the branch first.")
    tree = git(directory, "merge-tree", "--write-tree", *ends).decode().split()[0]
    person = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (("NAME", by), ("EMAIL", f"{by}@localhost"))
    }
    parents = (part for end in ends for part in ("-p", end))
    made = git(directory, "commit-tree", tree, *parents, "-m", message, environ=person)
    return CommitSha(made.decode().strip())
