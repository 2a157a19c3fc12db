"""Conditions and purposes of launches, returns of a sweep's points, and null sessions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _add_columns()
    _create_point_returns()
    _create_null_sessions()
    _create_null_comparisons()


def downgrade() -> None:
    for table in ("null_comparisons", "null_sessions", "point_returns"):
        op.drop_table(table)
    # Revision 0001 takes every launch for one of a pair, and knows no third kind of point.
    op.execute(
        "DELETE FROM samples WHERE EXISTS (SELECT 1 FROM pair_launches AS launch"
        " WHERE launch.run = samples.run AND launch.position = samples.launch"
        " AND launch.purpose != 'pair')"
    )
    op.execute("DELETE FROM pair_launches WHERE purpose != 'pair'")
    op.execute("DELETE FROM sweep_points WHERE side = 'rerun'")
    op.drop_column("samples", "steady")
    op.drop_column("samples", "inner")
    op.drop_column("pair_launches", "conditions")
    op.drop_column("pair_launches", "purpose")
    op.drop_column("reports", "dedicated")


def _add_columns() -> None:
    """Add what older rows have by default: launches in pairs, of unknown conditions."""
    op.add_column(
        "reports", sa.Column("dedicated", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column(
        "pair_launches",
        sa.Column("purpose", sa.String(length=16), server_default="pair", nullable=False),
    )
    op.add_column(
        "pair_launches",
        sa.Column("conditions", sa.JSON(none_as_null=True), server_default="{}", nullable=False),
    )
    op.add_column("samples", sa.Column("inner", sa.String(), nullable=True))
    op.add_column("samples", sa.Column("steady", sa.Boolean(), nullable=True))


def _create_point_returns() -> None:
    op.create_table(
        "point_returns",
        sa.Column("run", sa.String(length=96), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("fold", sa.String(), nullable=True),
        sa.Column("dates", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("returns", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(["run"], ["reports.run"], name=op.f("fk_point_returns_run")),
        sa.PrimaryKeyConstraint("run", "position", name=op.f("pk_point_returns")),
    )


def _create_null_sessions() -> None:
    op.create_table(
        "null_sessions",
        sa.Column("session", sa.String(length=96), nullable=False),
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("suite", sa.Text(), nullable=False),
        sa.Column("runner", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("commit_sha", sa.String(length=40), nullable=False),
        sa.Column("measured_utc", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reference_s", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_null_sessions")),
    )
    op.create_index(
        "ix_null_sessions_repository_suite_measured_utc",
        "null_sessions",
        ["repository", "suite", "measured_utc"],
        unique=False,
    )


def _create_null_comparisons() -> None:
    op.create_table(
        "null_comparisons",
        sa.Column("session", sa.String(length=96), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("case_name", sa.Text(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("pairs", sa.Integer(), nullable=False),
        sa.Column("pair_sd", sa.Float(), nullable=True),
        sa.Column("launch_sd", sa.Float(), nullable=True),
        sa.Column("level", sa.Float(), nullable=True),
        sa.Column("launches", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session"], ["null_sessions.session"], name=op.f("fk_null_comparisons_session")
        ),
        sa.PrimaryKeyConstraint("session", "position", name=op.f("pk_null_comparisons")),
    )
