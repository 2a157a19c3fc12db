"""One PyGithub client for each installation, used by one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from github import Github, GithubIntegration
from github.Auth import Auth
from github.Repository import Repository as GitHubRepository

from bot.github.auth import AppIdentity, InstallationAuth, app_auth
from bot.github.errors import BadToken, translated
from bot.github.retry import rate_retry
from bot.github.tokens import TokenStore
from bot.ports import Repository
from bot.settings import GitHubCredentials

PER_PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHubApi:
    """Where GitHub is and how hard we press it."""

    api_url: str = "https://api.github.com"
    clone_url: str = "https://github.com/{repository}.git"
    timeout_s: int = 15
    write_spacing_s: float = 1.0  # between two writes of one installation


class Clients:
    """Opens repositories of any installation."""

    def __init__(self, api: GitHubApi, identity: AppIdentity) -> None:
        self.api = api
        self.identity = identity
        self._lock = threading.Lock()
        self._clients: dict[int, _Client] = {}

    def installation(self, repository: Repository) -> int:
        """Give the repository's installation, asking GitHub when the event named none."""
        if repository.installation is not None:
            return repository.installation
        return self.identity.installation_of(repository.name)

    @contextmanager
    def opened(self, repository: Repository, doing: str) -> Iterator[GitHubRepository]:
        """Give the repository for a few calls, alone on its installation's client.

        What goes wrong inside is raised as ``bot.github.errors.translated`` says; a token that
        GitHub refuses is dropped, so that the next try gets a new one.
        """
        installation = self.installation(repository)
        client = self._client(installation)
        try:
            with client.lock, translated(f"{doing} of {repository.name}"):
                yield client.github.get_repo(repository.name)
        except BadToken:
            self.identity.forget_token(installation)
            raise

    def close(self) -> None:
        """Close the connections to GitHub."""
        with self._lock:
            for client in self._clients.values():
                client.github.close()
            self._clients.clear()
        self.identity.close()

    def _client(self, installation: int) -> _Client:
        with self._lock:
            if installation not in self._clients:
                auth = InstallationAuth(self.identity, installation)
                self._clients[installation] = _Client(_github(self.api, auth), threading.Lock())
            return self._clients[installation]


@dataclass(frozen=True, slots=True)
class _Client:
    github: Github
    lock: threading.Lock


def open_clients(api: GitHubApi, credentials: GitHubCredentials, tokens: TokenStore) -> Clients:
    """Set the clients up; no request is sent.

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
    return Clients(api, AppIdentity(integration, tokens))


def _github(api: GitHubApi, auth: Auth) -> Github:
    return Github(
        auth=auth,
        base_url=api.api_url,
        timeout=api.timeout_s,
        retry=rate_retry(),
        per_page=PER_PAGE,
        seconds_between_requests=None,
        seconds_between_writes=api.write_spacing_s,
        lazy=True,
    )
