"""What was in the data mounts that a run was measured on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("reports", sa.Column("data", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    op.drop_column("reports", "data")
