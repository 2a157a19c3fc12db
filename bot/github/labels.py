"""Labels of pull requests."""

from __future__ import annotations

from http import HTTPStatus

from github import GithubException
from github.Repository import Repository as GitHubRepository


def add(repository: GitHubRepository, number: int, label: str) -> None:
    """Put a label on, which GitHub makes where the repository has none of that name."""
    # PyGithub sends a bare list, which GitHub does not document any more.
    url = f"{repository.url}/issues/{number}/labels"
    repository.requester.requestJsonAndCheck("POST", url, input={"labels": [label]})


def remove(repository: GitHubRepository, number: int, label: str) -> None:
    """Take a label off; nothing happens where it is not on."""
    try:
        repository.get_issue(number).remove_from_labels(label)
    except GithubException as refused:
        if refused.status != HTTPStatus.NOT_FOUND or "Label does not exist" not in str(
            refused.data
        ):
            raise
