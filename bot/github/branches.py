"""Branches of our own, one commit each, through GitHub's git database."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from urllib.parse import quote

import msgspec
from github import GithubException, InputGitTreeElement
from github.GitCommit import GitCommit
from github.GitTree import GitTree
from github.Repository import Repository as GitHubRepository

from bot.ports import Branch, BranchMovedError, FileChange
from engine.values import CommitSha

_BAD_REQUEST = 400  # what PyGithub makes of errors in an answer of GraphQL
_NOT_FOUND = 404
_REFUSED = 422
_PLAIN_FILE = "100644"
_WEB = "web-flow"  # commits for Apps where it signs their commits


class WantedCommit(msgspec.Struct, frozen=True, kw_only=True):
    """A branch that is one commit on top of *parent*, instead of *replaces* (None: a new one)."""

    branch: str
    parent: CommitSha
    changes: Sequence[FileChange]
    message: str
    replaces: CommitSha | None


def read(repository: GitHubRepository, name: str, login: str) -> Branch | None:
    """Read a branch; None when there is none of that name."""
    try:
        found = repository.get_branch(name).commit
    except GithubException as refused:
        if refused.status == _NOT_FOUND and "Branch not found" in str(refused.data):
            return None
        raise
    # GitHub shows no user for a commit of nobody's account.
    author = getattr(found.author, "login", None)
    committer = getattr(found.committer, "login", None)
    ours = author == login and committer in {login, _WEB}
    return Branch(tip=CommitSha(found.sha), ours=ours)


def put(repository: GitHubRepository, wanted: WantedCommit, login: str) -> CommitSha:
    """Bring the branch to the wanted commit; gives it.

    It is read first, so that a second call finds what a first one did whose reply was lost.

    Raises:
        BranchMovedError: it is not where it was expected.
    """
    present = read(repository, wanted.branch, login)
    tip = None if present is None else present.tip
    if tip != wanted.replaces and (present is None or not present.ours):
        raise moved(wanted, tip)
    parent = repository.get_git_commit(wanted.parent)
    tree = _tree(repository, parent, wanted.changes)
    if present is not None and present.ours and _is_wanted(repository, present.tip, wanted, tree):
        return present.tip
    if tip != wanted.replaces:
        raise moved(wanted, tip)
    made = CommitSha(repository.create_git_commit(wanted.message, tree, [parent]).sha)
    _point(repository, wanted, made, login)
    return made


def moved(wanted: WantedCommit, tip: CommitSha | None) -> BranchMovedError:
    """Say that a branch is at *tip*, and not where it was expected."""
    is_at = "is gone" if tip is None else f"is at {tip[:7]}"
    expected = "not there" if wanted.replaces is None else f"at {wanted.replaces[:7]}"
    problem = f"the branch {wanted.branch} {is_at}, and was expected {expected}"
    return BranchMovedError(problem, None, "Merge or delete the branch first.")


def _tree(
    repository: GitHubRepository, parent: GitCommit, changes: Sequence[FileChange]
) -> GitTree:
    entries = [_entry(repository, change) for change in changes]
    return repository.create_git_tree(entries, base_tree=parent.tree)


def _entry(repository: GitHubRepository, change: FileChange) -> InputGitTreeElement:
    sha = None
    if change.content is not None:
        content = base64.b64encode(change.content).decode()
        sha = repository.create_git_blob(content, "base64").sha
    return InputGitTreeElement(change.path, _PLAIN_FILE, "blob", sha=sha)


def _is_wanted(
    repository: GitHubRepository, tip: CommitSha, wanted: WantedCommit, tree: GitTree
) -> bool:
    commit = repository.get_git_commit(tip)
    parents = [each.sha for each in commit.parents]
    is_same = parents == [wanted.parent] and commit.tree.sha == tree.sha
    return is_same and commit.message.strip() == wanted.message.strip()


def _point(repository: GitHubRepository, wanted: WantedCommit, made: CommitSha, login: str) -> None:
    """Point the branch at the commit, if nobody has pushed to it meanwhile."""
    _require_unmoved(repository, wanted, login)
    if wanted.replaces is not None:
        _replace(repository, wanted, made, login)
        return
    try:
        repository.create_git_ref(f"refs/heads/{wanted.branch}", made)
    except GithubException as refused:
        if refused.status != _REFUSED or "already exists" not in str(refused.data):
            raise
        present = read(repository, wanted.branch, login)
        raise moved(wanted, None if present is None else present.tip) from refused


def _require_unmoved(repository: GitHubRepository, wanted: WantedCommit, login: str) -> None:
    present = read(repository, wanted.branch, login)
    tip = None if present is None else present.tip
    if tip != wanted.replaces:
        raise moved(wanted, tip)


def _replace(
    repository: GitHubRepository, wanted: WantedCommit, made: CommitSha, login: str
) -> None:
    """Have GitHub compare and set: only its GraphQL names the commit that is to be replaced.

    Where a server has no such mutation, the branch is read once more, right before it is forced.
    """
    update = {
        "name": f"refs/heads/{wanted.branch}",
        "beforeOid": wanted.replaces,
        "afterOid": made,
        "force": True,
    }
    change = {"repositoryId": repository.node_id, "refUpdates": [update]}
    try:
        repository.requester.graphql_named_mutation("updateRefs", change, "clientMutationId")
    except GithubException as refused:
        if refused.status not in {_BAD_REQUEST, _NOT_FOUND}:
            raise
        _require_unmoved(repository, wanted, login)
        _force(repository, wanted.branch, made)


def _force(repository: GitHubRepository, branch: str, made: CommitSha) -> None:
    # A lazy client's reference would write to where references are read, which takes none.
    url = f"{repository.url}/git/refs/heads/{quote(branch)}"
    change = {"sha": made, "force": True}
    repository.requester.requestJsonAndCheck("PATCH", url, input=change)
