from __future__ import annotations

from datetime import UTC, datetime

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.github.auth import app_auth
from bot.github.tokens import InstallationToken, MemoryTokens
from bot.settings import GitHubCredentials, Secret
from engine.errors import UserError

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def test_the_jwt_names_the_app_and_lives_under_ten_minutes(key: rsa.RSAPrivateKey) -> None:
    token = app_auth(GitHubCredentials("12345", Secret(pem(key)))).token

    claims = jwt.decode(token, key.public_key(), algorithms=["RS256"])

    assert claims["iss"] == "12345"
    assert claims["exp"] - claims["iat"] <= 600


@pytest.mark.parametrize("text", ["", "no key", "-----BEGIN RSA PRIVATE KEY-----\nx\n-----END"])
def test_a_key_that_cannot_be_read_is_a_user_error_that_does_not_show_it(text: str) -> None:
    with pytest.raises(UserError) as raised:
        app_auth(GitHubCredentials("12345", Secret(text)))

    assert "private key" in raised.value.problem
    assert not text or text not in str(raised.value)


def test_a_token_is_not_in_its_repr() -> None:
    assert "ghs_secret" not in repr(InstallationToken(token="ghs_secret", expires_utc=NOW))


def test_memory_gives_back_what_was_kept_and_forgets_what_was_dropped() -> None:
    tokens = MemoryTokens()
    kept = InstallationToken(token="ghs_secret", expires_utc=NOW)
    tokens.put(7, kept, NOW)
    tokens.put(8, kept, NOW)

    tokens.drop(7)

    assert (tokens.get(7), tokens.get(8)) == (None, kept)
