"""Which of a suite's several baselines a promotion is of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("promotions", sa.Column("scenario", sa.Text, nullable=True))


def downgrade() -> None:
    op.drop_column("promotions", "scenario")
