"""What the local forge keeps of a pull request's conversation, as values."""

from __future__ import annotations

from datetime import datetime

import msgspec

from bot.ports import CheckRun, PullRequest

OWN_LOGIN = "highwater[bot]"


class LocalPullRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A pull request and the branch that it was opened from (``owner:branch`` of a fork)."""

    pull_request: PullRequest
    head_branch: str
    body: str = ""


class LocalComment(msgspec.Struct, frozen=True, kw_only=True):
    """A comment as it stands."""

    id: int
    author: str
    body: str
    created_utc: datetime
    updated_utc: datetime


class LocalCheckRun(msgspec.Struct, frozen=True, kw_only=True):
    """A check run as it stands."""

    id: int
    run: CheckRun
    updated_utc: datetime
