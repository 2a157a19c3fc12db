"""Who we are to GitHub: the App by its key, and an installation of it by a short-lived token."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import jwt
from github import GithubIntegration
from github.Auth import AppAuth, Auth
from jwt.algorithms import RSAAlgorithm

from bot.clock import utc_now
from bot.github.errors import BadToken, translated
from bot.github.tokens import InstallationToken, TokenStore
from bot.settings import GitHubCredentials
from engine.errors import UserError
from engine.values import RepositoryName

FRESH_FOR = timedelta(minutes=5)  # a token is replaced this long before it expires


def app_auth(credentials: GitHubCredentials) -> AppAuth:
    """Give the App's own authentication: a JWT for each request, signed with its key.

    Raises:
        UserError: the private key is not an RSA key in PEM.
    """
    algorithm = RSAAlgorithm(RSAAlgorithm.SHA256)
    try:
        # Parsed once: parsing costs tens of milliseconds, signing hardly any.
        key = algorithm.prepare_key(credentials.private_key.reveal())
    except (ValueError, TypeError, jwt.InvalidKeyError) as unreadable:
        problem = "the GitHub App's private key is not an RSA key in PEM form"
        raise UserError(problem, None, "Download a new one from the App's page.") from unreadable

    def sign(payload: dict[str, Any]) -> str:
        return jwt.encode(payload, key, algorithm="RS256")  # type: ignore[arg-type]

    return AppAuth(credentials.app_id, sign_func=sign)


class AppIdentity:
    """What the App may ask in its own name: its login, its installations, their tokens.

    PyGithub's clients are not made for threads, so one lock goes around this one.
    """

    def __init__(
        self,
        integration: GithubIntegration,
        tokens: TokenStore,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._integration = integration
        self._tokens = tokens
        self._now = now
        self._lock = threading.Lock()
        self._slug: str | None = None
        self._installations: dict[RepositoryName, int] = {}

    def slug(self) -> str:
        """Give the App's slug; its comments are by ``SLUG[bot]``.

        Raises:
            TransientError: GitHub is away.
            UserError: GitHub refuses the App's credentials.
        """
        with self._lock:
            if self._slug is None:
                with _as_the_app("reading the App"):
                    self._slug = self._integration.get_app().slug
            return self._slug

    def installation_of(self, name: RepositoryName) -> int:
        """Find the installation that covers a repository.

        Raises:
            TransientError: GitHub is away.
            UserError: the App is not installed there.
        """
        owner, _, short = name.partition("/")
        with self._lock:
            if name not in self._installations:
                with _as_the_app(f"finding the installation on {name}"):
                    found = self._integration.get_repo_installation(owner, short)
                    self._installations[name] = found.id
            return self._installations[name]

    def token(self, installation: int) -> str:
        """Give a token of the installation that lives for five minutes more at least.

        Raises:
            TransientError: GitHub is away.
            UserError: there is no such installation, or GitHub refuses the App's credentials.
        """
        with self._lock:
            now = self._now()
            kept = self._tokens.get(installation)
            if kept is None or kept.expires_utc - now < FRESH_FOR:
                kept = self._issue(installation)
                self._tokens.put(installation, kept, now)
            return kept.token

    def ask(
        self, method: str, path: str, query: dict[str, str | int] | None = None
    ) -> tuple[dict[str, Any], Any]:
        """Send a request in the App's own name that PyGithub has no method for.

        Gives the headers, named in lower case, and the JSON of the answer.

        Raises:
            TransientError: GitHub is away.
            UserError: it refuses.
        """
        with self._lock, _as_the_app(f"{method} {path}"):
            return self._integration.requester.requestJsonAndCheck(method, path, query)

    def forget_token(self, installation: int) -> None:
        """Drop the kept token, because GitHub refused it."""
        with self._lock:
            self._tokens.drop(installation)

    def forget_installation(self, installation: int) -> None:
        """Drop its token, and that it covers any repository: the App was taken off it."""
        with self._lock:
            self._tokens.drop(installation)
            for name in [name for name, at in self._installations.items() if at == installation]:
                del self._installations[name]

    def close(self) -> None:
        """Close the App's own connection."""
        with self._lock:
            self._integration.close()

    def _issue(self, installation: int) -> InstallationToken:
        with _as_the_app(f"opening installation {installation}"):
            issued = self._integration.get_access_token(installation)
            return InstallationToken(token=issued.token, expires_utc=issued.expires_at)


class InstallationAuth(Auth):
    """PyGithub's view of an installation: asks for the shared token at each request."""

    def __init__(self, identity: AppIdentity, installation: int) -> None:
        self._identity = identity
        self._installation = installation

    @property
    def token_type(self) -> str:
        """The scheme of the Authorization header."""
        return "token"

    @property
    def token(self) -> str:
        """The token now; raises what ``AppIdentity.token`` raises."""
        return self._identity.token(self._installation)


@contextmanager
def _as_the_app(doing: str) -> Iterator[None]:
    """Translate errors, where a 401 means that the App's own credentials are wrong."""
    try:
        with translated(doing):
            yield
    except BadToken as refused:
        remedy = "Check the App's id, its private key and this machine's clock."
        raise UserError(refused.problem, None, remedy) from refused
