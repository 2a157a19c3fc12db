"""A run may leave levels of two commits: of its base, and of a head that is on the branch."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
_OLD_KEY = ("run", "case_name", "metric")
_COLUMNS = (
    "run, case_name, metric, repository, suite, fingerprint, commit_sha, level, launches, unit,"
    " better, measured_utc"
)
_INDEX = "ix_history_points_repository_suite"


def upgrade() -> None:
    _rebuild((*_OLD_KEY, "commit_sha"))


def downgrade() -> None:
    _rebuild(_OLD_KEY)


def _rebuild(key: Sequence[str]) -> None:
    """Copy the table into one of another key, in the order in which the rows were added."""
    op.drop_index(_INDEX, "history_points")
    op.rename_table("history_points", "former_history_points")
    op.create_table(
        "history_points",
        sa.Column("run", sa.String(96), nullable=False),
        sa.Column("case_name", sa.Text, nullable=False),
        sa.Column("metric", sa.Text, nullable=False),
        sa.Column("repository", sa.String(256), nullable=False),
        sa.Column("suite", sa.Text, nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("commit_sha", sa.String(40), nullable=False),
        sa.Column("level", sa.Float, nullable=False),
        sa.Column("launches", sa.Integer, nullable=False),
        sa.Column("unit", sa.Text, nullable=False),
        sa.Column("better", sa.String(8), nullable=False),
        sa.Column("measured_utc", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_history_points")),
    )
    copy = f"INSERT OR IGNORE INTO history_points ({_COLUMNS}) SELECT {_COLUMNS}"
    op.execute(sa.text(f"{copy} FROM former_history_points ORDER BY rowid"))
    op.drop_table("former_history_points")
    op.create_index(_INDEX, "history_points", ["repository", "suite"])
