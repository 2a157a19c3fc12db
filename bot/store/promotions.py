"""Promotions: baselines that somebody asked to raise, and how far each is."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Engine, RowMapping, select, update

from bot.store.conversation_tables import PROMOTIONS
from bot.store.engine import reading, writing
from bot.store.upserts import upsert
from engine.values import CommitSha, RepositoryName

PromotionStatus = Literal["measuring", "open", "refused", "merged", "closed"]


class PromotionRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The promotion of a suite on its tags (joined by ``+``); asking again replaces it.

    *source* is the pull request that it was asked on, None of the nightly's own candidate;
    *scenario* the name of its baseline, None where it was asked for without one.
    *evidence* names what was measured for it; *commit_sha* and *pull_request* are our own.
    """

    repository: RepositoryName
    suite: str
    tags: str
    scenario: str | None = None
    source: int | None
    head: CommitSha
    requested_by: str
    reason: str
    status: PromotionStatus = "measuring"
    evidence: tuple[str, ...] = ()
    branch: str
    commit_sha: CommitSha | None = None
    pull_request: int | None = None
    requested_utc: datetime
    expires_utc: datetime | None = None


class PromotionStore:
    """Promotions over one database."""

    def __init__(self, database: Engine) -> None:
        """Take an open database with its migrations applied."""
        self._database = database

    def put(self, record: PromotionRecord) -> None:
        """Store a promotion in place of the former one of its suite and tags."""
        values = {**msgspec.structs.asdict(record), "evidence": list(record.evidence)}
        with writing(self._database) as connection:
            connection.execute(upsert(PROMOTIONS).values(values))

    def carry_on(self, record: PromotionRecord) -> bool:
        """Store how far a promotion is; False: it was asked for anew meanwhile, which stands."""
        asked = ("repository", "suite", "tags", "requested_utc")
        wish = ("scenario", "source", "head", "requested_by", "reason")
        same = [PROMOTIONS.c[name] == getattr(record, name) for name in (*asked, *wish)]
        values = {**msgspec.structs.asdict(record), "evidence": list(record.evidence)}
        with writing(self._database) as connection:
            return connection.execute(update(PROMOTIONS).where(*same).values(values)).rowcount > 0

    def promotion(
        self, repository: RepositoryName, suite: str, tags: str
    ) -> PromotionRecord | None:
        """Read the last promotion of a suite on its tags; None when there was none."""
        found = self._select(
            PROMOTIONS.c.repository == repository,
            PROMOTIONS.c.suite == suite,
            PROMOTIONS.c.tags == tags,
        )
        return found[0] if found else None

    def of_pull_request(
        self, repository: RepositoryName, pull_request: int
    ) -> PromotionRecord | None:
        """Read the promotion whose own pull request this is; None when it is of no promotion."""
        found = self._select(
            PROMOTIONS.c.repository == repository, PROMOTIONS.c.pull_request == pull_request
        )
        return found[0] if found else None

    def of_branch(self, repository: RepositoryName, branch: str) -> PromotionRecord | None:
        """Read the promotion that is proposed on a branch; None when none is."""
        found = self._select(PROMOTIONS.c.repository == repository, PROMOTIONS.c.branch == branch)
        return found[0] if found else None

    def of_commit(self, repository: RepositoryName, commit: CommitSha) -> PromotionRecord | None:
        """Read the open promotion that proposes this commit of ours; None when none does."""
        found = self._select(
            PROMOTIONS.c.repository == repository,
            PROMOTIONS.c.commit_sha == commit,
            PROMOTIONS.c.status == "open",
        )
        return found[0] if found else None

    def of_source(self, repository: RepositoryName, source: int) -> tuple[PromotionRecord, ...]:
        """List the promotions that were asked on a pull request."""
        return self._select(PROMOTIONS.c.repository == repository, PROMOTIONS.c.source == source)

    def in_status(self, status: PromotionStatus) -> tuple[PromotionRecord, ...]:
        """List all promotions that are so far, of all repositories."""
        return self._select(PROMOTIONS.c.status == status)

    def _select(self, *wanted: ColumnElement[bool]) -> tuple[PromotionRecord, ...]:
        order = (PROMOTIONS.c.requested_utc, PROMOTIONS.c.suite, PROMOTIONS.c.tags)
        statement = select(PROMOTIONS).where(*wanted).order_by(*order)
        with reading(self._database) as connection:
            return tuple(_record(row) for row in connection.execute(statement).mappings())


def _record(row: RowMapping) -> PromotionRecord:
    values: dict[str, Any] = {name: row[name] for name in PromotionRecord.__struct_fields__}
    return msgspec.convert(values, PromotionRecord)
