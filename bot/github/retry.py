"""Which requests to GitHub are sent again: those that it turned away for their rate, no others."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from github.GithubException import RateLimitExceededExceedsMaxWait
from github.GithubRetry import GithubRetry
from urllib3 import BaseHTTPResponse
from urllib3.connectionpool import ConnectionPool
from urllib3.util import Retry

MAX_WAIT_S = 20


class RateRetry(GithubRetry):
    """``GithubRetry`` that also refuses to sleep through a long ``Retry-After``.

    PyGithub bounds the waits that it works out itself, but sleeps as long as a ``Retry-After``
    header says; the job had better be queued again. And only a 429 is worth its header: a 503
    with one says nothing about whether a POST was carried out.
    """

    RETRY_AFTER_STATUS_CODES = frozenset({429})

    def increment(  # type: ignore[override]
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Retry:
        """Count one more try.

        Raises:
            RateLimitExceededExceedsMaxWait: GitHub wants us to wait longer than a job may sleep.
        """
        wait = None if response is None else self.get_retry_after(response)
        if response is not None and wait is not None and wait > MAX_WAIT_S:
            response.drain_conn()  # what urllib3 does where it gives up itself
            said: Any = {"message": f"retry after {wait:.0f} s"}
            raise RateLimitExceededExceedsMaxWait(response.status, said, wait=wait)
        return super().increment(method, url, response, error, _pool, _stacktrace)  # type: ignore[arg-type]


def rate_retry() -> RateRetry:
    """Give the one retry rule of all calls.

    Without ``read=0`` a POST whose reply is lost would be sent four times; without
    ``allowed_methods=None`` a PATCH would never be sent again.
    """
    return RateRetry(
        total=3,
        read=0,
        status_forcelist=[429],
        allowed_methods=None,
        max_rate_limit_wait=MAX_WAIT_S,
    )
