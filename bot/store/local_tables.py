"""The tables of the local forge: what GitHub would keep of a pull request's conversation."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from bot.store.column_types import UtcDateTime
from bot.store.tables import METADATA

_JSON = JSON(none_as_null=True)
_SHA = String(40)
_REPOSITORY = String(256)
_LOGIN = String(256)

LOCAL_PULL_REQUESTS = Table(
    "local_pull_requests",
    METADATA,
    Column("repository", _REPOSITORY, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("head", _SHA, nullable=False),
    Column("head_branch", String(256), nullable=False),
    Column("base_ref", String(256), nullable=False),
    Column("state", String(8), nullable=False),
    Column("from_fork", Boolean, nullable=False),
    Column("author", String(256), nullable=False, server_default=""),
    Column("body", Text, nullable=False, server_default=""),
    Column("draft", Boolean, nullable=False, server_default=false()),
    Column("merged", Boolean, nullable=False, server_default=false()),
    Column("labels", _JSON, nullable=False, server_default="[]"),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
)

LOCAL_COMMENTS = Table(
    "local_comments",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("repository", _REPOSITORY, nullable=False),
    Column("number", Integer, nullable=False),
    Column("author", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("created_utc", UtcDateTime, nullable=False),
    Column("updated_utc", UtcDateTime, nullable=False),
    Index("ix_local_comments_repository_number", "repository", "number"),
)

LOCAL_CHECK_RUNS = Table(
    "local_check_runs",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("repository", _REPOSITORY, nullable=False),
    Column("name", String(512), nullable=False),
    Column("head", _SHA, nullable=False),
    Column("external_id", String(128), nullable=False),
    Column("status", String(16), nullable=False),
    Column("conclusion", String(16)),
    Column("title", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("annotations", _JSON, nullable=False),
    Column("details_url", Text),
    Column("actions", _JSON, nullable=False, server_default="[]"),
    Column("updated_utc", UtcDateTime, nullable=False),
    UniqueConstraint("repository", "head", "name", "external_id"),
)

LOCAL_ROLES = Table(
    "local_roles",
    METADATA,
    Column("repository", _REPOSITORY, primary_key=True),
    Column("login", _LOGIN, primary_key=True),
    Column("role", Integer, nullable=False),
)

LOCAL_REACTIONS = Table(
    "local_reactions",
    METADATA,
    Column("comment", Integer, primary_key=True, autoincrement=False),
    Column("author", _LOGIN, primary_key=True),
    Column("content", String(16), primary_key=True),
)

LOCAL_REVIEWS = Table(
    "local_reviews",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("repository", _REPOSITORY, nullable=False),
    Column("number", Integer, nullable=False),
    Column("author", _LOGIN, nullable=False),
    Column("state", String(32), nullable=False),
    Column("commit_sha", _SHA),
    Index("ix_local_reviews_repository_number", "repository", "number"),
)

# Issues and pull requests share their numbers, as on GitHub.
LOCAL_ISSUES = Table(
    "local_issues",
    METADATA,
    Column("repository", _REPOSITORY, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("author", _LOGIN, nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(8), nullable=False),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
)
