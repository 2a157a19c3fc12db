"""People, reviews, reactions and issues of the local forge."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
_ADDED = (
    ("local_pull_requests", "labels"),
    ("local_pull_requests", "merged"),
    ("local_pull_requests", "draft"),
    ("local_pull_requests", "body"),
    ("local_pull_requests", "author"),
    ("local_check_runs", "actions"),
)
_TABLES = (
    "local_issues",
    "local_reactions",
    "local_reviews",
    "local_roles",
)


def upgrade() -> None:
    _create_local_issues()
    _create_local_reactions()
    _create_local_reviews()
    _create_local_roles()
    _add_to_the_local_forge()


def downgrade() -> None:
    for table, column in _ADDED:
        op.drop_column(table, column)
    for table in _TABLES:
        op.drop_table(table)


def _create_local_issues() -> None:
    op.create_table(
        "local_issues",
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=256), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_local_issues_state")),
        sa.PrimaryKeyConstraint("repository", "number", name=op.f("pk_local_issues")),
    )


def _create_local_reactions() -> None:
    op.create_table(
        "local_reactions",
        sa.Column("comment", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("author", sa.String(length=256), nullable=False),
        sa.Column("content", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("comment", "author", "content", name=op.f("pk_local_reactions")),
    )


def _create_local_reviews() -> None:
    op.create_table(
        "local_reviews",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=256), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("commit_sha", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_local_reviews")),
    )
    op.create_index(
        "ix_local_reviews_repository_number",
        "local_reviews",
        ["repository", "number"],
        unique=False,
    )


def _create_local_roles() -> None:
    op.create_table(
        "local_roles",
        sa.Column("repository", sa.String(length=256), nullable=False),
        sa.Column("login", sa.String(length=256), nullable=False),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("repository", "login", name=op.f("pk_local_roles")),
    )


def _add_to_the_local_forge() -> None:
    op.add_column(
        "local_check_runs",
        sa.Column("actions", sa.JSON(none_as_null=True), server_default="[]", nullable=False),
    )
    op.add_column(
        "local_pull_requests",
        sa.Column("author", sa.String(length=256), server_default="", nullable=False),
    )
    op.add_column(
        "local_pull_requests", sa.Column("body", sa.Text(), server_default="", nullable=False)
    )
    op.add_column(
        "local_pull_requests",
        sa.Column("draft", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "local_pull_requests",
        sa.Column("merged", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "local_pull_requests",
        sa.Column("labels", sa.JSON(none_as_null=True), server_default="[]", nullable=False),
    )
