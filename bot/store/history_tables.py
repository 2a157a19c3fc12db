"""The tables of the history: levels along a branch, what settled its steps, and the debts."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from bot.store.column_types import UtcDateTime
from bot.store.tables import METADATA

_JSON = JSON(none_as_null=True)
_ID = String(96)
_SHA = String(40)
_REPOSITORY = String(256)

# What was measured of the commits of a default branch. A run of a check gives one row a series
# and commit: of its base, and of its head where that is on the branch.
HISTORY_POINTS = Table(
    "history_points",
    METADATA,
    Column("run", _ID, primary_key=True),
    Column("case_name", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("repository", _REPOSITORY, nullable=False),
    Column("suite", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("commit_sha", _SHA, primary_key=True),
    Column("level", Float, nullable=False),
    Column("launches", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("better", String(8), nullable=False),
    Column("measured_utc", UtcDateTime, nullable=False),
    Index("ix_history_points_repository_suite", "repository", "suite"),
)

# Paired runs between two commits of the history, for all that is asked about these two; and what
# they showed, in the same order.
SETTLINGS = Table(
    "settlings",
    METADATA,
    Column("run", _ID, primary_key=True),
    Column("repository", _REPOSITORY, nullable=False),
    Column("status", String(16), nullable=False),
    Column("hypotheses", _JSON, nullable=False),
    Column("bracket", _JSON, nullable=False),
    Column("order_document", LargeBinary),
    Column("settlements", _JSON),
    Column("ordered_utc", UtcDateTime, nullable=False),
    # Where it was ordered; empty: it was measured here, or not at all.
    Column("queue", Text, nullable=False, server_default=""),
    CheckConstraint("status IN ('ordered', 'settled', 'lost')", name="status"),
    Index("ix_settlings_repository", "repository"),
    Index("ix_settlings_status", "status"),
)

# Losses that a pull request brings, as its last check measured them; merged or not.
DEBTS = Table(
    "debts",
    METADATA,
    Column("repository", _REPOSITORY, primary_key=True),
    Column("pull_request", Integer, primary_key=True, autoincrement=False),
    Column("suite", Text, primary_key=True),
    Column("fingerprint", String(64), primary_key=True),
    Column("case_name", Text, primary_key=True),
    Column("metric", Text, primary_key=True),
    Column("head", _SHA, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("change", Float, nullable=False),
    Column("low", Float, nullable=False),
    Column("high", Float, nullable=False),
    Column("better", String(8), nullable=False),
    Column("recorded_utc", UtcDateTime, nullable=False),
    Column("run", _ID, nullable=False),
)
