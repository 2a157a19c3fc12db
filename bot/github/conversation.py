"""What the bot hears of people and says to them, beside check runs and its comment."""

from __future__ import annotations

from bot.github import issues, labels, permissions, reactions, reviews
from bot.github.errors import LostReply
from bot.github.installed import Installed
from bot.github.limits import MAX_COMMENT, cut, one_line
from bot.ports import OpenedIssue, Repository, Review, Role


class GitHubConversation(Installed):
    """People's roles, reactions, labels, reviews and issues."""

    def permission(self, repository: Repository, login: str) -> Role:
        """Read live what a person may do; NONE for who is not known there."""
        with self._clients.opened(repository, f"reading the role of {login}") as opened:
            return permissions.role_of(opened, login)

    def react(self, repository: Repository, comment: int, content: str = "eyes") -> None:
        """React to a comment; a second time does nothing. UserError when it is gone."""
        with self._clients.opened(repository, "reacting to a comment", first=True) as opened:
            reactions.react(opened, comment, content)

    def set_label(self, repository: Repository, number: int, label: str, *, present: bool) -> None:
        """Add a label to a pull request, or take it off; what is so already stays."""
        with self._clients.opened(repository, f"labelling #{number}") as opened:
            change = labels.add if present else labels.remove
            change(opened, number, label)

    def reviews(self, repository: Repository, number: int) -> tuple[Review, ...]:
        """List a pull request's reviews, oldest first, through all pages."""
        with self._clients.opened(repository, f"reading the reviews of #{number}") as opened:
            return reviews.reviews_of(opened, number)

    def find_issue(self, repository: Repository, marker: str) -> OpenedIssue | None:
        """Find our own issue, open or closed, whose body holds *marker*; the lowest number."""
        login = self._login()
        with self._clients.opened(repository, "reading our issues") as opened:
            found = issues.find_own(opened, marker, login)
            return None if found is None else issues.opened(found)

    def put_issue(
        self, repository: Repository, marker: str, title: str, body: str, *, is_open: bool
    ) -> int | None:
        """Create our one issue whose body holds *marker*, or bring it to this; gives its number.

        None: there is none, and none is opened only to be closed.

        Raises:
            ValueError: the body does not hold the marker.
        """
        wanted = issue_within_limits(marker, title, body, is_open=is_open)
        try:
            return self._write_issue(repository, marker, wanted)
        except LostReply:
            found = self.find_issue(repository, marker)
            if found is None or found != issues.numbered(found.number, wanted):
                raise
            return found.number

    def _write_issue(self, repository: Repository, marker: str, wanted: OpenedIssue) -> int | None:
        login = self._login()
        with self._clients.opened(repository, "writing an issue") as opened:
            return issues.put(opened, issues.find_own(opened, marker, login), wanted)


def issue_within_limits(marker: str, title: str, body: str, *, is_open: bool) -> OpenedIssue:
    """Give an issue that is yet without number, its texts cut to what GitHub accepts.

    Raises:
        ValueError: the body does not hold the marker.
    """
    text = cut(body, MAX_COMMENT)
    if marker not in text:
        message = f"the issue lacks its marker {marker}"
        raise ValueError(message)
    return OpenedIssue(number=0, title=one_line(title), body=text, open=is_open)
