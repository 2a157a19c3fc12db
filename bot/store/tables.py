"""The tables. Times are aware and in UTC; a column that may be absent is null, never zero."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
    text,
)

from bot.store.column_types import UtcDateTime, WholeNumber

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_JSON = JSON(none_as_null=True)
_ID = String(96)
_SHA = String(40)
_REPOSITORY = String(256)

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("event", String(64), nullable=False),
    Column("body_hash", String(64), nullable=False),
    # Null once the delivery has ended and is old; its hash still tells a duplicate.
    Column("body", LargeBinary),
    Column("status", String(16), nullable=False),
    Column("received_utc", UtcDateTime, nullable=False),
    # From when on a dispatcher may take it (again): a claim moves this into the future.
    Column("due_utc", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("problem", Text),
    CheckConstraint("status IN ('waiting', 'claimed', 'done', 'failed')", name="status"),
    Index("ix_deliveries_status", "status"),  # counting reads no row, so no body
)
# Headers are not covered by the signature, so a replay may carry a new id: bodies count too.
# Deduplication ends with success: what failed for good may come again.
Index(
    "uq_deliveries_body_hash",
    DELIVERIES.c.body_hash,
    unique=True,
    sqlite_where=text("status != 'failed'"),
    postgresql_where=text("status != 'failed'"),
)
Index(
    "ix_deliveries_due_utc",
    DELIVERIES.c.due_utc,
    sqlite_where=text("status IN ('waiting', 'claimed')"),
    postgresql_where=text("status IN ('waiting', 'claimed')"),
)
Index(
    "ix_deliveries_received_utc",
    DELIVERIES.c.received_utc,
    sqlite_where=text("body IS NOT NULL"),
    postgresql_where=text("body IS NOT NULL"),
)

CHECKS = Table(
    "checks",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("repository", _REPOSITORY, nullable=False),
    Column("installation", BigInteger),
    Column("pull_request", Integer),
    Column("head", _SHA, nullable=False),
    Column("base", _SHA, nullable=False),
    Column("target", _SHA, nullable=False),
    Column("policy_commit", _SHA),
    Column("base_ref", String(256), nullable=False),
    Column("status", String(16), nullable=False),
    Column("opened_utc", UtcDateTime, nullable=False),
    Column("policy", _JSON, nullable=False),
    Column("skipped", _JSON, nullable=False),
    # Until then somebody works on it, and until then nobody need try again to conclude it.
    Column("claimed_until_utc", UtcDateTime, nullable=False),
    Column("retry_utc", UtcDateTime, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("kind", String(16), nullable=False, server_default="pull_request"),
    Column("tier", String(8)),
    Column("requested_by", String(256)),
    # The check whose runs are judged anew; null: it has runs of its own.
    Column("rejudges", _ID),
    # The branch that was measured, where there is no pull request.
    Column("ref", String(256)),
    # Who cancelled it; null: nobody.
    Column("ended_by", String(256)),
    CheckConstraint("status IN ('running', 'concluded', 'superseded')", name="status"),
    Index("ix_checks_repository_pull_request", "repository", "pull_request"),
    Index("ix_checks_repository_base_head", "repository", "base", "head"),
    Index("ix_checks_status", "status"),
)

RUNS = Table(
    "runs",
    METADATA,
    Column("run", _ID, primary_key=True),
    Column("check_id", _ID, ForeignKey("checks.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False),
    Column("check_name", String(512), nullable=False),
    Column("tags", _JSON, nullable=False),
    Column("order_document", LargeBinary, nullable=False),
    Column("terms", LargeBinary, nullable=False),
    Column("status", String(16), nullable=False),
    Column("losses", Integer, nullable=False),
    # The out-of-sample window that a sweep looks at; null: not known, or no sweep.
    Column("holdout", String(64)),
    Column("lane", String(8), nullable=False, server_default="pr"),
    CheckConstraint(
        "status IN ('queued', 'reported', 'refused', 'lost', 'cancelled')", name="status"
    ),
    Index("ix_runs_status", "status"),
    Index("ix_runs_check_name_status", "check_name", "status"),
    Index("ix_runs_holdout_status", "holdout", "status"),
)

REPORTS = Table(
    "reports",
    METADATA,
    Column("run", _ID, ForeignKey("runs.run"), primary_key=True),
    Column("nonce", _ID, nullable=False),
    Column("runner", Text, nullable=False),
    Column("machine", _JSON, nullable=False),
    Column("started_utc", Text, nullable=False),
    Column("finished_utc", Text, nullable=False),
    # What the evidence says of itself beside its samples or points; null: no evidence.
    Column("evidence", _JSON),
    Column("failure", _JSON),
    Column("caveats", _JSON, nullable=False),
    Column("dedicated", Boolean, nullable=False, server_default=false()),
    Column("data", _JSON, nullable=False, server_default="{}"),
)

PAIR_LAUNCHES = Table(
    "pair_launches",
    METADATA,
    Column("run", _ID, ForeignKey("reports.run"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("pair", WholeNumber, nullable=False),
    Column("side", String(8), nullable=False),
    Column("first", Boolean, nullable=False),
    Column("wall_s", Float, nullable=False),
    Column("cpu_s", Float, nullable=False),
    Column("purpose", String(16), nullable=False, server_default="pair"),
    Column("conditions", _JSON, nullable=False, server_default="{}"),
)

SAMPLES = Table(
    "samples",
    METADATA,
    Column("run", _ID, primary_key=True),
    Column("launch", Integer, primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("case_name", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("unit", Text, nullable=False),
    Column("better", String(8), nullable=False),
    Column("samples", _JSON, nullable=False),
    Column("result_hash", Text),
    Column("inner", WholeNumber),
    Column("steady", Boolean),
    ForeignKeyConstraint(
        ["run", "launch"],
        ["pair_launches.run", "pair_launches.position"],
    ),
)

SWEEP_POINTS = Table(
    "sweep_points",
    METADATA,
    Column("run", _ID, ForeignKey("reports.run"), primary_key=True),
    Column("side", String(8), primary_key=True),  # or "rerun" of base, "again" of head
    Column("position", Integer, primary_key=True),
    Column("id", Text, nullable=False),
    Column("params", _JSON, nullable=False),
    Column("seed", WholeNumber, nullable=False),
    Column("fold", WholeNumber),
    Column("metrics", _JSON, nullable=False),
    Column("status", String(8), nullable=False),
    Column("elapsed_s", Float, nullable=False),
    Column("error", Text),
    Column("signature", Text),
    Column("signed", String(32)),
)

POINT_RETURNS = Table(
    "point_returns",
    METADATA,
    Column("run", _ID, ForeignKey("reports.run"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("side", String(8), nullable=False),
    Column("id", Text, nullable=False),
    Column("seed", WholeNumber, nullable=False),
    Column("fold", WholeNumber),
    Column("dates", _JSON, nullable=False),
    Column("returns", _JSON, nullable=False),
)

VERDICTS = Table(
    "verdicts",
    METADATA,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("check_id", _ID, ForeignKey("checks.id"), nullable=False, unique=True),
    Column("outcome", String(16), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("comment", Text, nullable=False),
    Column("public_url", Text, nullable=False),  # the addresses in the comment begin with it
    Column("stored_utc", UtcDateTime, nullable=False),
    # By which revision of the rule; of a verdict from before revisions were stored: "unknown".
    Column("decided_by", String(64), nullable=False, server_default="unknown"),
)

# The limit of a runner's false alarms is over time, so sessions are kept for good.
NULL_SESSIONS = Table(
    "null_sessions",
    METADATA,
    Column("session", _ID, primary_key=True),
    Column("repository", _REPOSITORY, nullable=False),
    Column("suite", Text, nullable=False),
    Column("runner", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("commit_sha", _SHA, nullable=False),
    Column("measured_utc", UtcDateTime, nullable=False),
    Column("reference_s", Float),
    Index("ix_null_sessions_repository_suite_measured_utc", "repository", "suite", "measured_utc"),
)

NULL_COMPARISONS = Table(
    "null_comparisons",
    METADATA,
    Column("session", _ID, ForeignKey("null_sessions.session"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("case_name", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("pairs", Integer, nullable=False),
    Column("pair_sd", Float),
    Column("launch_sd", Float),
    Column("level", Float),
    Column("launches", Integer, nullable=False),
)
