"""Which overrides hold for a check when it is judged."""

from __future__ import annotations

import re

from bot.services import Services
from bot.store.checks import CheckRecord
from engine.overrides import Override

# A merge queue names its branches so, after the last pull request of a group.
_QUEUED = re.compile(r"(?:refs/heads/)?gh-readonly-queue/.+/pr-(?P<number>[0-9]{1,9})-[0-9a-f]{40}")


def overrides_in_force(services: Services, check: CheckRecord) -> tuple[Override, ...]:
    """List what people accepted in a check's pull request, and what is muted in all of them.

    What was accepted in a pull request holds in the merge queue, too.
    """
    number = check.pull_request
    if number is None and check.kind == "merge_group":
        found = _QUEUED.fullmatch(check.ref or "")
        number = None if found is None else int(found["number"])
    stored = services.overrides.in_force(check.repository, number, services.clock.now())
    return tuple(record.override for record in stored)
