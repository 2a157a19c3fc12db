"""Promotions whose runs ended otherwise than by their conclusion go on, or end with the reason."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.ports import Repository
from bot.promotion.advance import advance, tell
from bot.services import Services
from bot.store.promotions import PromotionRecord
from engine.errors import TransientError, UserError

log = logging.getLogger(__name__)

AFTER = timedelta(minutes=1)  # whoever was asked has started what is missing by then


def go_on(services: Services) -> int:
    """Take every promotion that nobody measures for one step further; gives how many.

    A run that was superseded, or given up, concludes nothing: what waited for it is found here.

    Raises:
        TransientError: something that one of them needs is away; the others went on.
    """
    due = services.clock.now() - AFTER
    waiting = [
        record
        for record in services.promotions.in_status("measuring")
        if record.requested_utc <= due and not _is_measured(services, record)
    ]
    away: TransientError | None = None
    for record in waiting:
        repository = _repository(services, record)
        try:
            tell(services, repository, record, advance(services, repository, record))
        except TransientError as error:  # of one repository: the others' turn comes now
            away = away or error
        except UserError as refused:  # by the forge, for good: it keeps no other one waiting
            extra = {"branch": record.branch, "problem": str(refused)}
            log.error("forge_refused", extra=extra)  # noqa: TRY400 - the message says it all
    if away is not None:
        raise away
    return len(waiting)


def _is_measured(services: Services, record: PromotionRecord) -> bool:
    running = services.checks.running_checks(record.repository, record.source)
    return any(check.kind == "promotion" and check.head == record.head for check in running)


def _repository(services: Services, record: PromotionRecord) -> Repository:
    reached = services.history.reached(record.repository)
    return reached or Repository(name=record.repository)
