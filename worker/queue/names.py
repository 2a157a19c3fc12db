"""Names of the runners' queues: hardware tags, and a lane that says how urgent."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import Literal

from engine.errors import UserError

Lane = Literal["pr", "nightly"]

LANES: tuple[Lane, ...] = ("pr", "nightly")  # in the order in which a runner takes them
MAX_TAGS = 6
PREFIX = "hw:"
BOT_QUEUE = "bot"


def queue_name(tags: Iterable[str], lane: Lane = "pr") -> str:
    """Name the queue of suites that run on *tags*.

    >>> queue_name(["x86_64", "linux"])
    'hw:linux+x86_64:pr'

    Raises:
        UserError: no tag at all, or more than six.
    """
    return f"{PREFIX}{'+'.join(_counted(tags))}:{lane}"


def listened_queues(tags: Iterable[str]) -> tuple[str, ...]:
    """Name the queues a runner with *tags* takes orders from, in its order.

    Every non-empty subset; all pull requests before anything nightly; within a lane what asks
    for more tags comes first, because fewer runners can take it.

    >>> listened_queues(["linux", "bench-a"])[:3]
    ('hw:bench-a+linux:pr', 'hw:bench-a:pr', 'hw:linux:pr')

    Raises:
        UserError: no tag at all, or more than six.
    """
    known = _counted(tags)
    subsets = [subset for size in range(len(known), 0, -1) for subset in combinations(known, size)]
    return tuple(queue_name(subset, lane) for lane in LANES for subset in subsets)


def _counted(tags: Iterable[str]) -> list[str]:
    known = sorted(set(tags))
    if not 1 <= len(known) <= MAX_TAGS:
        problem = f"{len(known)} hardware tags were given: {', '.join(known) or 'none'}."
        raise UserError(problem, None, f"Give at least 1 and at most {MAX_TAGS}.")
    return known
