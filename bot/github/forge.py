"""The forge that is GitHub: ``bot.ports.Forge`` through the App's installations."""

from __future__ import annotations

import base64
import threading
from collections import OrderedDict
from urllib.parse import urlsplit

from github.GithubException import UnknownObjectException
from github.Repository import Repository as GitHubRepository

from bot.github import checks, comments, contents, pull_requests
from bot.github.client import Clients, GitHubApi, open_clients
from bot.github.conversation import GitHubConversation
from bot.github.deliveries import GitHubHookDeliveries
from bot.github.errors import LostReply
from bot.github.limits import MAX_COMMENT, cut, within_limits
from bot.github.proposals import GitHubProposals
from bot.github.spacing import WriteSpacing
from bot.github.tokens import MemoryTokens, TokenStore
from bot.ports import CheckRun, CloneSource, PullRequest, Repository
from bot.settings import GitHubCredentials
from engine.values import CommitSha, RepositoryName

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class GitHubForge(GitHubConversation, GitHubProposals):
    """GitHub through PyGithub.

    Besides what the port says, every method raises TransientError when GitHub is away or asks
    to wait, and UserError when it refuses.
    """

    def __init__(self, clients: Clients) -> None:
        super().__init__(clients)
        self._check_runs = _KnownIds()

    @classmethod
    def connect(
        cls,
        credentials: GitHubCredentials,
        api: GitHubApi | None = None,
        tokens: TokenStore | None = None,
        spacing: WriteSpacing | None = None,
    ) -> GitHubForge:
        """Set the forge up; no request is sent.

        Raises:
            UserError: the App's private key cannot be read.
        """
        kept = tokens or MemoryTokens()
        return cls(open_clients(api or GitHubApi(), credentials, kept, spacing))

    def hook_deliveries(self) -> GitHubHookDeliveries:
        """Give GitHub's list of the webhooks that it sent, over the App's own connection."""
        return GitHubHookDeliveries(self._clients.identity)

    def close(self) -> None:
        """Close the connections to GitHub."""
        self._clients.close()

    def default_branch(self, repository: Repository) -> str:
        """Name the default branch."""
        with self._clients.opened(repository, "reading the default branch") as opened:
            return opened.default_branch

    def name_of(self, repository: Repository, forge_id: int) -> RepositoryName | None:
        """Give the present name of the repository of an id; None when the App reaches none."""
        with self._clients.opened(repository, "reading the present name") as opened:
            by_id = GitHubRepository(opened.requester, url=f"/repositories/{forge_id}")
            try:
                return RepositoryName(by_id.full_name)
            except UnknownObjectException:
                return None

    def tip(self, repository: Repository, branch: str) -> CommitSha:
        """Give the commit at a branch's tip; UserError when there is no such branch."""
        with self._clients.opened(repository, f"reading the branch {branch!r}") as opened:
            return CommitSha(opened.get_branch(branch).commit.sha)

    def pull_request(self, repository: Repository, number: int) -> PullRequest:
        """Read a pull request live."""
        login = self._login()
        with self._clients.opened(repository, f"reading pull request #{number}") as opened:
            return pull_requests.as_value(opened.get_pull(number), login)

    def read_file(self, repository: Repository, commit: CommitSha, path: str) -> bytes | None:
        """Read a file at a commit; None when the commit has no such file."""
        with self._clients.opened(repository, f"reading {path}") as opened:
            return contents.read_file(opened, commit, path)

    def forget_installation(self, installation: int) -> None:
        """Drop the installation's token, and that it was the one of any repository."""
        self._clients.identity.forget_installation(installation)

    def clone_source(self, repository: Repository) -> CloneSource:
        """Say where git may fetch the repository; the header dies within the hour.

        The token is sent over TLS, or to this machine itself, and nowhere else.
        """
        url = self._clients.api.clone_url.replace("{repository}", repository.name)
        parts = urlsplit(url)
        trusted = parts.scheme == "https" or (
            parts.scheme == "http" and parts.hostname in _LOOPBACK
        )
        if not trusted:
            return CloneSource(url=url)
        token = self._clients.identity.token(self._clients.installation(repository))
        basic = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        return CloneSource(url=url, header=f"Authorization: Basic {basic}")

    def put_check_run(self, repository: Repository, run: CheckRun) -> int:
        """Create the check run, or bring the existing one of that name to this state.

        Raises:
            ValueError: *run* is completed without a conclusion.
        """
        wanted = within_limits(run)
        key = (repository.name, wanted.head, wanted.name, wanted.external_id)
        try:
            done = self._write_check_run(repository, wanted, self._check_runs.get(key))
        except LostReply:
            found = self._check_run_in_state(repository, wanted)
            if found is None:
                raise
            done = found
        self._check_runs.put(key, done)
        return done

    def find_comment(self, repository: Repository, number: int, marker: str) -> int | None:
        """Find our own comment that holds *marker*, through all pages; the lowest id wins."""
        login = self._login()
        with self._clients.opened(repository, f"reading the comments on #{number}") as opened:
            found = comments.find_own(opened, number, marker, login)
            return None if found is None else found.id

    def put_comment(self, repository: Repository, number: int, marker: str, body: str) -> int:
        """Create or edit our one comment whose body holds *marker*; gives its id.

        Raises:
            ValueError: the body does not hold the marker.
        """
        text = cut(body, MAX_COMMENT)
        if marker not in text:
            message = f"the comment lacks its marker {marker}"
            raise ValueError(message)
        login = self._login()
        try:
            with self._clients.opened(repository, f"commenting on #{number}") as opened:
                present = comments.find_own(opened, number, marker, login)
                return comments.put(opened, number, present, text)
        except LostReply as lost:
            return self._comment_that_says(repository, number, text, lost)

    def add_comment(self, repository: Repository, number: int, body: str) -> int:
        """Add a further comment, which notifies people; gives its id."""
        text = cut(body, MAX_COMMENT)
        try:
            with self._clients.opened(repository, f"commenting on #{number}") as opened:
                return comments.add(opened, number, text)
        except LostReply as lost:
            return self._comment_that_says(repository, number, text, lost)

    def _write_check_run(self, repository: Repository, run: CheckRun, known: int | None) -> int:
        slug = self._clients.identity.slug()
        doing = f"writing the check run {run.name!r}"
        with self._clients.opened(repository, doing, first=run.status == "queued") as opened:
            if known is not None:
                return checks.update(opened.get_check_run(known), run)
            present = checks.find(opened, run, slug)
            return checks.create(opened, run) if present is None else checks.update(present, run)

    def _check_run_in_state(self, repository: Repository, run: CheckRun) -> int | None:
        slug = self._clients.identity.slug()
        with self._clients.opened(repository, f"reading the check run {run.name!r}") as opened:
            present = checks.find(opened, run, slug)
            if present is None or not checks.is_in_state(present, run):
                return None
            return present.id

    def _comment_that_says(
        self, repository: Repository, number: int, body: str, lost: LostReply
    ) -> int:
        login = self._login()
        with self._clients.opened(repository, f"reading the comments on #{number}") as opened:
            found = comments.find_equal(opened, number, body, login)
        if found is None:
            raise lost
        return found


class _KnownIds:
    """The check runs written lately, so that progress does not list them each time."""

    CAPACITY = 4096

    def __init__(self) -> None:
        self._ids: OrderedDict[tuple[str, ...], int] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, ...]) -> int | None:
        with self._lock:
            return self._ids.get(key)

    def put(self, key: tuple[str, ...], check_run: int) -> None:
        with self._lock:
            self._ids[key] = check_run
            self._ids.move_to_end(key)
            if len(self._ids) > self.CAPACITY:
                self._ids.popitem(last=False)
