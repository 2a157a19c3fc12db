"""The tables of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TABLES = (
    "deliveries",
    "checks",
    "runs",
    "reports",
    "pair_launches",
    "samples",
    "sweep_points",
    "verdicts",
    "local_pull_requests",
    "local_comments",
    "local_check_runs",
)


def upgrade() -> None:
    _create_deliveries()
    _create_checks()
    _create_runs()
    _create_reports()
    _create_pair_launches()
    _create_samples()
    _create_sweep_points()
    _create_verdicts()
    _create_local_pull_requests()
    _create_local_comments()
    _create_local_check_runs()


def downgrade() -> None:
    for table in reversed(_TABLES):
        op.drop_table(table)


def _create_deliveries() -> None:
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("received_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status IN ('waiting', 'claimed', 'done', 'failed')", name=op.f("ck_deliveries_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
    )
    op.create_index(
        "ix_deliveries_due_utc",
        "deliveries",
        ["due_utc"],
        unique=False,
        sqlite_where=sa.text("status IN ('waiting', 'claimed')"),
        postgresql_where=sa.text("status IN ('waiting', 'claimed')"),
    )
    op.create_index(
        "ix_deliveries_received_utc",
        "deliveries",
        ["received_utc"],
        unique=False,
        sqlite_where=sa.text("body IS NOT NULL"),
        postgresql_where=sa.text("body IS NOT NULL"),
    )
    op.create_index("ix_deliveries_status", "deliveries", ["status"], unique=False)
    op.create_index(
        "uq_deliveries_body_hash",
        "deliveries",
        ["body_hash"],
        unique=True,
        sqlite_where=sa.text("status != 'failed'"),
        postgresql_where=sa.text("status != 'failed'"),
    )


def _create_checks() -> None:
    op.create_table(
        "checks",
        sa.Column("id", sa.String(length=96), nullable=False),
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("installation", sa.BigInteger(), nullable=True),
        sa.Column("pull_request", sa.Integer(), nullable=True),
        sa.Column("head", sa.String(length=40), nullable=False),
        sa.Column("base", sa.String(length=40), nullable=False),
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("policy_commit", sa.String(length=40), nullable=True),
        sa.Column("base_ref", sa.String(length=256), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("opened_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("skipped", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("claimed_until_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('running', 'concluded', 'superseded')", name=op.f("ck_checks_status")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checks")),
    )
    op.create_index(
        "ix_checks_repository_pull_request", "checks", ["repository", "pull_request"], unique=False
    )
    op.create_index("ix_checks_status", "checks", ["status"], unique=False)


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run", sa.String(length=96), nullable=False),
        sa.Column("check_id", sa.String(length=96), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("check_name", sa.String(length=512), nullable=False),
        sa.Column("tags", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("order_document", sa.LargeBinary(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("losses", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "status IN ('queued', 'reported', 'refused', 'lost', 'cancelled')",
            name=op.f("ck_runs_status"),
        ),
        sa.ForeignKeyConstraint(["check_id"], ["checks.id"], name=op.f("fk_runs_check_id")),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_check_id"), "runs", ["check_id"], unique=False)
    op.create_index("ix_runs_status", "runs", ["status"], unique=False)


def _create_reports() -> None:
    op.create_table(
        "reports",
        sa.Column("run", sa.String(length=96), nullable=False),
        sa.Column("nonce", sa.String(length=96), nullable=False),
        sa.Column("runner", sa.Text(), nullable=False),
        sa.Column("machine", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("started_utc", sa.Text(), nullable=False),
        sa.Column("finished_utc", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("failure", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("caveats", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["runs.run"], name=op.f("fk_reports_run")),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_reports")),
    )


def _create_pair_launches() -> None:
    op.create_table(
        "pair_launches",
        sa.Column("run", sa.String(length=96), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("pair", sa.String(), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("first", sa.Boolean(), nullable=False),
        sa.Column("wall_s", sa.Float(), nullable=False),
        sa.Column("cpu_s", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["reports.run"], name=op.f("fk_pair_launches_run")),
        sa.PrimaryKeyConstraint("run", "position", name=op.f("pk_pair_launches")),
    )


def _create_samples() -> None:
    op.create_table(
        "samples",
        sa.Column("run", sa.String(length=96), nullable=False),
        sa.Column("launch", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("case_name", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("better", sa.String(length=8), nullable=False),
        sa.Column("samples", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("result_hash", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["run", "launch"],
            ["pair_launches.run", "pair_launches.position"],
            name=op.f("fk_samples_run_launch"),
        ),
        sa.PrimaryKeyConstraint("run", "launch", "position", name=op.f("pk_samples")),
    )


def _create_sweep_points() -> None:
    op.create_table(
        "sweep_points",
        sa.Column("run", sa.String(length=96), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("params", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("fold", sa.String(), nullable=True),
        sa.Column("metrics", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("elapsed_s", sa.Float(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("signed", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(["run"], ["reports.run"], name=op.f("fk_sweep_points_run")),
        sa.PrimaryKeyConstraint("run", "side", "position", name=op.f("pk_sweep_points")),
    )


def _create_verdicts() -> None:
    op.create_table(
        "verdicts",
        sa.Column("sequence", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("check_id", sa.String(length=96), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("public_url", sa.Text(), nullable=False),
        sa.Column("stored_utc", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["checks.id"], name=op.f("fk_verdicts_check_id")),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_verdicts")),
        sa.UniqueConstraint("check_id", name=op.f("uq_verdicts_check_id")),
    )


def _create_local_pull_requests() -> None:
    op.create_table(
        "local_pull_requests",
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("head", sa.String(length=40), nullable=False),
        sa.Column("head_branch", sa.String(length=256), nullable=False),
        sa.Column("base_ref", sa.String(length=256), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("from_fork", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'closed')", name=op.f("ck_local_pull_requests_state")
        ),
        sa.PrimaryKeyConstraint("repository", "number", name=op.f("pk_local_pull_requests")),
    )


def _create_local_comments() -> None:
    op.create_table(
        "local_comments",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_comments")),
    )
    op.create_index(
        "ix_local_comments_repository_number",
        "local_comments",
        ["repository", "number"],
        unique=False,
    )


def _create_local_check_runs() -> None:
    op.create_table(
        "local_check_runs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("name", sa.String(length=512), nullable=False),
        sa.Column("head", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=128), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("conclusion", sa.String(length=16), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("annotations", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("details_url", sa.Text(), nullable=True),
        sa.Column("updated_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_check_runs")),
        sa.UniqueConstraint(
            "repository",
            "head",
            "name",
            "external_id",
            name=op.f("uq_local_check_runs_repository_head_name_external_id"),
        ),
    )
