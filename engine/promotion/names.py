"""Names of a promotion: the branch that it is proposed on."""

from __future__ import annotations

from engine.configuration import joined_tags

PREFIX = "highwater/baseline/"
_FORBIDDEN_END = (".", ".lock")  # git takes no such name for a branch


def branch_name(suite: str, tags: tuple[str, ...]) -> str:
    """Name the one branch of a suite on its hardware tags.

    What git takes for no name ends in a bar instead.

    >>> branch_name("core", ("linux", "bench-a"))
    'highwater/baseline/core-bench-a+linux'
    >>> branch_name("core", ("x..lock",))
    'highwater/baseline/core-x.-lock'
    """
    name = f"{PREFIX}{suite}-{joined_tags(tags)}"
    while ".." in name:
        name = name.replace("..", ".-")
    return f"{name}_" if name.endswith(_FORBIDDEN_END) else name
