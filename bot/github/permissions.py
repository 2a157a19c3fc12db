"""What a person may do in a repository."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import quote

from github import GithubException
from github.Repository import Repository as GitHubRepository

from bot.ports import Role

_HIGHEST_FIRST = (
    ("admin", Role.ADMIN),
    ("maintain", Role.MAINTAIN),
    ("push", Role.WRITE),
    ("triage", Role.TRIAGE),
    ("pull", Role.READ),
)


def role_of(repository: GitHubRepository, login: str) -> Role:
    """Read a person's role; NONE for who GitHub does not know there.

    The answer's own ``permission`` knows four words only, and calls a maintainer a writer: what
    counts is ``user.permissions``.
    """
    url = f"{repository.url}/collaborators/{quote(login, safe='')}/permission"
    try:
        _, data = repository.requester.requestJsonAndCheck("GET", url)
    except GithubException as refused:
        if refused.status != HTTPStatus.NOT_FOUND:
            raise
        return Role.NONE
    user = data.get("user") or {}
    held = user.get("permissions") or {}
    return next((role for name, role in _HIGHEST_FIRST if held.get(name) is True), Role.NONE)
