"""Tokens that all processes of the bot share live in a real Redis, as long as they are good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from github import GithubIntegration

from bot.github.auth import AppIdentity, app_auth
from bot.github.tokens import InstallationToken, MemoryTokens, RedisTokens
from bot.settings import GitHubCredentials, Secret
from engine.errors import TransientError
from tests.fakes.github import INSTALLATION, fake_github
from tests.fakes.valkey import Valkey, valkey

__all__ = ["valkey"]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def token(lifetime: timedelta) -> InstallationToken:
    return InstallationToken(token="ghs_secret", expires_utc=NOW + lifetime)


def test_another_connection_reads_what_one_kept(valkey: Valkey) -> None:
    RedisTokens(valkey.client()).put(7, token(timedelta(hours=1)), NOW)

    assert RedisTokens(valkey.client()).get(7) == token(timedelta(hours=1))


def test_redis_drops_a_token_when_it_expires(valkey: Valkey) -> None:
    RedisTokens(valkey.client()).put(7, token(timedelta(hours=1)), NOW)

    (key,) = valkey.client().keys("*")

    assert 3590 <= valkey.client().ttl(key) <= 3600


def test_an_expired_token_is_not_kept(valkey: Valkey) -> None:
    RedisTokens(valkey.client()).put(7, token(timedelta(0)), NOW)

    assert RedisTokens(valkey.client()).get(7) is None


def test_a_dropped_token_is_gone(valkey: Valkey) -> None:
    tokens = RedisTokens(valkey.client())
    tokens.put(7, token(timedelta(hours=1)), NOW)

    tokens.drop(7)

    assert tokens.get(7) is None


def test_what_cannot_be_read_is_no_token(valkey: Valkey) -> None:
    valkey.client().set("highwater:installation-token:7", b"\x00 not json")

    assert RedisTokens(valkey.client()).get(7) is None


def test_a_redis_that_is_away_is_a_transient_error(valkey: Valkey) -> None:
    tokens = RedisTokens(valkey.client())
    valkey.kill()

    with pytest.raises(TransientError, match="Redis"):
        tokens.get(7)


def test_a_token_is_replaced_five_minutes_before_it_expires(tmp_path: Path) -> None:
    with fake_github(tmp_path) as fake:
        credentials = GitHubCredentials(fake.app_id, Secret(fake.world.private_key))
        integration = GithubIntegration(auth=app_auth(credentials), base_url=fake.base_url)
        begun = datetime.now(UTC)
        clock = iter([begun, begun + timedelta(minutes=54), begun + timedelta(minutes=56)])
        identity = AppIdentity(integration, MemoryTokens(), lambda: next(clock))

        given = [identity.token(INSTALLATION) for _ in range(3)]
        identity.close()

    assert given[0] == given[1] != given[2]
