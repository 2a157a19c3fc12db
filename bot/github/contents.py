"""Files of a commit, through GitHub's contents API."""

from __future__ import annotations

import base64

from github import GithubException
from github.Repository import Repository as GitHubRepository

from engine.errors import UserError
from engine.values import CommitSha

_NOT_FOUND = 404


def read_file(repository: GitHubRepository, commit: CommitSha, path: str) -> bytes | None:
    """Read a file at a commit; None when the commit has no such file.

    Raises:
        UserError: there is no such commit.
        GithubException: GitHub refuses otherwise.
    """
    try:
        found = repository.get_contents(path, ref=commit)
    except GithubException as refused:
        if refused.status != _NOT_FOUND:
            raise
        if "No commit found" in str(refused.data):
            problem = f"there is no commit {commit}"
            raise UserError(problem, None, "Push the commit, or name one that exists.") from refused
        return None
    if isinstance(found, list) or found.type != "file":
        return None  # a folder, or a submodule
    if found.encoding == "base64":
        return found.decoded_content
    # Of files over 1 MB the contents API gives the blob's name alone.
    return base64.b64decode(repository.get_git_blob(found.sha).content)
