"""End a check on which our own program, or the forge for good, has failed."""

from __future__ import annotations

from bot.checks import board
from bot.checks.claim import claimed, require_free
from bot.checks.conclude import end_without_verdict
from bot.checks.request import Request, bare_record
from bot.ports import Conclusion
from bot.services import Services
from engine.reports import notices
from engine.values import CheckId

MAX_FAILURES = 5


def abandon(services: Services, request: Request) -> None:
    """End the check of a request that is given up; none is left in progress.

    Raises:
        TransientError: the forge is away, or somebody else works on the check.
        UserError: the forge refuses.
    """
    text = notices.internal_error(request.cause)
    if services.checks.check(request.check) is None:
        pull = services.forge.pull_request(request.repository, request.number)
        check = bare_record(services, request, pull)
        board.show_end(services, check, board.roll_up(check), Conclusion.NEUTRAL, text)
        return
    end_abandoned(services, request.check, request.cause)


def end_abandoned(services: Services, check_id: CheckId, cause: str) -> None:
    """End a check that was opened; *cause* finds in the log why.

    Raises:
        TransientError: the forge is away, or somebody else works on the check.
    """
    with claimed(services, check_id) as mine:
        if mine is None:
            require_free(services, check_id)
        else:
            end_without_verdict(services, mine, notices.internal_error(cause))


def give_up_after_failures(services: Services, check_id: CheckId) -> bool:
    """End a check whose conclusion has failed again and again; False while there is hope.

    Raises:
        TransientError: the forge is away.
    """
    check = services.checks.check(check_id)
    if check is None or check.failures < MAX_FAILURES:
        return False
    with claimed(services, check_id) as mine:
        if mine is not None:
            end_without_verdict(services, mine, notices.internal_error(check_id))
    return True
