from __future__ import annotations

import pytest
from github.GithubException import RateLimitExceededExceedsMaxWait
from urllib3 import HTTPResponse
from urllib3.exceptions import MaxRetryError, ReadTimeoutError, ResponseError

from bot.github.retry import rate_retry


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT", "DELETE"])
def test_too_many_requests_is_retried_for_every_method(method: str) -> None:
    assert rate_retry().is_retry(method, 429)


@pytest.mark.parametrize("status", [500, 502, 503, 504, 413])
@pytest.mark.parametrize("method", ["GET", "POST", "PATCH"])
def test_a_server_error_is_not_retried_even_when_it_says_how_long_to_wait(
    method: str, status: int
) -> None:
    assert not rate_retry().is_retry(method, status, has_retry_after=True)


def test_a_lost_reply_is_not_retried() -> None:
    lost = ReadTimeoutError(None, "/x", "read timed out")  # type: ignore[arg-type]

    with pytest.raises((MaxRetryError, ReadTimeoutError)):
        rate_retry().increment("POST", "/x", error=lost)


def test_three_tries_more_and_no_further() -> None:
    retry = rate_retry()
    refused = HTTPResponse(status=429)
    for _ in range(3):
        retry = retry.increment("GET", "/x", response=refused)

    with pytest.raises(MaxRetryError) as raised:
        retry.increment("GET", "/x", response=refused)

    assert isinstance(raised.value.reason, ResponseError)


@pytest.mark.parametrize("wait", ["0", "1", "20"])
def test_a_short_wait_is_slept_through(wait: str) -> None:
    refused = HTTPResponse(status=429, headers={"Retry-After": wait})

    assert rate_retry().increment("GET", "/x", response=refused).total == 2


@pytest.mark.parametrize("wait", ["21", "3600"])
def test_a_wait_over_twenty_seconds_is_left_to_the_queue(wait: str) -> None:
    refused = HTTPResponse(status=429, headers={"Retry-After": wait})

    with pytest.raises(RateLimitExceededExceedsMaxWait) as raised:
        rate_retry().increment("GET", "/x", response=refused)

    assert raised.value.wait == float(wait)
