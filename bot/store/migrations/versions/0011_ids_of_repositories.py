"""A repository has an id of the forge's, which stays when its name changes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("repositories", sa.Column("forge_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("repositories", "forge_id")
