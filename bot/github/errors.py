"""What GitHub's refusals and silences mean to us."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

from github import GithubException
from github.GithubException import (
    RateLimitExceededExceedsMaxWait,
    RateLimitExceededException,
    UnknownObjectException,
)

from engine.errors import HighwaterError, TransientError, UserError

AWAY_RETRY_S = 10.0
RATE_RETRY_S = 60.0


class LostReply(TransientError):  # noqa: N818  named for what happened
    """GitHub may or may not have carried the request out: read again before deciding."""


class BadToken(TransientError):  # noqa: N818  named for what happened
    """GitHub does not know our installation token (any more); nothing was carried out."""


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn what PyGithub and its transport raise into our errors; *doing* is for people.

    Raises:
        LostReply: the connection broke, timed out, or GitHub answered with a 5xx.
        BadToken: 401.
        TransientError: a rate limit.
        UserError: GitHub refused for good; the message holds what it said.
    """
    try:
        yield
    except GithubException as refused:
        raise _of_answer(doing, refused) from refused
    except OSError as broken:  # of which every exception of requests is one
        problem = f"{doing}: no answer from GitHub ({type(broken).__name__})"
        raise LostReply(problem, AWAY_RETRY_S) from broken


def _of_answer(doing: str, refused: GithubException) -> HighwaterError:
    problem = f"{doing}: GitHub answered {refused.status}{_said(refused.data)}"
    if isinstance(refused, RateLimitExceededExceedsMaxWait):
        return TransientError(problem, refused.wait or RATE_RETRY_S)
    if isinstance(refused, RateLimitExceededException):
        return TransientError(problem, RATE_RETRY_S)
    if refused.status == HTTPStatus.TOO_MANY_REQUESTS:
        return TransientError(problem, RATE_RETRY_S)
    if refused.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return LostReply(problem, AWAY_RETRY_S)
    if refused.status == HTTPStatus.UNAUTHORIZED:
        return BadToken(problem, AWAY_RETRY_S)
    return UserError(problem, None, _remedy(refused))


def _remedy(refused: GithubException) -> str:
    if refused.status == HTTPStatus.FORBIDDEN:
        return "Give the GitHub App the permission that it lacks and accept it in the repository."
    if isinstance(refused, UnknownObjectException) or refused.status == HTTPStatus.NOT_FOUND:
        return "Check that it exists and that the GitHub App is installed on the repository."
    return "Check the request against GitHub's message."


def _said(data: Any) -> str:
    message = data.get("message") if isinstance(data, dict) else None
    return f": {message}" if isinstance(message, str) and message else ""
