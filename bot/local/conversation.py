"""People's roles, reactions, labels, reviews and issues of the local forge, in the database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, insert, select, update

from bot.github.conversation import issue_within_limits
from bot.local import pull_rows
from bot.local.places import LocalPlaces
from bot.local.records import OWN_LOGIN
from bot.ports import OpenedIssue, Repository, Review, Role
from bot.store.engine import reading, writing
from bot.store.local_tables import (
    LOCAL_COMMENTS,
    LOCAL_ISSUES,
    LOCAL_PULL_REQUESTS,
    LOCAL_REACTIONS,
    LOCAL_REVIEWS,
    LOCAL_ROLES,
)
from bot.store.upserts import insert_new, upsert
from engine.errors import UserError
from engine.values import RepositoryName


@dataclass(frozen=True, slots=True)
class LocalConversation(LocalPlaces):
    """What the bot hears of people and says to them, beside check runs and its comment."""

    def permission(self, repository: Repository, login: str) -> Role:
        """Read what a person may do; a repository's owner may do everything unless told else."""
        wanted = (LOCAL_ROLES.c.repository == repository.name) & (LOCAL_ROLES.c.login == login)
        with reading(self.database) as connection:
            role = connection.scalar(select(LOCAL_ROLES.c.role).where(wanted))
        if role is not None:
            return Role(role)
        return Role.ADMIN if login == repository.name.partition("/")[0] else Role.NONE

    def set_role(self, repository: Repository, login: str, role: Role) -> None:
        """Say what a person may do."""
        values = {"repository": repository.name, "login": login, "role": int(role)}
        with writing(self.database) as connection:
            connection.execute(upsert(LOCAL_ROLES).values(values))

    def react(self, repository: Repository, comment: int, content: str = "eyes") -> None:
        """React to a comment; a second time does nothing. UserError when it is gone."""
        of_comment = (LOCAL_COMMENTS.c.repository == repository.name) & (
            LOCAL_COMMENTS.c.id == comment
        )
        values = {"comment": comment, "author": OWN_LOGIN, "content": content}
        with writing(self.database) as connection:
            if connection.scalar(select(LOCAL_COMMENTS.c.id).where(of_comment)) is None:
                problem = f"{repository.name} has no comment {comment}"
                raise UserError(problem, None, "Name one that exists.")
            connection.execute(insert_new(LOCAL_REACTIONS).values(values))

    def reactions(self, comment: int) -> tuple[str, ...]:
        """List the reactions to a comment."""
        wanted = select(LOCAL_REACTIONS.c.content).where(LOCAL_REACTIONS.c.comment == comment)
        with reading(self.database) as connection:
            return tuple(connection.scalars(wanted.order_by(LOCAL_REACTIONS.c.content)))

    def set_label(self, repository: Repository, number: int, label: str, *, present: bool) -> None:
        """Add a label to a pull request, or take it off; what is so already stays."""
        pull_rows.read(self.database, repository.name, number)
        columns = LOCAL_PULL_REQUESTS.c
        wanted = (columns.repository == repository.name) & (columns.number == number)
        with writing(self.database) as connection:
            labels = set(connection.scalar(select(columns.labels).where(wanted)) or ())
            labels = labels | {label} if present else labels - {label}
            statement = update(LOCAL_PULL_REQUESTS).where(wanted)
            connection.execute(statement.values(labels=sorted(labels)))

    def reviews(self, repository: Repository, number: int) -> tuple[Review, ...]:
        """List a pull request's reviews, oldest first."""
        columns = LOCAL_REVIEWS.c
        wanted = (columns.repository == repository.name) & (columns.number == number)
        with reading(self.database) as connection:
            rows = connection.execute(select(LOCAL_REVIEWS).where(wanted).order_by(columns.id))
            return tuple(
                Review(author=row.author, state=row.state, commit=row.commit_sha) for row in rows
            )

    def add_review(self, repository: Repository, number: int, review: Review) -> None:
        """Add a review, or dismiss the author's reviews that stand."""
        columns = LOCAL_REVIEWS.c
        with writing(self.database) as connection:
            if review.state == "dismissed":
                wanted = (columns.repository == repository.name) & (columns.number == number)
                theirs = wanted & (columns.author == review.author)
                connection.execute(update(LOCAL_REVIEWS).where(theirs).values(state="dismissed"))
                return
            values = {
                "repository": repository.name,
                "number": number,
                "author": review.author,
                "state": review.state,
                "commit_sha": review.commit,
            }
            connection.execute(insert(LOCAL_REVIEWS).values(values))

    def find_issue(self, repository: Repository, marker: str) -> OpenedIssue | None:
        """Find our own issue, open or closed, whose body holds *marker*; the lowest number."""
        with reading(self.database) as connection:
            return _find_issue(connection, repository.name, marker)

    def put_issue(
        self, repository: Repository, marker: str, title: str, body: str, *, is_open: bool
    ) -> int | None:
        """Create our one issue whose body holds *marker*, or bring it to this; gives its number.

        None: there is none, and none is opened only to be closed.

        Raises:
            ValueError: the body does not hold the marker.
        """
        wanted = issue_within_limits(marker, title, body, is_open=is_open)
        values = {
            "title": wanted.title,
            "body": wanted.body,
            "state": "open" if is_open else "closed",
        }
        with writing(self.database) as connection:
            present = _find_issue(connection, repository.name, marker)
            if present is not None:
                at_number = _is(repository.name) & (LOCAL_ISSUES.c.number == present.number)
                connection.execute(update(LOCAL_ISSUES).where(at_number).values(values))
                return present.number
            if not is_open:
                return None
            number = pull_rows.next_number(connection, repository.name)
            key = {"repository": repository.name, "number": number, "author": OWN_LOGIN}
            connection.execute(insert(LOCAL_ISSUES).values(key | values))
            return number

    def issues(self, name: RepositoryName) -> tuple[OpenedIssue, ...]:
        """List a repository's issues, in the order of their numbers."""
        with reading(self.database) as connection:
            return _issues(connection, _is(name))


def _find_issue(connection: Connection, name: RepositoryName, marker: str) -> OpenedIssue | None:
    own = _issues(connection, _is(name) & (LOCAL_ISSUES.c.author == OWN_LOGIN))
    return next((each for each in own if marker in each.body), None)


def _issues(connection: Connection, wanted: ColumnElement[bool]) -> tuple[OpenedIssue, ...]:
    rows = connection.execute(select(LOCAL_ISSUES).where(wanted).order_by(LOCAL_ISSUES.c.number))
    return tuple(
        OpenedIssue(number=row.number, title=row.title, body=row.body, open=row.state == "open")
        for row in rows
    )


def _is(name: RepositoryName) -> ColumnElement[bool]:
    return LOCAL_ISSUES.c.repository == name
