from __future__ import annotations

from typing import Any

import pytest
from github import BadCredentialsException, GithubException, UnknownObjectException
from github.GithubException import RateLimitExceededExceedsMaxWait, RateLimitExceededException

from bot.github.errors import AWAY_RETRY_S, RATE_RETRY_S, BadToken, LostReply, translated
from engine.errors import TransientError, UserError


def raised(error: Exception) -> Any:
    with pytest.raises((TransientError, UserError)) as caught, translated("reading x"):
        raise error
    return caught.value


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_leaves_open_whether_it_was_carried_out(status: int) -> None:
    assert isinstance(raised(GithubException(status)), LostReply)


@pytest.mark.parametrize("error", [ConnectionResetError(), TimeoutError(), OSError("broken")])
def test_a_broken_connection_leaves_open_whether_it_was_carried_out(error: OSError) -> None:
    assert raised(error).retry_after_s == AWAY_RETRY_S


def test_a_long_rate_limit_is_waited_out_elsewhere() -> None:
    assert raised(RateLimitExceededExceedsMaxWait(403, wait=123.0)).retry_after_s == 123.0


@pytest.mark.parametrize("error", [RateLimitExceededException(403), GithubException(429)])
def test_a_rate_limit_of_unknown_length_is_a_minute(error: GithubException) -> None:
    assert raised(error).retry_after_s == RATE_RETRY_S


def test_bad_credentials_are_told_apart() -> None:
    assert isinstance(raised(BadCredentialsException(401)), BadToken)


@pytest.mark.parametrize(
    "error,remedy",
    [
        (GithubException(403, {"message": "no"}), "permission"),
        (UnknownObjectException(404, {"message": "Not Found"}), "installed"),
        (GithubException(422, {"message": "Validation Failed"}), "GitHub's message"),
    ],
)
def test_a_refusal_for_good_is_a_user_error_with_its_remedy(
    error: GithubException, remedy: str
) -> None:
    assert remedy in raised(error).remedy


@pytest.mark.parametrize("data", [None, "text", {"message": None}, {"message": "why"}, ["x"]])
def test_what_github_said_is_quoted_where_it_said_something(data: Any) -> None:
    quoted = raised(GithubException(422, data)).problem

    assert quoted.startswith("reading x: GitHub answered 422")
    assert quoted.endswith("why") == (data == {"message": "why"})


def test_our_own_bugs_pass_untouched() -> None:
    with pytest.raises(KeyError), translated("reading x"):
        raise KeyError
