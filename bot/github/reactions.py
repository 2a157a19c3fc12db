"""Reactions to comments."""

from __future__ import annotations

from github.Repository import Repository as GitHubRepository


def react(repository: GitHubRepository, comment: int, content: str) -> None:
    """React to a comment; for a second time GitHub gives the reaction that stands."""
    url = f"{repository.url}/issues/comments/{comment}/reactions"
    repository.requester.requestJsonAndCheck("POST", url, input={"content": content})
