"""One at a time on one check: jobs, scheduler and several of each may want to.

Whatever changes what people see of a running check is done by who has claimed it. A claim is a
lease, so a process that dies holds nothing up for long; a wait that a service asked for is kept
for this check alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bot.services import Services
from bot.store.checks import CheckRecord, CheckStatus
from engine.errors import TransientError
from engine.values import CheckId

LEASE_S = 120.0
MAX_WAIT_S = 300.0
AFTER_FAILURE_S = 15.0


@contextmanager
def claimed(services: Services, check: CheckId) -> Iterator[CheckRecord | None]:
    """Give a running check to work on alone; None when it has ended or somebody else has it.

    After an outage inside, concluding it waits for as long as the service asked for.
    """
    if not services.checks.claim(check, services.clock.now(), LEASE_S):
        yield None
        return
    wait_s, failed = AFTER_FAILURE_S, True
    try:
        yield services.checks.check(check)
        wait_s, failed = 0.0, False
    except TransientError as outage:
        wait_s, failed = min(outage.retry_after_s, MAX_WAIT_S), False
        raise
    finally:
        services.checks.release(check, services.clock.now(), wait_s=wait_s, failed=failed)


def require_free(services: Services, check: CheckId) -> None:
    """Make sure that a check that could not be claimed has ended.

    Raises:
        TransientError: it is running, and somebody else works on it.
    """
    record = services.checks.check(check)
    if record is not None and record.status is CheckStatus.RUNNING:
        problem = f"check {check} is being worked on"
        raise TransientError(problem, retry_after_s=2.0)
