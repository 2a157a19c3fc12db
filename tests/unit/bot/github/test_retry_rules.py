"""What is sent again and what never is, read off the requests that leave PyGithub."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import responses
from requests.exceptions import ChunkedEncodingError, ReadTimeout
from requests.exceptions import ConnectionError as LostConnectionError

from bot.github.client import Clients, GitHubApi, open_clients
from bot.github.errors import BadToken, LostReply
from bot.github.tokens import InstallationToken, MemoryTokens
from bot.ports import Repository
from bot.settings import GitHubCredentials, Secret
from engine.errors import HighwaterError, TransientError, UserError
from engine.values import RepositoryName
from tests.fakes.github_world import World

API = "https://github.example.org/api/v3"
SENT_TO = "https://github.example.org:443/api/v3"  # PyGithub names the port
PATH = "/repos/quant/research/issues/1/comments"
REPOSITORY = Repository(name=RepositoryName("quant/research"), installation=7)
METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]
WRITES = [each for each in METHODS if each != "GET"]
SECONDARY = {"message": "You have exceeded a secondary rate limit."}
PRIMARY = {"message": "API rate limit exceeded for installation ID 7."}
FORBIDDEN = {"message": "Resource not accessible by integration"}


@pytest.fixture
def github() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def clients(tmp_path: Any) -> Iterator[Clients]:
    tokens = MemoryTokens()
    now = datetime.now(UTC)
    token = InstallationToken(token="ghs_kept", expires_utc=now + timedelta(hours=1))
    tokens.put(7, token, now)
    credentials = GitHubCredentials("1", Secret(World(tmp_path).private_key))
    opened = open_clients(GitHubApi(api_url=API, write_spacing_s=0.0), credentials, tokens)
    yield opened
    opened.close()


def send(clients: Clients, method: str) -> HighwaterError | None:
    """Send one request; gives the error that it ended with."""
    try:
        with clients.opened(REPOSITORY, "trying") as repository:
            repository.requester.requestJsonAndCheck(method, PATH, input={"body": "Hello."})
    except HighwaterError as ended:
        return ended
    return None


def answers(
    github: responses.RequestsMock, method: str, *given: tuple[int, Any, dict[str, str]]
) -> None:
    """Answer one request after the other; the last answer stands for all that follow."""
    for status, body, headers in given:
        github.add(method, SENT_TO + PATH, json=body, status=status, headers=headers)


OK = (200, {}, {})


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "limited",
    [
        (429, {}, {}),
        (429, {}, {"Retry-After": "20"}),
        (403, {"message": "slow down"}, {"Retry-After": "3"}),
    ],
    ids=["429", "429 with a wait", "403 with a wait"],
)
def test_a_request_that_was_turned_away_for_its_rate_is_sent_again(
    github: responses.RequestsMock, clients: Clients, method: str, limited: Any
) -> None:
    answers(github, method, limited, OK)

    assert send(clients, method) is None
    assert len(github.calls) == 2


@pytest.mark.parametrize("method", METHODS)
def test_a_primary_limit_that_ends_soon_is_slept_through(
    github: responses.RequestsMock, clients: Clients, method: str
) -> None:
    soon = {"X-RateLimit-Reset": str(int(time.time()) + 3)}
    answers(github, method, (403, PRIMARY, soon), OK)

    assert (send(clients, method), len(github.calls)) == (None, 2)


@pytest.mark.parametrize("method", METHODS)
def test_after_three_more_tries_the_queue_takes_over(
    github: responses.RequestsMock, clients: Clients, method: str
) -> None:
    answers(github, method, (429, {}, {}))

    ended = send(clients, method)

    assert isinstance(ended, TransientError)
    assert len(github.calls) == 4


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "limited,wait",
    [
        ((403, SECONDARY, {}), 60),
        ((403, SECONDARY, {"Retry-After": "90"}), 90),
        ((429, {}, {"Retry-After": "21"}), 21),
        ((403, PRIMARY, {"X-RateLimit-Reset": "in 3000 s"}), 3000),
    ],
    ids=["secondary", "secondary with a wait", "429 with a long wait", "primary"],
)
def test_a_long_wait_is_the_queues_and_is_told_to_it(
    github: responses.RequestsMock, clients: Clients, method: str, limited: Any, wait: int
) -> None:
    status, body, headers = limited
    reset = str(int(time.time()) + 3000)
    sent = {name: reset if value == "in 3000 s" else value for name, value in headers.items()}
    answers(github, method, (status, body, sent))

    ended = send(clients, method)

    assert isinstance(ended, TransientError)
    assert ended.retry_after_s == pytest.approx(wait, abs=5)
    assert len(github.calls) == 1


@pytest.mark.parametrize("method", METHODS)
def test_a_missing_permission_is_told_at_once(
    github: responses.RequestsMock, clients: Clients, method: str
) -> None:
    answers(github, method, (403, FORBIDDEN, {}))

    ended = send(clients, method)

    assert isinstance(ended, UserError)
    assert ("permission" in ended.remedy, len(github.calls)) == (True, 1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("headers", [{}, {"Retry-After": "1"}], ids=["", "with a wait"])
def test_after_a_server_error_nothing_is_sent_again_before_it_was_read(
    github: responses.RequestsMock,
    clients: Clients,
    method: str,
    status: int,
    headers: dict[str, str],
) -> None:
    answers(github, method, (status, {}, headers))

    assert isinstance(send(clients, method), LostReply)
    assert len(github.calls) == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("lost", [ReadTimeout, LostConnectionError, ChunkedEncodingError])
def test_a_request_whose_reply_is_lost_is_not_sent_again(
    github: responses.RequestsMock, clients: Clients, method: str, lost: type[Exception]
) -> None:
    github.add(method, SENT_TO + PATH, body=lost("gone"))

    assert isinstance(send(clients, method), LostReply)
    assert len(github.calls) == 1


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("status", [404, 409, 410, 422])
def test_a_refusal_is_final(
    github: responses.RequestsMock, clients: Clients, method: str, status: int
) -> None:
    answers(github, method, (status, {"message": "No."}, {}))

    ended = send(clients, method)

    assert (type(ended), len(github.calls)) == (UserError, 1)
    assert "No." in str(ended)


def test_a_refused_token_is_not_sent_again_and_not_kept(
    github: responses.RequestsMock, clients: Clients
) -> None:
    answers(github, "POST", (401, {"message": "Bad credentials"}, {}))
    issued = {"token": "ghs_new", "expires_at": "2099-01-01T00:00:00Z", "permissions": {}}
    github.add("POST", f"{SENT_TO}/app/installations/7/access_tokens", json=issued, status=201)
    refused = send(clients, "POST")

    send(clients, "POST")

    sent = [
        each.request.headers["Authorization"]
        for each in github.calls
        if PATH in str(each.request.url)
    ]
    assert isinstance(refused, BadToken)
    assert sent == ["token ghs_kept", "token ghs_new"]


def test_an_answer_that_is_no_json_after_a_write_is_read_as_lost_or_refused_never_as_done(
    github: responses.RequestsMock, clients: Clients
) -> None:
    github.add("POST", SENT_TO + PATH, body="<html>proxy</html>", status=502)

    assert isinstance(send(clients, "POST"), LostReply)
