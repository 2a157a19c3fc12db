"""Our comments on a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from github.IssueComment import IssueComment
from github.Repository import Repository as GitHubRepository


def find_own(
    repository: GitHubRepository, number: int, marker: str, login: str
) -> IssueComment | None:
    """Find the comment of the lowest id that is by *login* and holds *marker*, on any page.

    The author counts, because anybody can write a marker.
    """
    holders = (each for each in _own(repository, number, login) if marker in each.body)
    return min(holders, key=lambda comment: comment.id, default=None)


def find_equal(repository: GitHubRepository, number: int, body: str, login: str) -> int | None:
    """Find the newest comment by *login* that says exactly *body*."""
    equal = (each.id for each in _own(repository, number, login) if each.body == body)
    return max(equal, default=None)


def put(repository: GitHubRepository, number: int, present: IssueComment | None, body: str) -> int:
    """Edit *present*, or add a comment when it is None; gives its id."""
    if present is None:
        return add(repository, number, body)
    if present.body != body:
        present.edit(body)
    return present.id


def add(repository: GitHubRepository, number: int, body: str) -> int:
    """Add a comment; gives its id."""
    return repository.get_issue(number).create_comment(body).id


def _own(repository: GitHubRepository, number: int, login: str) -> Iterator[IssueComment]:
    for comment in repository.get_issue(number).get_comments():
        # GitHub shows no user for one whose account is gone.
        if getattr(comment.user, "login", None) == login:
            yield comment
