"""What became of a promotion: stored for whom it was asked, or refused with the reasons."""

from __future__ import annotations

from bot.services import Services
from bot.store.promotions import PromotionRecord
from engine.errors import HighwaterError, TransientError
from engine.promotion.refusals import Refusal


class NotPromotedError(HighwaterError):
    """A promotion is refused; its author is told the reasons."""

    def __init__(self, *reasons: Refusal) -> None:
        """Take the reasons."""
        super().__init__(", ".join(reason.why for reason in reasons))
        self.reasons = reasons


def keep(services: Services, record: PromotionRecord) -> None:
    """Store how far a promotion is, but never over a newer request for the same baseline.

    Comments, ends of runs and stalled promotions are taken up beside each other, and the work
    for one takes long: what was read at its start may be of yesterday at its end.

    Raises:
        TransientError: it was asked for anew meanwhile; read it again.
    """
    if not services.promotions.carry_on(record):
        problem = f"the promotion on {record.branch} was asked for anew"
        raise TransientError(problem, retry_after_s=1.0)
