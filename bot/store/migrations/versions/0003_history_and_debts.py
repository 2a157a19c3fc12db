"""Levels along the history, what settled its steps, and the ledger of losses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _create_history_points()
    _create_settlings()
    _create_debts()


def downgrade() -> None:
    for table in ("debts", "settlings", "history_points"):
        op.drop_table(table)


def _create_history_points() -> None:
    op.create_table(
        "history_points",
        sa.Column("run", sa.String(length=96), nullable=False),
        sa.Column("case_name", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("commit_sha", sa.String(length=40), nullable=False),
        sa.Column("level", sa.Float(), nullable=False),
        sa.Column("launches", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("better", sa.String(length=8), nullable=False),
        sa.Column("measured_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("run", "case_name", "metric", name=op.f("pk_history_points")),
    )
    op.create_index(
        "ix_history_points_repository_suite",
        "history_points",
        ["repository", "suite"],
        unique=False,
    )


def _create_settlings() -> None:
    op.create_table(
        "settlings",
        sa.Column("run", sa.String(length=96), nullable=False),
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("hypothesis", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("bracket", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("order_document", sa.LargeBinary(), nullable=True),
        sa.Column("settlement", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ordered_utc", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('ordered', 'settled', 'lost')", name=op.f("ck_settlings_status")
        ),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_settlings")),
    )
    op.create_index("ix_settlings_repository", "settlings", ["repository"], unique=False)
    op.create_index("ix_settlings_status", "settlings", ["status"], unique=False)


def _create_debts() -> None:
    op.create_table(
        "debts",
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("pull_request", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("case_name", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("head", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("change", sa.Float(), nullable=False),
        sa.Column("low", sa.Float(), nullable=False),
        sa.Column("high", sa.Float(), nullable=False),
        sa.Column("better", sa.String(length=8), nullable=False),
        sa.Column("recorded_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run", sa.String(length=96), nullable=False),
        sa.PrimaryKeyConstraint(
            "repository",
            "pull_request",
            "suite",
            "fingerprint",
            "case_name",
            "metric",
            name=op.f("pk_debts"),
        ),
    )
