"""A browser's reading of a page on this machine."""

from __future__ import annotations

import urllib.error
import urllib.request


def read(url: str, host: str | None = None) -> tuple[int, str]:
    """Give status and text; *host* is told as the page's name in place of the address's."""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
