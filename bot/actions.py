"""Which function carries an action out: one table, a row for each type of action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from bot import repositories
from bot.action_values import (
    Action,
    AnswerButton,
    AnswerComment,
    ChangeRepositories,
    EndChecks,
    EndGroup,
    FollowPromotions,
    MeasureGroup,
    MeasurePush,
    PairWithBaselines,
    RefuseFork,
    RestartCheck,
    RestartHead,
    StartCheck,
    StartHead,
    StartNight,
    SupersedeChecks,
)
from bot.checks import groups, heads, wishes
from bot.commands import handle as commands
from bot.nightly import asked as pairings
from bot.nightly import start as nights
from bot.promotion import review
from bot.services import Services
from bot.store.deliveries import Delivery

Step = Callable[[Services, Any, Delivery], None]


def _nothing(using: Services, action: Action, delivery: Delivery) -> None:
    del using, action, delivery


class Performer(msgspec.Struct, frozen=True, kw_only=True):
    """How one type of action is carried out; each step may be repeated without harm.

    *abandon* ends what *perform* has begun, when the delivery is given up.
    """

    perform: Step
    abandon: Step = _nothing


PERFORMERS: Mapping[type[Any], Performer] = {
    SupersedeChecks: Performer(perform=wishes.supersede),
    StartCheck: Performer(perform=wishes.start, abandon=wishes.abandon_start),
    RefuseFork: Performer(perform=wishes.start, abandon=wishes.abandon_start),
    StartHead: Performer(perform=heads.start_head, abandon=heads.abandon_head),
    RestartCheck: Performer(perform=wishes.restart, abandon=wishes.abandon_restart),
    RestartHead: Performer(perform=heads.restart_head, abandon=heads.abandon_restarted),
    EndChecks: Performer(perform=wishes.end),
    MeasurePush: Performer(perform=groups.measure_push, abandon=groups.abandon_push),
    MeasureGroup: Performer(perform=groups.measure_group, abandon=groups.abandon_group),
    EndGroup: Performer(perform=groups.end_group),
    ChangeRepositories: Performer(perform=repositories.change_repositories),
    StartNight: Performer(perform=nights.start_night, abandon=nights.abandon_night),
    PairWithBaselines: Performer(
        perform=pairings.pair_with_baselines, abandon=pairings.abandon_pairing
    ),
    AnswerComment: Performer(perform=commands.answer_comment, abandon=commands.abandon_comment),
    AnswerButton: Performer(perform=commands.answer_button, abandon=commands.abandon_button),
    FollowPromotions: Performer(perform=review.take_up),
}
