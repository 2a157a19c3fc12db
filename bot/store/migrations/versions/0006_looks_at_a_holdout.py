"""Which out-of-sample window a run of a sweep looked at, so that its looks can be counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("runs", sa.Column("holdout", sa.String(length=64), nullable=True))
    op.create_index("ix_runs_holdout_status", "runs", ["holdout", "status"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_runs_holdout_status", table_name="runs")
    op.drop_column("runs", "holdout")
