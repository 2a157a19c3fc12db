"""Our own issues of a repository."""

from __future__ import annotations

import msgspec
from github.Issue import Issue
from github.Repository import Repository as GitHubRepository

from bot.ports import OpenedIssue


def find_own(repository: GitHubRepository, marker: str, login: str) -> Issue | None:
    """Find the issue of the lowest number that is by *login* and holds *marker*, on any page.

    The author counts, because anybody can write a marker. Pull requests are listed as issues too.
    """
    listed = repository.get_issues(state="all", creator=login)  # type: ignore[arg-type]  # a login will do
    ours = (
        each
        for each in listed
        if getattr(each.user, "login", None) == login and each.pull_request is None
    )
    holders = (each for each in ours if marker in (each.body or ""))
    return min(holders, key=lambda each: each.number, default=None)


def put(repository: GitHubRepository, present: Issue | None, wanted: OpenedIssue) -> int | None:
    """Bring *present* to what is wanted, or open one when it is None; gives its number."""
    if present is None:
        if not wanted.open:
            return None
        return repository.create_issue(wanted.title, wanted.body).number
    if opened(present) != numbered(present.number, wanted):
        state = "open" if wanted.open else "closed"
        present.edit(title=wanted.title, body=wanted.body, state=state)
    return present.number


def opened(issue: Issue) -> OpenedIssue:
    """Give an issue as a value."""
    return OpenedIssue(
        number=issue.number, title=issue.title, body=issue.body or "", open=issue.state == "open"
    )


def numbered(number: int, wanted: OpenedIssue) -> OpenedIssue:
    """Give what is wanted under the number of the issue that stands."""
    return msgspec.structs.replace(wanted, number=number)
