"""Which rule decided a verdict; and settling runs that answer several questions at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "verdicts",
        sa.Column("decided_by", sa.String(length=64), server_default="unknown", nullable=False),
    )
    op.execute("ALTER TABLE settlings RENAME COLUMN hypothesis TO hypotheses")
    op.execute("ALTER TABLE settlings RENAME COLUMN settlement TO settlements")
    op.execute("UPDATE settlings SET hypotheses = json_array(json(hypotheses))")
    op.execute(
        "UPDATE settlings SET settlements = json_array(json(settlements))"
        " WHERE settlements IS NOT NULL"
    )
    op.add_column("settlings", sa.Column("queue", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    # Revision 0004 holds one question a run: of several the first is kept.
    op.drop_column("settlings", "queue")
    op.execute("UPDATE settlings SET hypotheses = json_extract(hypotheses, '$[0]')")
    op.execute(
        "UPDATE settlings SET settlements = json_extract(settlements, '$[0]')"
        " WHERE settlements IS NOT NULL"
    )
    op.execute("ALTER TABLE settlings RENAME COLUMN settlements TO settlement")
    op.execute("ALTER TABLE settlings RENAME COLUMN hypotheses TO hypothesis")
    op.drop_column("verdicts", "decided_by")
