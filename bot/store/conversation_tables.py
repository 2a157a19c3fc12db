"""The tables of what is said to the bot and by it: commands, overrides, promotions, schedules."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    true,
)

from bot.store.column_types import UtcDateTime
from bot.store.tables import METADATA

_JSON = JSON(none_as_null=True)
_ID = String(96)
_SHA = String(40)
_REPOSITORY = String(256)
_LOGIN = String(256)

# One row a line of a comment that is a command; a delivery that comes again finds its lines.
COMMANDS = Table(
    "commands",
    METADATA,
    Column("delivery", String(64), primary_key=True),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("repository", _REPOSITORY, nullable=False),
    Column("number", Integer, nullable=False),
    Column("comment", BigInteger, nullable=False),
    Column("author", _LOGIN, nullable=False),
    Column("verb", String(32), nullable=False),
    Column("arguments", _JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("answer", Text),
    Column("created_utc", UtcDateTime, nullable=False),
    CheckConstraint("status IN ('accepted', 'done', 'refused')", name="status"),
    Index("ix_commands_repository_number", "repository", "number"),
)

# When a person was last told how commands are written: once an hour at most.
USAGE_REPLIES = Table(
    "usage_replies",
    METADATA,
    Column("repository", _REPOSITORY, primary_key=True),
    Column("login", _LOGIN, primary_key=True),
    Column("replied_utc", UtcDateTime, nullable=False),
)

OVERRIDES = Table(
    "overrides",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("repository", _REPOSITORY, nullable=False),
    Column("pull_request", Integer),  # null: of all of them
    Column("kind", String(16), nullable=False),
    Column("suite", Text, nullable=False),
    Column("case_name", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("by_login", _LOGIN, nullable=False),
    Column("reason", Text, nullable=False),
    Column("head", _SHA),
    Column("change", Float),
    Column("low", Float),
    Column("high", Float),
    Column("created_utc", UtcDateTime, nullable=False),
    Column("until_utc", UtcDateTime),
    Column("revoked_utc", UtcDateTime),
    CheckConstraint("kind IN ('accept', 'mute')", name="kind"),
    Index("ix_overrides_repository_suite", "repository", "suite"),
)

PROMOTIONS = Table(
    "promotions",
    METADATA,
    Column("repository", _REPOSITORY, primary_key=True),
    Column("suite", String(64), primary_key=True),
    Column("tags", String(512), primary_key=True),
    Column("scenario", Text),  # the name of its baseline; null: asked for without one
    Column("source", Integer),  # the pull request that it was asked on; null: by the nightly
    Column("head", _SHA, nullable=False),
    Column("requested_by", _LOGIN, nullable=False),
    Column("reason", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("evidence", _JSON, nullable=False),
    Column("branch", String(256), nullable=False),
    Column("commit_sha", _SHA),
    Column("pull_request", Integer),
    Column("requested_utc", UtcDateTime, nullable=False),
    Column("expires_utc", UtcDateTime),
    CheckConstraint(
        "status IN ('measuring', 'open', 'refused', 'merged', 'closed')", name="status"
    ),
    Index("ix_promotions_repository_pull_request", "repository", "pull_request"),
    Index("ix_promotions_status", "status"),
)

REPOSITORIES = Table(
    "repositories",
    METADATA,
    Column("name", _REPOSITORY, primary_key=True),
    Column("installation", BigInteger),
    Column("default_branch", String(256)),
    Column("active", Boolean, nullable=False, server_default=true()),
    Column("seen_utc", UtcDateTime, nullable=False),
    # Stays when the name changes; null: no event has told it yet.
    Column("forge_id", BigInteger),
)

SCHEDULES = Table(
    "schedules",
    METADATA,
    Column("repository", _REPOSITORY, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("last_due_utc", UtcDateTime),
    Column("last_started_utc", UtcDateTime),
)

DRIFTS = Table(
    "drifts",
    METADATA,
    Column("repository", _REPOSITORY, primary_key=True),
    Column("suite", Text, primary_key=True),
    Column("fingerprint", String(64), primary_key=True),
    Column("case_name", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("baseline_commit", _SHA, primary_key=True),
    Column("issue", Integer),
    Column("status", String(8), nullable=False),
    Column("change", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("updated_utc", UtcDateTime, nullable=False),
    CheckConstraint("status IN ('open', 'closed')", name="status"),
)

# How long each ledger is and what its last record's hash is: what was cut off at its end is seen.
LEDGER_HEADS = Table(
    "ledger_heads",
    METADATA,
    Column("file", String(512), primary_key=True),
    Column("count", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("updated_utc", UtcDateTime, nullable=False),
)

# Who writes to a pull request's conversation, until when: two comments must not become three.
PR_LEASES = Table(
    "pr_leases",
    METADATA,
    Column("repository", _REPOSITORY, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("holder", _ID, nullable=False),
    Column("until_utc", UtcDateTime, nullable=False),
)
