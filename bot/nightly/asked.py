"""A pull request that is to be measured in full is paired with the baselines' origins, too."""

from __future__ import annotations

from functools import partial

import msgspec

from bot.action_values import PairWithBaselines
from bot.checks.abandon import end_abandoned
from bot.checks.commits import CommitRequest
from bot.nightly.marks import MOST
from bot.nightly.names import is_of_pull_request, ref_of_asked
from bot.nightly.pairing import attempt, fetched, pair, pairing, read_night, stored_marks
from bot.services import Services
from bot.store.deliveries import Delivery
from engine.values import CommitSha


def pair_with_baselines(services: Services, action: PairWithBaselines, delivery: Delivery) -> None:
    """Pair a pull request's head, where the nights of its target pair; again goes on.

    With the origins that were accepted last. It informs only: it fails nothing, opens no issue and
    leaves no candidate.

    Raises:
        TransientError: the forge, git or the queue is away.
    """
    night = read_night(services, action.repository, delivery.id)
    if night is None or night.branch != action.base_ref:
        return
    mirror = fetched(services, night, night.tip)
    for mark in stored_marks(services, night, mirror).marks[:MOST]:
        request = _of_pull_request(pairing(night, mark), action, mark.commit)
        attempt(night, mark.file, partial(pair, services, night, request))


def abandon_pairing(services: Services, action: PairWithBaselines, delivery: Delivery) -> None:
    """End what ``pair_with_baselines`` has begun."""
    for check in services.checks.running_checks(action.repository.name):
        if is_of_pull_request(check) and check.head == action.head:
            end_abandoned(services, check.id, delivery.id)


def _of_pull_request(
    request: CommitRequest, action: PairWithBaselines, origin: CommitSha
) -> CommitRequest:
    return msgspec.structs.replace(
        request,
        head=action.head,
        ref=ref_of_asked(action.number, origin),
        lane="pr",
        requested_by=action.asked_by,
    )
