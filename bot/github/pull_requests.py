"""Pull requests as values, and those that we open ourselves."""

from __future__ import annotations

import msgspec
from github import GithubException
from github.PullRequest import PullRequest as GitHubPullRequest
from github.Repository import Repository as GitHubRepository

from bot.ports import PullRequest
from engine.values import CommitSha

_REFUSED = 422


class WantedPullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request of a branch of the repository itself."""

    head_branch: str
    base_ref: str
    title: str
    body: str


def as_value(read: GitHubPullRequest, login: str) -> PullRequest:
    """Give a pull request as a value; *login* is our own."""
    # A fork that was deleted shows as no repository at all, an account that is gone as no user.
    source = getattr(read.head.repo, "id", None)
    author = getattr(read.user, "login", None) or ""
    return PullRequest(
        number=read.number,
        state="open" if read.state == "open" else "closed",
        head=CommitSha(read.head.sha),
        base_ref=read.base.ref,
        from_fork=source != read.base.repo.id,
        title=read.title,
        draft=bool(read.draft),
        merged=bool(read.merged),
        author=author,
        head_ref=read.head.ref,
        labels=tuple(sorted(each.name for each in read.labels)),
        ours=author == login,
    )


def of_head(repository: GitHubRepository, head: CommitSha) -> tuple[int, ...]:
    """Name the open pull requests of that head, through all pages."""
    listed = repository.get_pulls(state="open")
    return tuple(sorted(each.number for each in listed if each.head.sha == head))


def find(repository: GitHubRepository, name: str, head_branch: str) -> GitHubPullRequest | None:
    """Find the open pull request of a branch of the repository *name* itself."""
    owner = name.partition("/")[0]
    listed = repository.get_pulls(state="open", head=f"{owner}:{head_branch}")
    own = (
        each
        for each in listed
        if each.head.ref == head_branch and getattr(each.head.repo, "full_name", None) == name
    )
    return min(own, key=lambda each: each.number, default=None)


def put(repository: GitHubRepository, name: str, wanted: WantedPullRequest) -> int:
    """Open the pull request, or bring the open one to this; gives its number."""
    present = find(repository, name, wanted.head_branch)
    if present is None:
        try:
            return repository.create_pull(
                base=wanted.base_ref,
                head=wanted.head_branch,
                title=wanted.title,
                body=wanted.body,
            ).number
        except GithubException as refused:
            if refused.status != _REFUSED or "already exists" not in str(refused.data):
                raise
            present = find(repository, name, wanted.head_branch)
            if present is None:
                raise
    if not is_in_state(present, wanted):
        present.edit(title=wanted.title, body=wanted.body, base=wanted.base_ref)
    return present.number


def is_in_state(present: GitHubPullRequest, wanted: WantedPullRequest) -> bool:
    """Tell whether a pull request is what is wanted."""
    said = (present.title, present.body or "", present.base.ref)
    return said == (wanted.title, wanted.body, wanted.base_ref)
