"""Reviews as GitHub lists them."""

from __future__ import annotations

from bot.github.forge import GitHubForge
from tests.fakes.github import FakeGitHub
from tests.fakes.github_forge import NAME, REPOSITORY, connect, fake, forge

__all__ = ["connect", "fake", "forge"]


def test_what_an_app_approves_is_nobodys_second_look(fake: FakeGitHub, forge: GitHubForge) -> None:
    (number,) = (number for of, number in fake.world.pulls if of == NAME)
    head = fake.world.pulls[NAME, number].head
    fake.world.pulls[NAME, number].reviews += [
        {"id": place, "author": author, "state": "approved", "commit": head}
        for place, author in enumerate(("merger[bot]", "grace"), start=1)
    ]

    assert [each.author for each in forge.reviews(REPOSITORY, number)] == ["grace"]
