"""One PyGithub client for each installation, used by one thread at a time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import urlsplit

from github import GithubIntegration
from github.Auth import Auth
from github.Repository import Repository as GitHubRepository
from github.Requester import Requester
from urllib3.util import Retry

from bot.github.auth import AppIdentity, InstallationAuth, app_auth
from bot.github.errors import BadToken, translated
from bot.github.retry import rate_retry
from bot.github.spacing import MemorySpacing, WriteSpacing, is_write, wait_to_write
from bot.github.tokens import TokenStore
from bot.ports import Repository
from bot.settings import GitHubCredentials

PER_PAGE = 100
USER_AGENT = "highwater"
_ELSEWHERE = frozenset({HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT})


def _tells_no_answer(record: logging.LogRecord) -> bool:
    """Let nothing by that PyGithub says of whole answers, in which tokens and keys are given."""
    return record.levelno > logging.DEBUG


# A filter, since a level may be set by whoever configures logging.
logging.getLogger(Requester.__module__).addFilter(_tells_no_answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubApi:
    """Where GitHub is and how hard we press it."""

    api_url: str = "https://api.github.com"
    clone_url: str = "https://github.com/{repository}.git"
    timeout_s: int = 15
    write_spacing_s: float = 1.0  # between two writes of one installation


class Clients:
    """Opens repositories of any installation."""

    def __init__(self, api: GitHubApi, identity: AppIdentity, spacing: WriteSpacing) -> None:
        self.api = api
        self.identity = identity
        self._spacing = spacing
        self._lock = threading.Lock()
        self._clients: dict[int, _Client] = {}

    def installation(self, repository: Repository) -> int:
        """Give the repository's installation, asking GitHub when the event named none."""
        if repository.installation is not None:
            return repository.installation
        return self.identity.installation_of(repository.name)

    @contextmanager
    def opened(
        self, repository: Repository, doing: str, *, first: bool = False
    ) -> Iterator[GitHubRepository]:
        """Give the repository for a few calls, alone on its installation's client.

        What tells people that they were heard is written *first*: it waits less for its turn.
        What goes wrong inside is raised as ``bot.github.errors.translated`` says; a token that
        GitHub refuses is dropped, so that the next try gets a new one.
        """
        installation = self.installation(repository)
        client = self._client(installation)
        try:
            with client.lock, translated(f"{doing} of {repository.name}"):
                client.requester.first = first
                yield GitHubRepository(client.requester, url=f"/repos/{repository.name}")
        except BadToken:
            self.identity.forget_token(installation)
            raise

    def close(self) -> None:
        """Close the connections to GitHub."""
        with self._lock:
            for client in self._clients.values():
                client.requester.close()
            self._clients.clear()
        self.identity.close()

    def _client(self, installation: int) -> _Client:
        with self._lock:
            if installation not in self._clients:
                self._clients[installation] = _Client(self._requester(installation))
            return self._clients[installation]

    def _requester(self, installation: int) -> SpacedRequester:
        def before_write(*, first: bool) -> None:
            wait_to_write(self._spacing, installation, self.api.write_spacing_s, first=first)

        auth = InstallationAuth(self.identity, installation)
        return open_requester(self.api, auth, before_write, rate_retry())


class BeforeWrite(Protocol):
    """Waits until a write may be sent."""

    def __call__(self, *, first: bool) -> None:
        """Wait; for what is to be sent *first*, less long."""


def at_once(*, first: bool) -> None:
    """Wait for nothing."""


class SpacedRequester(Requester):
    """PyGithub's transport, which waits before a write until its turn has come.

    PyGithub's own pause is of one client: another process would write in between.
    """

    before_write: BeforeWrite
    first: bool = False

    def requestJson(  # noqa: N802  PyGithub's name
        self, verb: str, url: str, *args: Any, **kwargs: Any
    ) -> tuple[int, dict[str, Any], str]:
        """Send a request with JSON; every write of ours goes through here.

        A write to a renamed repository is answered with where to send it instead, which PyGithub
        takes for an answer to what was written.
        """
        if is_write(verb):
            self.before_write(first=self.first)
        status, headers, output = super().requestJson(verb, url, *args, **kwargs)
        if status not in _ELSEWHERE:
            return status, headers, output
        place = str(headers.get("location") or "")
        if urlsplit(place).netloc != urlsplit(self.base_url).netloc:  # the token is GitHub's alone
            raise self.createException(status, headers, {"message": f"moved to {place!r}"})
        return super().requestJson(verb, place, *args, **kwargs)


class _Client:
    def __init__(self, requester: SpacedRequester) -> None:
        self.requester = requester
        self.lock = threading.Lock()


def open_clients(
    api: GitHubApi,
    credentials: GitHubCredentials,
    tokens: TokenStore,
    spacing: WriteSpacing | None = None,
) -> Clients:
    """Set the clients up; no request is sent.

    Without *spacing* the pauses are those of this process alone.

    Raises:
        UserError: the private key cannot be read.
    """
    integration = GithubIntegration(
        auth=app_auth(credentials),
        base_url=api.api_url,
        timeout=api.timeout_s,
        retry=rate_retry(),
        seconds_between_requests=None,
        seconds_between_writes=None,
    )
    return Clients(api, AppIdentity(integration, tokens), spacing or MemorySpacing())


def open_requester(
    api: GitHubApi,
    auth: Auth | None,
    before_write: BeforeWrite = at_once,
    retry: Retry | None = None,
) -> SpacedRequester:
    """Make the transport of one client; nothing is sent.

    What is opened through it is lazy: a repository costs no request of its own. Without *retry*
    nothing is sent again.
    """
    requester = SpacedRequester(
        auth=auth,
        base_url=api.api_url,
        timeout=api.timeout_s,
        user_agent=USER_AGENT,
        per_page=PER_PAGE,
        verify=True,
        retry=retry,
        pool_size=None,
        lazy=True,
    )
    requester.before_write = before_write
    return requester
