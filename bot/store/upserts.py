"""Inserts that replace a row of the same key: the one place that knows the database's dialect."""

from __future__ import annotations

from sqlalchemy import Table
from sqlalchemy.dialects.sqlite import Insert, insert


def upsert(table: Table) -> Insert:
    """Give an insert that lets the last of two rows of one key stand, in all its columns."""
    statement = insert(table)
    replaced = {
        column.name: statement.excluded[column.name]
        for column in table.columns
        if not column.primary_key
    }
    keys = [column.name for column in table.primary_key]
    return statement.on_conflict_do_update(index_elements=keys, set_=replaced)


def insert_new(table: Table) -> Insert:
    """Give an insert that does nothing where a row of the key stands already."""
    return insert(table).on_conflict_do_nothing()
