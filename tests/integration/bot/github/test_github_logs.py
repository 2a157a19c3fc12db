"""However talkative somebody makes the log, no credential of ours is written to it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from bot.github.manifest import convert, github_at
from tests.fakes.github import FakeGitHub
from tests.fakes.github_forge import REPOSITORY, Connect, connect, fake
from tests.fakes.github_setup_routes import WEBHOOK_SECRET

__all__ = ["connect", "fake"]

LIBRARY = logging.getLogger("github")


@pytest.fixture(autouse=True)
def most_talkative(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Log as with a logging.json that names PyGithub's own logger."""
    before = LIBRARY.level
    caplog.set_level(logging.DEBUG)
    LIBRARY.setLevel(logging.DEBUG)
    yield
    LIBRARY.setLevel(before)


def test_no_token_of_an_installation_is_logged(
    fake: FakeGitHub, connect: Connect, caplog: pytest.LogCaptureFixture
) -> None:
    connect().default_branch(REPOSITORY)

    (token,) = fake.world.tokens
    assert "access_tokens" in caplog.text  # it listens
    assert token not in caplog.text


def test_no_credentials_of_a_new_app_are_logged(
    fake: FakeGitHub, caplog: pytest.LogCaptureFixture
) -> None:
    fake.world.manifests["c"] = {"name": "hw", "default_permissions": {}, "default_events": []}

    convert(github_at(fake.base_url), "c")

    assert [one for one in (WEBHOOK_SECRET, "PRIVATE KEY") if one in caplog.text] == []
