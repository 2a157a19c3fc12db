"""The signature on what GitHub sends: HMAC-SHA256 over the raw body."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from engine.errors import HighwaterError


class BadSignatureError(HighwaterError):
    """The body is not signed by anyone who holds our secret."""


def sign(body: bytes, secret: bytes) -> str:
    """Sign *body* as GitHub does: the value of the header ``X-Hub-Signature-256``.

    >>> sign(b"Hello, World!", b"It's a Secret to Everybody")
    'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17'
    """
    return f"sha256={hmac.digest(secret, body, 'sha256').hex()}"


def verify(body: bytes, header: str | None, secrets: Sequence[bytes]) -> None:
    """Accept *body* when *header* signs it with one of *secrets* (two while one is replaced).

    Every secret is tried and compared in constant time, before anything of the body is parsed.

    Raises:
        BadSignatureError: no header, no secret, an empty secret, or a signature of something else.
    """
    given = (header or "").encode("utf-8", "surrogateescape")
    matches = [
        hmac.compare_digest(sign(body, secret).encode(), given) for secret in secrets if secret
    ]
    if not any(matches):
        message = "the signature in X-Hub-Signature-256 is missing or is not that of this body"
        raise BadSignatureError(message)
