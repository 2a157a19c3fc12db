"""Commands, overrides, promotions, schedules and drifts; what a check is of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
_ADDED = (
    ("runs", "lane"),
    ("checks", "ended_by"),
    ("checks", "ref"),
    ("checks", "rejudges"),
    ("checks", "requested_by"),
    ("checks", "tier"),
    ("checks", "kind"),
)
_TABLES = (
    "commands",
    "drifts",
    "ledger_heads",
    "overrides",
    "pr_leases",
    "promotions",
    "repositories",
    "schedules",
    "usage_replies",
)


def upgrade() -> None:
    _create_commands()
    _create_drifts()
    _create_ledger_heads()
    _create_overrides()
    _create_pr_leases()
    _create_promotions()
    _create_repositories()
    _create_schedules()
    _create_usage_replies()
    _add_to_checks_and_runs()


def downgrade() -> None:
    for table, column in _ADDED:
        op.drop_column(table, column)
    for table in _TABLES:
        op.drop_table(table)


def _create_commands() -> None:
    op.create_table(
        "commands",
        sa.Column("delivery", sa.String(length=64), nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("comment", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(length=256), nullable=False),
        sa.Column("verb", sa.String(length=32), nullable=False),
        sa.Column("arguments", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_utc", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('accepted', 'done', 'refused')", name=op.f("ck_commands_status")
        ),
        sa.PrimaryKeyConstraint("delivery", "line", name=op.f("pk_commands")),
    )
    op.create_index(
        "ix_commands_repository_number", "commands", ["repository", "number"], unique=False
    )


def _create_drifts() -> None:
    op.create_table(
        "drifts",
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("case_name", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("baseline_commit", sa.String(length=40), nullable=False),
        sa.Column("issue", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("change", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("updated_utc", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'closed')", name=op.f("ck_drifts_status")),
        sa.PrimaryKeyConstraint(
            "repository",
            "suite",
            "fingerprint",
            "case_name",
            "metric",
            "baseline_commit",
            name=op.f("pk_drifts"),
        ),
    )


def _create_ledger_heads() -> None:
    op.create_table(
        "ledger_heads",
        sa.Column("file", sa.String(length=512), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("updated_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("file", name=op.f("pk_ledger_heads")),
    )


def _create_overrides() -> None:
    op.create_table(
        "overrides",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("pull_request", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("case_name", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("by_login", sa.String(length=256), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("head", sa.String(length=40), nullable=True),
        sa.Column("change", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.Column("created_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_utc", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind IN ('accept', 'mute')", name=op.f("ck_overrides_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_overrides")),
    )
    op.create_index(
        "ix_overrides_repository_suite", "overrides", ["repository", "suite"], unique=False
    )


def _create_pr_leases() -> None:
    op.create_table(
        "pr_leases",
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holder", sa.String(length=96), nullable=False),
        sa.Column("until_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("repository", "number", name=op.f("pk_pr_leases")),
    )


def _create_promotions() -> None:
    op.create_table(
        "promotions",
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("suite", sa.String(length=64), nullable=False),
        sa.Column("tags", sa.String(length=512), nullable=False),
        sa.Column("source", sa.Integer(), nullable=True),
        sa.Column("head", sa.String(length=40), nullable=False),
        sa.Column("requested_by", sa.String(length=256), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("branch", sa.String(length=256), nullable=False),
        sa.Column("commit_sha", sa.String(length=40), nullable=True),
        sa.Column("pull_request", sa.Integer(), nullable=True),
        sa.Column("requested_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_utc", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('measuring', 'open', 'refused', 'merged', 'closed')",
            name=op.f("ck_promotions_status"),
        ),
        sa.PrimaryKeyConstraint("repository", "suite", "tags", name=op.f("pk_promotions")),
    )
    op.create_index(
        "ix_promotions_repository_pull_request",
        "promotions",
        ["repository", "pull_request"],
        unique=False,
    )
    op.create_index("ix_promotions_status", "promotions", ["status"], unique=False)


def _create_repositories() -> None:
    op.create_table(
        "repositories",
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("installation", sa.BigInteger(), nullable=True),
        sa.Column("default_branch", sa.String(length=256), nullable=True),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("seen_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_repositories")),
    )


def _create_schedules() -> None:
    op.create_table(
        "schedules",
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("last_due_utc", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_started_utc", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("repository", "name", name=op.f("pk_schedules")),
    )


def _create_usage_replies() -> None:
    op.create_table(
        "usage_replies",
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("login", sa.String(length=256), nullable=False),
        sa.Column("replied_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("repository", "login", name=op.f("pk_usage_replies")),
    )


def _add_to_checks_and_runs() -> None:
    op.add_column(
        "checks",
        sa.Column("kind", sa.String(length=16), server_default="pull_request", nullable=False),
    )
    op.add_column("checks", sa.Column("tier", sa.String(length=8), nullable=True))
    op.add_column("checks", sa.Column("requested_by", sa.String(length=256), nullable=True))
    op.add_column("checks", sa.Column("rejudges", sa.String(length=96), nullable=True))
    op.add_column("checks", sa.Column("ref", sa.String(length=256), nullable=True))
    op.add_column("checks", sa.Column("ended_by", sa.String(length=256), nullable=True))
    op.add_column(
        "runs", sa.Column("lane", sa.String(length=8), server_default="pr", nullable=False)
    )
