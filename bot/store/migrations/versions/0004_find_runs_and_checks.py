"""Indices by which the runs of a suite and the checks of a commit pair are found."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_runs_check_name_status", "runs", ["check_name", "status"], unique=False)
    op.create_index(
        "ix_checks_repository_base_head", "checks", ["repository", "base", "head"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_checks_repository_base_head", table_name="checks")
    op.drop_index("ix_runs_check_name_status", table_name="runs")
