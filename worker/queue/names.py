"""Names of the runners' queues: hardware tags (or one runner), and a lane: how urgent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import combinations
from typing import Literal

from engine.errors import UserError

Lane = Literal["pr", "nightly"]

LANES: tuple[Lane, ...] = ("pr", "nightly")  # in the order in which a runner takes them
MAX_TAGS = 6
PREFIX = "hw:"
BOT_QUEUE = "bot"
_OWN = "@"  # begins no hardware tag
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


def queue_name(tags: Iterable[str], lane: Lane = "pr") -> str:
    """Name the queue of suites that run on *tags*.

    >>> queue_name(["x86_64", "linux"])
    'hw:linux+x86_64:pr'

    Raises:
        UserError: no tag at all, or more than six.
    """
    return f"{PREFIX}{'+'.join(_counted(tags))}:{lane}"


def own_tag(name: str) -> str:
    """Name the tag that the runner *name* alone has: what is meant for it goes by that.

    >>> queue_name([own_tag("bench-a.example")])
    'hw:@bench-a.example:pr'

    Raises:
        UserError: no runner can have that name.
    """
    if not is_runner_name(name):
        problem = f"{name[:100]!r} is no name of a runner."
        remedy = "Give 1 to 63 letters, digits, `_`, `.` or `-`, the first a letter or digit."
        raise UserError(problem, None, remedy)
    return f"{_OWN}{name}"


def is_runner_name(name: str) -> bool:
    """Whether a runner may have that name."""
    return _NAME.fullmatch(name) is not None


def is_meant_for(tags: Iterable[str], name: str) -> bool:
    """Whether *tags* are those of the runner *name* alone.

    >>> is_meant_for([own_tag("ada")], "ada"), is_meant_for(["linux"], "ada")
    (True, False)
    """
    return f"{_OWN}{name}" in tags


def listened_queues(tags: Iterable[str], name: str | None = None) -> tuple[str, ...]:
    """Name the queues a runner with *tags* takes orders from, in its order.

    In each lane first what is meant for the runner *name* alone, then every non-empty subset of the
    tags; all pull requests before anything nightly; within a lane what asks for more tags comes
    first, because fewer runners can take it.

    >>> listened_queues(["linux", "bench-a"], "ada")[:4]
    ('hw:@ada:pr', 'hw:bench-a+linux:pr', 'hw:bench-a:pr', 'hw:linux:pr')

    Raises:
        UserError: no tag at all, or more than six; or no name.
    """
    known = _counted(tags)
    subsets = [subset for size in range(len(known), 0, -1) for subset in combinations(known, size)]
    own = () if name is None else ((own_tag(name),),)
    return tuple(queue_name(tags, lane) for lane in LANES for tags in (*own, *subsets))


def _counted(tags: Iterable[str]) -> list[str]:
    known = sorted(set(tags))
    if not 1 <= len(known) <= MAX_TAGS:
        problem = f"{len(known)} hardware tags were given: {', '.join(known) or 'none'}."
        raise UserError(problem, None, f"Give at least 1 and at most {MAX_TAGS}.")
    return known
