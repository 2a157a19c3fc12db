from __future__ import annotations

import pytest

from bot.github.signature import BadSignatureError, sign, verify

BODY = b"Hello, World!"
SECRET = b"It's a Secret to Everybody"
DOCUMENTED = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_the_documented_example_of_github_is_accepted() -> None:
    verify(BODY, DOCUMENTED, [SECRET])


@pytest.mark.parametrize("secrets", [[SECRET, b"new"], [b"new", SECRET]])
def test_either_of_two_secrets_is_accepted_while_one_is_replaced(secrets: list[bytes]) -> None:
    verify(BODY, DOCUMENTED, secrets)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        DOCUMENTED[:-1],
        DOCUMENTED + "0",
        DOCUMENTED.upper(),
        DOCUMENTED.removeprefix("sha256="),
        DOCUMENTED.replace("sha256=", "sha1="),
        "sha256=ümläut",
        "\udcff",
    ],
)
def test_a_header_that_is_not_the_signature_is_refused(header: str | None) -> None:
    with pytest.raises(BadSignatureError):
        verify(BODY, header, [SECRET])


def test_a_changed_body_is_refused() -> None:
    with pytest.raises(BadSignatureError):
        verify(BODY + b" ", DOCUMENTED, [SECRET])


def test_nothing_is_accepted_without_a_secret() -> None:
    with pytest.raises(BadSignatureError):
        verify(BODY, DOCUMENTED, [])


def test_an_empty_secret_accepts_nothing_though_anyone_can_sign_with_it() -> None:
    with pytest.raises(BadSignatureError):
        verify(BODY, sign(BODY, b""), [b""])
