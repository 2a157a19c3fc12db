"""Reviews of a pull request."""

from __future__ import annotations

from typing import cast

from github.Repository import Repository as GitHubRepository

from bot.ports import Review, ReviewState
from engine.values import CommitSha

_BOT = "Bot"


def reviews_of(repository: GitHubRepository, number: int) -> tuple[Review, ...]:
    """List the reviews of people, oldest first, through all pages: no App is a second person."""
    found = repository.get_pull(number).get_reviews()
    return tuple(
        Review(
            # GitHub shows no user for one whose account is gone.
            author=getattr(each.user, "login", None) or "",
            state=cast(ReviewState, each.state.lower()),
            commit=CommitSha(each.commit_id) if each.commit_id else None,
        )
        for each in found
        if getattr(each.user, "type", None) != _BOT
    )
