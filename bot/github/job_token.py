"""A pull request's comments with the token of a GitHub Actions job, which is no App of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from github.Auth import Token
from github.Repository import Repository as GitHubRepository

from bot.github import comments
from bot.github.client import GitHubApi, open_requester
from bot.github.errors import LostReply, translated
from bot.github.limits import MAX_COMMENT, cut
from bot.github.retry import rate_retry
from bot.github.spacing import MemorySpacing, wait_to_write
from bot.ports import Repository
from bot.setting_table import Secret
from engine.errors import UserError

JOB_LOGIN = "github-actions[bot]"  # who a job's own token writes as
_ONE = 0  # there is one token, and so one spacing


class JobComments:
    """One job's view of a pull request's comments.

    Every method raises TransientError when GitHub is away or asks to wait, and UserError when it
    refuses, as it does where the token may only read.
    """

    def __init__(self, api: GitHubApi, token: Secret, repository: Repository) -> None:
        spacing = MemorySpacing()

        def before_write(*, first: bool) -> None:
            wait_to_write(spacing, _ONE, api.write_spacing_s, first=first)

        self._requester = open_requester(api, Token(token.reveal()), before_write, rate_retry())
        self._name = repository.name
        self._login: str | None = None

    def close(self) -> None:
        """Close the connection to GitHub."""
        self._requester.close()

    def login(self) -> str:
        """Say who the token writes as: a person, or else the job itself."""
        if self._login is None:
            self._login = self._asked()
        return self._login

    def find(self, number: int, marker: str) -> str | None:
        """Give the body of our own comment that holds *marker*, through all pages."""
        login = self.login()
        with self._opened(f"reading the comments on #{number}") as opened:
            found = comments.find_own(opened, number, marker, login)
            return None if found is None else found.body

    def put(self, number: int, marker: str, body: str) -> None:
        """Create or edit our one comment whose body holds *marker*."""
        text, login = cut(body, MAX_COMMENT), self.login()

        def write(opened: GitHubRepository) -> None:
            present = comments.find_own(opened, number, marker, login)
            comments.put(opened, number, present, text)

        self._write(number, text, write)

    def _write(self, number: int, body: str, write: Callable[[GitHubRepository], None]) -> None:
        try:
            with self._opened(f"commenting on #{number}") as opened:
                write(opened)
        except LostReply:
            with self._opened(f"reading the comments on #{number}") as opened:
                if comments.find_equal(opened, number, body, self.login()) is None:
                    raise

    def _asked(self) -> str:
        try:
            with translated("reading who the token is of"):
                _, user = self._requester.requestJsonAndCheck("GET", "/user")
        except UserError:
            return JOB_LOGIN  # what a job's token may not ask
        return str(user["login"])

    @contextmanager
    def _opened(self, doing: str) -> Iterator[GitHubRepository]:
        with translated(f"{doing} of {self._name}"):
            yield GitHubRepository(self._requester, url=f"/repos/{self._name}")
